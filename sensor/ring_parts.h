/* The ring between ring.c and ring_file.c. */
#ifndef SENSOR_RING_PARTS_H
#define SENSOR_RING_PARTS_H

#include "libd4/cutter.h"
#include "libd4/header.h"
#include "sensor/ring.h"
#include "sensor/ring_file.h"
#include "sensor/ring_guard.h"

#define RING_ALIGN 16u
#define RING_HEAD  4096u /* bytes of a file in front of the frames */
#define RING_SMALL 1024u /* bytes of an opening that fit into its head */
#define RING_FRAME 0x64346672u
#define RING_SKIP  0x64347370u
#define RING_WIRE  (D4_HEADER_LEN + 1000000u) /* bytes of a frame, at most */

/*
 * struct ring_head -- the first bytes of a file; for a ring in memory, too.
 * Written by this machine for itself: numbers in its own order.
 * Shape:  tail_not: ~tail, written after it. tail_base: records before it,
 *         written first. head, base: position and records behind the last
 *         frame, as a hint. owner: whose frames these are. room: bytes behind
 *         the frames where the opening is; 0, in an older file: it is here.
 */
struct ring_head {
	uint8_t magic[8];
	uint32_t order, frame_size;
	uint64_t size;
	uint8_t owner[32];
	uint64_t tail, tail_not, tail_base;
	uint64_t head, base;
	struct ring_book book;
	uint32_t opening_n, room;
	uint8_t opening[RING_SMALL];
};

/*
 * struct ring -- positions only grow; a position modulo size is a place in
 * mem. A frame never runs over the end: a RING_SKIP (magic, len in units of
 * RING_ALIGN, pos) leads on. tail <= next <= head <= tail + size. agreed: of
 * those gone, up to which frame it is known what became of them. now: what
 * is in top, but for the opening; top may be lost (ring_guard.h). faults:
 * pages that were lost when the frames were last looked through.
 */
struct ring {
	struct ring_head *top;
	struct ring_head now;
	bool (*check)(void *arg, struct d4_slice wire);
	void *arg;
	unsigned faults;
	uint8_t *mem;
	size_t size, room;
	uint64_t tail, next, head;
	struct ring_sum sent, waiting;
	uint64_t made, gone, synced;
	uint64_t agreed;
	uint64_t teed; /* behind the last frame that ring_teed was told of */
	bool tee;
	int fd; /* -1: in memory */
};

/* Bytes that are mapped. */
static inline size_t
ring_mapped(const struct ring *r)
{
	return RING_HEAD + r->size + r->room;
}

static inline size_t
ring_round(size_t n)
{
	return (n + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN;
}

static inline struct ring_frame *
ring_at(const struct ring *r, uint64_t pos)
{
	return (struct ring_frame *)(void *)(r->mem + pos % r->size);
}

/* Bytes from pos to the end of the memory. */
static inline size_t
ring_stretch(const struct ring *r, uint64_t pos)
{
	return r->size - (size_t)(pos % r->size);
}

/* What follows pos for n bytes is not a frame. */
static inline void
ring_put_skip(const struct ring *r, uint64_t pos, uint64_t n)
{
	struct ring_frame *f = ring_at(r, pos);

	f->magic = RING_SKIP;
	f->len = (uint32_t)(n / RING_ALIGN);
	f->pos = pos;
}

/* Positions and book into the top, for the next run. */
static inline void
ring_note(struct ring *r)
{
	r->top->tail_base = r->now.tail_base;
	r->top->base = r->now.base;
	r->top->book = r->now.book;
	r->top->tail = r->tail;
	r->top->head = r->head;
	r->top->tail_not = ~r->tail;
}

/* A page of the file was lost since: what the ring says may be zeros. */
static inline bool
ring_hurt(const struct ring *r)
{
	return r->fd >= 0 && ring_guard_faults() != r->faults;
}

/*
 * ring_walk -- from the tail on, frame by frame: those that are whole wait.
 * found->damaged: records of those that are not.
 */
void ring_walk(struct ring *r, struct ring_found *found);

/* ring_map -- the file, or again what is mapped. Errors: D4_ENOMEM, D4_EIO. */
D4_USED enum d4_status ring_map(struct ring *r, size_t bytes, size_t room);

/* ring_extend -- the disk's room for all of it. Errors: D4_ENOSPC, D4_EIO. */
D4_USED enum d4_status ring_extend(struct ring *r);

#endif
