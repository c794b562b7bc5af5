#include <assert.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include "sensor/ring_parts.h"

_Static_assert(sizeof(struct ring_frame) == 48, "a multiple of RING_ALIGN");
_Static_assert(sizeof(struct ring_head) <= RING_HEAD, "fits in front");

enum d4_status
ring_new(size_t bytes, struct ring **out)
{
	struct ring *r = calloc(1, sizeof(*r));
	void *mem;

	if (r == NULL)
		return D4_ENOMEM;
	r->fd = -1;
	r->size = ring_round(bytes < RING_MIN ? RING_MIN : bytes);
	r->room = D4_OPENING_MAX;
	/* Pages cost nothing until they are used. */
	mem = mmap(NULL, ring_mapped(r), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED) {
		free(r);
		return D4_ENOMEM;
	}
	r->top = mem;
	r->mem = (uint8_t *)mem + RING_HEAD;
	*out = r;
	return D4_OK;
}

void
ring_free(struct ring *r)
{
	if (r == NULL)
		return;
	if (r->fd >= 0)
		ring_guard(NULL, 0, -1);
	if (r->top != NULL)
		(void)munmap(r->top, ring_mapped(r));
	if (r->fd >= 0)
		(void)close(r->fd);
	free(r);
}

/*
 * An empty ring starts over: the pages in use stay few, and a damaged place at
 * its end is room again. Positions go on, so that no frame of an earlier round
 * can be taken for one of this.
 */
static void
ring_restart(struct ring *r)
{
	if (r->sent.frames + r->waiting.frames != 0)
		return;
	if (r->head % r->size != 0)
		r->head += ring_stretch(r, r->head);
	else if (r->tail == r->head)
		return;
	r->tail = r->next = r->head;
	ring_note(r);
}

uint8_t *
ring_reserve(struct ring *r, size_t len)
{
	size_t need = sizeof(struct ring_frame) + ring_round(len);
	size_t room, stretch;

	ring_restart(r);
	room = r->size - (size_t)(r->head - r->tail);
	stretch = ring_stretch(r, r->head);
	if (stretch < need) {
		if (room < stretch || room - stretch < need)
			return NULL;
		ring_put_skip(r, r->head, stretch);
		r->head += stretch;
	} else if (room < need) {
		return NULL;
	}
	return (uint8_t *)(ring_at(r, r->head) + 1);
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
	assert(r->head - r->tail + sizeof(*f) + ring_round(len) <= r->size);
	*f = (struct ring_frame){
	    .magic = RING_FRAME,
	    .len = (uint32_t)len,
	    .pos = r->head,
	    .base = r->now.base,
	    .records = records,
	};
	ring_add(&r->waiting, f);
	r->made++;
	r->now.base += records;
	r->head += sizeof(*f) + ring_round(len);
	ring_note(r);
}

/* Where a frame really is: behind a mark that leads on. */
static uint64_t
ring_skip(const struct ring *r, uint64_t pos)
{
	while (pos != r->head && ring_at(r, pos)->magic == RING_SKIP)
		pos += (uint64_t)ring_at(r, pos)->len * RING_ALIGN;
	return pos;
}

static uint64_t
ring_behind(const struct ring *r, uint64_t pos)
{
	return pos + sizeof(struct ring_frame) +
	       ring_round(ring_at(r, pos)->len);
}

/*
 * The frame that stands at pos or behind it; NULL: its page is lost. Its first
 * and last bytes are touched to see that.
 */
static struct ring_frame *
ring_look(const struct ring *r, uint64_t pos)
{
	volatile uint32_t touch;
	struct ring_frame *f;

	if (ring_hurt(r))
		return NULL;
	f = ring_at(r, ring_skip(r, pos));
	touch = f->magic;
	touch = f->zero[2];
	(void)touch;
	return ring_hurt(r) ? NULL : f;
}

struct ring_frame *
ring_next(const struct ring *r)
{
	if (r->waiting.frames == 0 || (r->tee && r->next >= r->teed))
		return NULL;
	return ring_look(r, r->next);
}

void
ring_tee(struct ring *r, bool on)
{
	r->tee = on;
	r->teed = r->tail;
}

const struct ring_frame *
ring_tee_next(const struct ring *r)
{
	uint64_t pos = ring_skip(r, r->teed < r->tail ? r->tail : r->teed);

	return r->tee && pos != r->head ? ring_look(r, pos) : NULL;
}

void
ring_teed(struct ring *r)
{
	uint64_t pos = ring_skip(r, r->teed < r->tail ? r->tail : r->teed);

	r->teed = ring_behind(r, pos);
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

	assert(f != NULL || ring_hurt(r));
	if (f == NULL)
		return;
	f->wire_end = wire_end;
	ring_sub(&r->waiting, f);
	ring_add(&r->sent, f);
	r->next = ring_behind(r, ring_skip(r, r->next));
}

const struct ring_frame *
ring_oldest(const struct ring *r)
{
	return r->sent.frames == 0 ? NULL : ring_look(r, r->tail);
}

void
ring_release(struct ring *r)
{
	const struct ring_frame *f = ring_oldest(r);

	assert(f != NULL || ring_hurt(r));
	if (f == NULL)
		return;
	ring_sub(&r->sent, f);
	r->gone++;
	r->now.tail_base = f->base + f->records;
	r->tail = ring_behind(r, ring_skip(r, r->tail));
	ring_note(r);
}

bool
ring_drop(struct ring *r, struct ring_frame *what, bool *waits)
{
	const struct ring_frame *f = ring_oldest(r);

	*waits = f == NULL;
	if (f != NULL) {
		*what = *f;
		ring_release(r);
		return true;
	}
	if (!ring_hurt(r))
		f = ring_next(r);
	if (f == NULL)
		return false;
	*what = *f;
	ring_sub(&r->waiting, f);
	r->gone++;
	r->now.tail_base = f->base + f->records;
	r->tail = r->next = ring_behind(r, ring_skip(r, r->next));
	ring_note(r);
	return true;
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

	for (uint64_t i = 0; i < r->waiting.frames && !ring_hurt(r); i++) {
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

uint64_t
ring_made(const struct ring *r)
{
	return r->made;
}

void
ring_agreed(struct ring *r)
{
	r->agreed = r->gone;
}

struct ring_book *
ring_book(struct ring *r)
{
	return &r->now.book;
}

void
ring_book_keep(struct ring *r)
{
	ring_note(r);
}
