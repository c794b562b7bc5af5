#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "relay/lanes_room.h"

#define SEGMENT_MIN   (64u << 10)
#define SEGMENT_PARTS 32u /* of a budget: what is dropped at once */

static void
partner_limit(const struct lanes *ls, struct lanes_partner *p)
{
	p->budget = ls->share;
	p->drop_oldest = false;
	for (size_t i = 0; i < ls->limits.n; i++) {
		const struct lanes_limit *l = &ls->limits.list[i];

		if (strcmp(l->id, p->id) != 0)
			continue;
		p->drop_oldest = l->drop_oldest;
		if (l->budget != 0)
			p->budget = l->budget;
	}
}

static uint64_t
partner_segment(const struct lanes_partner *p)
{
	uint64_t bytes = p->budget / SEGMENT_PARTS;

	if (bytes > D4_SPOOL_SEGMENT)
		return D4_SPOOL_SEGMENT;
	return bytes < SEGMENT_MIN ? SEGMENT_MIN : bytes;
}

void
lanes_limits_set(
    struct lanes *ls, const struct lanes_limits *l, size_t partners)
{
	ls->limits = *l;
	ls->share = partners > 1 ? l->total / partners : l->total;
	for (size_t i = 0; i < ls->n_partners; i++)
		partner_limit(ls, ls->partner[i]);
	for (size_t i = 0; i < ls->n; i++)
		d4_spool_limit(
		    ls->list[i]->writer, partner_segment(ls->list[i]->partner));
	lanes_measure(ls);
}

enum d4_status
lanes_partner_get(struct lanes *ls, const char *id, struct lanes_partner **out)
{
	struct lanes_partner **list, *p;
	size_t cap;

	for (size_t i = 0; i < ls->n_partners; i++) {
		if (strcmp(ls->partner[i]->id, id) == 0) {
			*out = ls->partner[i];
			return D4_OK;
		}
	}
	if (ls->n_partners == ls->cap_partners) {
		cap = ls->cap_partners == 0 ? 8 : 2 * ls->cap_partners;
		list = reallocarray(
		    ls->partner, cap, sizeof(struct lanes_partner *));
		if (list == NULL)
			return D4_ENOMEM;
		ls->partner = list;
		ls->cap_partners = cap;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return D4_ENOMEM;
	(void)snprintf(p->id, sizeof(p->id), "%s", id);
	partner_limit(ls, p);
	ls->partner[ls->n_partners++] = p;
	*out = p;
	return D4_OK;
}

size_t
lanes_n_partners(const struct lanes *ls)
{
	return ls->n_partners;
}

const struct lanes_partner *
lanes_partner_at(const struct lanes *ls, size_t i)
{
	return ls->partner[i];
}

bool
lanes_parking(const struct lanes *ls)
{
	for (size_t i = 0; i < ls->n_partners; i++) {
		if (!lanes_partner_room(ls->partner[i]))
			return true;
	}
	return false;
}

/* One line for a change, not for every batch. */
static void
partner_full(struct lanes_partner *p, bool full)
{
	if (p->full == full)
		return;
	p->full = full;
	if (full)
		d4_warnx("alarm airlock partner=%s full bytes=%llu "
			 "budget=%llu on_full=%s",
		    p->id, (unsigned long long)p->bytes,
		    (unsigned long long)p->budget,
		    p->drop_oldest ? "drop-oldest" : "park");
	else
		d4_info("airlock partner=%s has room bytes=%llu", p->id,
		    (unsigned long long)p->bytes);
}

/* What each partner has on disk; answers what all have. */
static uint64_t
lanes_count(struct lanes *ls)
{
	uint64_t all = 0;

	for (size_t i = 0; i < ls->n_partners; i++)
		ls->partner[i]->bytes = ls->partner[i]->queued = 0;
	for (size_t i = 0; i < ls->n; i++) {
		ls->list[i]->partner->bytes +=
		    d4_spool_bytes(ls->list[i]->writer);
		ls->list[i]->counted = 0;
	}
	for (size_t i = 0; i < ls->n_partners; i++)
		all += ls->partner[i]->bytes;
	return all;
}

void
lanes_measure(struct lanes *ls)
{
	uint64_t all = lanes_count(ls), limit;
	struct lanes_partner *most = NULL;
	bool stopped = false;

	for (size_t i = 0; i < ls->n_partners; i++) {
		struct lanes_partner *p = ls->partner[i];

		if (p->bytes >= lanes_high(p->budget))
			partner_full(p, true);
		else if (p->bytes < lanes_low(p->budget) &&
			 all < lanes_low(ls->limits.total))
			partner_full(p, false);
		stopped = stopped || p->full;
		if (!p->full && (most == NULL || p->bytes > most->bytes))
			most = p;
	}
	/*
	 * All together too much: whoever has most of it stops first, the
	 * others only when that does not help.
	 */
	limit = stopped ? ls->limits.total - ls->limits.total / 32
	                : lanes_high(ls->limits.total);
	if (most != NULL && all >= limit)
		partner_full(most, true);
}

void
lane_partner_count(struct lane *lane)
{
	size_t queued = d4_spool_queued(lane->writer);
	struct lanes_partner *p = lane->partner;

	p->queued += queued - lane->counted;
	lane->counted = queued;
	if (!p->full && p->bytes + p->queued >= lanes_high(p->budget))
		partner_full(p, true);
}

enum d4_status
lane_partner_join(struct lanes *ls, struct lane *lane)
{
	enum d4_status st;

	st = lanes_partner_get(ls, lane->head.partner, &lane->partner);
	if (st == D4_OK)
		d4_spool_limit(lane->writer, partner_segment(lane->partner));
	return st;
}
