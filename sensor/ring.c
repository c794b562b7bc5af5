#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "sensor/ring.h"

#define RING_ALIGN sizeof(struct ring_frame)

/*
 * Positions only grow; a position modulo size is a place in mem. A frame never
 * runs over the end: a struct with len 0 there says "go on at the start".
 * tail <= next <= head <= tail + size.
 */
struct ring {
	uint8_t *mem;
	size_t size;
	uint64_t tail, next, head;
	struct ring_sum sent, waiting;
};

_Static_assert(sizeof(struct ring_frame) == 16, "frames are 16-aligned");

static size_t
ring_round(size_t n)
{
	return (n + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN;
}

static struct ring_frame *
ring_at(const struct ring *r, uint64_t pos)
{
	return (struct ring_frame *)(void *)(r->mem + pos % r->size);
}

/* Bytes from pos to the end of the memory. */
static size_t
ring_stretch(const struct ring *r, uint64_t pos)
{
	return r->size - (size_t)(pos % r->size);
}

enum d4_status
ring_new(size_t bytes, struct ring **out)
{
	struct ring *r = calloc(1, sizeof(*r));
	void *mem;

	if (r == NULL)
		return D4_ENOMEM;
	r->size = ring_round(bytes < RING_MIN ? RING_MIN : bytes);
	/* Pages cost nothing until they are used. */
	mem = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED) {
		free(r);
		return D4_ENOMEM;
	}
	r->mem = mem;
	*out = r;
	return D4_OK;
}

void
ring_free(struct ring *r)
{
	if (r == NULL)
		return;
	(void)munmap(r->mem, r->size);
	free(r);
}

/* An empty ring starts over: the pages in use stay few. */
static void
ring_restart(struct ring *r)
{
	if (r->tail == r->head)
		r->tail = r->next = r->head = 0;
}

uint8_t *
ring_reserve(struct ring *r, size_t len)
{
	size_t need = sizeof(struct ring_frame) + ring_round(len);
	size_t room, stretch;

	ring_restart(r);
	room = r->size - (size_t)(r->head - r->tail);
	stretch = ring_stretch(r, r->head);
	if (stretch >= need)
		return room < need ? NULL
		                   : r->mem + r->head % r->size + RING_ALIGN;
	if (room < stretch || room - stretch < need)
		return NULL;
	ring_at(r, r->head)->len = 0;
	r->head += stretch;
	return r->mem + RING_ALIGN;
}

static void
ring_add(struct ring_sum *s, const struct ring_frame *f)
{
	s->frames++;
	s->records += f->records;
	s->bytes += f->len;
}

static void
ring_sub(struct ring_sum *s, const struct ring_frame *f)
{
	s->frames--;
	s->records -= f->records;
	s->bytes -= f->len;
}

void
ring_commit(struct ring *r, size_t len, uint32_t records)
{
	struct ring_frame *f = ring_at(r, r->head);

	assert(len != 0 && len <= UINT32_MAX);
	assert(r->head - r->tail + RING_ALIGN + ring_round(len) <= r->size);
	*f = (struct ring_frame){.len = (uint32_t)len, .records = records};
	ring_add(&r->waiting, f);
	r->head += RING_ALIGN + ring_round(len);
}

/* Where a frame really is: behind a mark that says "at the start". */
static uint64_t
ring_skip(const struct ring *r, uint64_t pos)
{
	if (pos != r->head && ring_at(r, pos)->len == 0)
		pos += ring_stretch(r, pos);
	return pos;
}

static uint64_t
ring_behind(const struct ring *r, uint64_t pos)
{
	return pos + RING_ALIGN + ring_round(ring_at(r, pos)->len);
}

struct ring_frame *
ring_next(const struct ring *r)
{
	return r->waiting.frames == 0 ? NULL
	                              : ring_at(r, ring_skip(r, r->next));
}

struct d4_slice
ring_bytes(const struct ring_frame *f)
{
	return d4_slice_of(f + 1, f->len);
}

void
ring_sent(struct ring *r, uint64_t wire_end)
{
	struct ring_frame *f = ring_next(r);

	assert(f != NULL);
	f->wire_end = wire_end;
	ring_sub(&r->waiting, f);
	ring_add(&r->sent, f);
	r->next = ring_behind(r, ring_skip(r, r->next));
}

const struct ring_frame *
ring_oldest(const struct ring *r)
{
	return r->sent.frames == 0 ? NULL : ring_at(r, ring_skip(r, r->tail));
}

void
ring_release(struct ring *r)
{
	const struct ring_frame *f = ring_oldest(r);

	assert(f != NULL);
	ring_sub(&r->sent, f);
	r->tail = ring_behind(r, ring_skip(r, r->tail));
}

void
ring_rewind(struct ring *r)
{
	r->waiting.frames += r->sent.frames;
	r->waiting.records += r->sent.records;
	r->waiting.bytes += r->sent.bytes;
	r->sent = (struct ring_sum){0};
	r->next = r->tail;
}

struct ring_sum
ring_sum_sent(const struct ring *r)
{
	return r->sent;
}

struct ring_sum
ring_sum_waiting(const struct ring *r)
{
	return r->waiting;
}

uint64_t
ring_waiting_again(const struct ring *r)
{
	uint64_t pos = r->next, records = 0;

	for (uint64_t i = 0; i < r->waiting.frames; i++) {
		const struct ring_frame *f;

		pos = ring_skip(r, pos);
		f = ring_at(r, pos);
		if (f->wire_end == 0)
			break; /* the others behind it are new, too */
		records += f->records;
		pos = ring_behind(r, pos);
	}
	return records;
}

size_t
ring_size(const struct ring *r)
{
	return r->size;
}
