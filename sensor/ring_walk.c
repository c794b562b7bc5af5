/* A spool's frames are looked through: when it is taken up, when it broke. */
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include "sensor/ring_parts.h"

/* Room for a frame's struct, at the least, where the memory ends. */
static bool
walk_fits(const struct ring *r, uint64_t pos, size_t n)
{
	return pos % RING_ALIGN == 0 && ring_stretch(r, pos) >= n;
}

static bool
walk_frame_ok(const struct ring *r, uint64_t pos)
{
	const struct ring_frame *f = ring_at(r, pos);

	if (!walk_fits(r, pos, sizeof(*f)) || f->magic != RING_FRAME ||
	    f->pos != pos || f->len <= D4_HEADER_LEN || f->len > RING_WIRE ||
	    sizeof(*f) + ring_round(f->len) > ring_stretch(r, pos))
		return false;
	return r->check(r->arg, ring_bytes(f));
}

/* Where the mark at pos leads to, or pos itself. */
static uint64_t
walk_skip(const struct ring *r, uint64_t pos)
{
	const struct ring_frame *f = ring_at(r, pos);

	if (!walk_fits(r, pos, RING_ALIGN) || f->magic != RING_SKIP ||
	    f->pos != pos || f->len == 0 || f->len > r->size / RING_ALIGN)
		return pos;
	return pos + (uint64_t)f->len * RING_ALIGN;
}

/* The next whole frame behind a damaged place; `end` when there is none. */
static uint64_t
walk_search(const struct ring *r, uint64_t pos, uint64_t end)
{
	while (pos < end && !walk_frame_ok(r, pos))
		pos += RING_ALIGN;
	return pos < end ? pos : end;
}

/*
 * A frame that is whole. *was: records before the next one, as they were
 * numbered; a gap is counted, and closed, so that it is counted once.
 */
static uint64_t
walk_accept(
    struct ring *r, uint64_t pos, uint64_t *was, struct ring_found *found)
{
	struct ring_frame *f = ring_at(r, pos);

	if (f->base > *was)
		found->damaged += f->base - *was;
	*was = f->base + f->records;
	f->base = r->now.base;
	r->now.base += f->records;
	r->waiting.frames++;
	r->waiting.records += f->records;
	r->waiting.bytes += f->len;
	r->made++;
	return pos + sizeof(*f) + ring_round(f->len);
}

/*
 * From the tail on, frame by frame. After a power failure some may be
 * damaged, and there may be more than the head knows of.
 */
void
ring_walk(struct ring *r, struct ring_found *found)
{
	uint64_t pos = r->tail, end = r->tail + r->size, to;
	uint64_t known = r->head, base = r->now.base;
	uint64_t was = r->now.tail_base;

	if (known < pos || known > end)
		known = pos;
	r->now.base = was;
	while (pos < end) {
		if (walk_frame_ok(r, pos)) {
			pos = walk_accept(r, pos, &was, found);
			continue;
		}
		to = walk_skip(r, pos);
		if (to == pos && pos < known) {
			to = walk_search(r, pos + RING_ALIGN, known);
			ring_put_skip(r, pos, to - pos);
		}
		if (to == pos || to > end)
			break;
		pos = to;
	}
	if (was < base)
		found->damaged += base - was;
	r->head = pos;
	r->next = r->tail;
	found->held = r->waiting;
}

/* ---- what broke ---- */

bool
ring_broken(const struct ring *r)
{
	return ring_hurt(r);
}

/* Somebody cut the file off: it gets its size again, and is mapped anew. */
static enum d4_status
walk_restore(struct ring *r)
{
	enum d4_status st;
	struct stat sb;

	if (fstat(r->fd, &sb) != 0)
		return D4_EIO;
	if ((uint64_t)sb.st_size >= ring_mapped(r))
		return D4_OK;
	st = ring_extend(r);
	return st == D4_OK ? ring_map(r, r->size, r->room) : st;
}

/* The first page may have been among those that are gone. */
static void
walk_head(struct ring *r)
{
	memcpy(r->top, &r->now, offsetof(struct ring_head, opening_n));
	r->top->room = r->now.room;
	ring_note(r);
}

enum d4_status
ring_repair(struct ring *r, struct ring_sum *lost)
{
	struct ring_found found = {.damaged = 0};
	struct ring_sum before;
	uint64_t made = r->made;
	enum d4_status st = walk_restore(r);

	ring_rewind(r);
	before = r->waiting;
	r->waiting = (struct ring_sum){0};
	ring_walk(r, &found);
	walk_head(r);
	r->made = made;
	r->gone = made - r->waiting.frames;
	r->faults = ring_guard_faults();
	lost->frames = before.frames - r->waiting.frames;
	lost->records = before.records - r->waiting.records;
	lost->bytes = before.bytes - r->waiting.bytes;
	return st;
}
