/*
 * Clones: one UUID and key on two machines. Noticed by addresses that take
 * turns, in what opens sessions and in what sends (ADR 0033). Pure.
 */
#ifndef HUB_CLONE_H
#define HUB_CLONE_H

#include <stdint.h>
#include "libd4/prefix.h"

#define CLONE_WINDOW_MS 60000u /* in which turns are counted */
#define CLONE_BORNE     3u     /* turns in that time which are not a clone */
#define CLONE_APART_MS  200u   /* between two turns of what is only sent */

/*
 * struct clone -- what is remembered of one sensor.
 * Shape:  last: the address that was seen last, family 0: none. turn_ms: when
 *         another one came, newest first; 0: never. holder: until held_ms only
 *         it may come. All in monotonic milliseconds.
 */
struct clone {
	struct d4_addr last, holder;
	uint64_t turn_ms[CLONE_BORNE + 1];
	uint64_t held_ms;
};

/*
 * clone_same -- one machine, as far as addresses tell: the same one, and for
 * IPv6 the same /64 (a host changes the rest as it likes).
 */
bool clone_same(const struct d4_addr *a, const struct d4_addr *b);

/* clone_place -- what stands for all addresses that are the same to clone_same.
 */
void clone_place(struct d4_addr *a);

/*
 * clone_seen -- an authentic frame came from this address; begins: it is the
 * first of its session. True: too many turns, so it is a clone.
 */
bool clone_seen(
    struct clone *c, const struct d4_addr *from, bool begins, uint64_t now_ms);

/* clone_hold -- until then only the holder's address may come. */
void clone_hold(
    struct clone *c, const struct d4_addr *holder, uint64_t until_ms);

/* clone_barred -- is another address held, so that this one may not come? */
bool clone_barred(
    const struct clone *c, const struct d4_addr *from, uint64_t now_ms);

#endif
