/*
 * The entry that is being filled: records go in, whole entries come out.
 * Pure: time is an input. Where an entry ends depends on its records alone.
 */
#ifndef HUB_DRAFT_H
#define HUB_DRAFT_H

#include "libd4/cutter.h"
#include "libd4/entry.h"

/* When records came: the frame's timestamp and our clock. */
struct draft_time {
	uint64_t t_hdr_s;
	uint64_t t_rx_us;
};

/*
 * struct draft -- one session's entry in progress.
 * Shape:  next: number of the session's next record, from 1. n records in
 *         data, the first of them seq. n is 0: nothing is in progress.
 *         opening: bytes of it at the front of data.
 */
struct draft {
	struct d4_buf data;
	uint64_t next;
	uint64_t seq;
	uint64_t n;
	size_t opening;
	struct draft_time first;
};

/* emit takes draft->data away (or copies it); it touches nothing else. */
struct draft_sink {
	enum d4_status (*emit)(void *arg, struct draft *d);
	void *arg;
};

void draft_init(struct draft *d);
void draft_fini(struct draft *d);

/*
 * draft_add -- adds a run's records; whenever the data reaches D4_ENTRY_TARGET
 * bytes the entry is closed and handed to emit, and when the cutter's opening
 * is another than the entry's: a file has one.
 * Errors: D4_ENOMEM, or what emit answers; the records behind are not taken.
 */
D4_USED enum d4_status draft_add(struct draft *d, const struct d4_cutter *c,
    const struct d4_run *run, const struct draft_time *when,
    const struct draft_sink *sink);

/* draft_close -- hands out what is in progress, if anything. */
D4_USED enum d4_status draft_close(
    struct draft *d, const struct draft_sink *sink);

#endif
