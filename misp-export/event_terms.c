#include <string.h>
#include "libd4/fnv.h"
#include "misp-export/event_terms.h"

#define SECOND_US 1000000u

static void
may_until(struct event_may *may, uint64_t us)
{
	if (us > may->now_us && us < may->until_us)
		may->until_us = us;
}

static uint64_t
may_sum(uint64_t us, uint64_t more)
{
	uint64_t sum;

	return __builtin_add_overflow(us, more, &sum) ? UINT64_MAX : sum;
}

static uint64_t
may_seconds(uint64_t s)
{
	return s > UINT64_MAX / SECOND_US ? UINT64_MAX : s * SECOND_US;
}

/* Is the lane released today as it was when it fed the event? */
static bool
lane_same(const struct event *e, size_t i, const struct terms_lane *l)
{
	return strcmp(l->pipeline, e->lane[i].pipeline) == 0 &&
	       l->after == e->lane[i].after && l->label <= e->name.label &&
	       l->pap <= e->name.pap;
}

/* The rule says of which kinds its findings are, or their type does. */
static bool
lane_names(const char *object, const char *kind)
{
	size_t n = strlen(kind);

	if (*object == '\0')
		return mappers_is_default(kind);
	while (*object != '\0') {
		size_t len = strcspn(object, ", ");

		if (len == n && memcmp(object, kind, n) == 0)
			return true;
		object += len + strspn(object + len, ", ");
	}
	return false;
}

static void
may_lane(const struct event *e, size_t i, const struct event_ask *ask,
    struct event_may *out)
{
	const struct terms_lane *l = terms_find(ask->terms, e->lane[i].id);
	uint64_t from;

	if (l == NULL || !lane_same(e, i, l) ||
	    !lane_names(l->object, e->name.kind) ||
	    (ask->feed && l->distribution == 0)) {
		out->publish = false;
		return;
	}
	from = may_seconds(l->not_before_s);
	out->publish = out->publish && l->publish && from <= ask->now_us;
	if (from > ask->now_us) {
		may_until(out, from);
		return;
	}
	out->lanes |= 1ULL << i;
	out->ids |= l->ids ? 1ULL << i : 0;
	out->lane[i].delay_us = l->delay_us;
	out->lane[i].max_age_s = l->max_age_s;
	out->timed = out->timed || l->delay_us != 0 || l->max_age_s != 0;
	out->distribution = terms_narrower(out->distribution,
	    terms_distribution(e->name.label, l->distribution, ask->group));
}

bool
event_remembered(const struct event *e)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->items[i]->lanes == 0 && e->items[i]->state == ITEM_DONE)
			return true;
	}
	return false;
}

void
event_narrow(struct event *e, const struct event_may *may)
{
	for (size_t i = 0; i < e->n; i++) {
		struct item *it = e->items[i];

		if (!it->ids || (it->lanes & may->lanes & ~may->ids) == 0)
			continue;
		it->ids = false;
		it->moved = true;
		e->changed = true;
	}
}

void
event_released(
    const struct event *e, const struct event_ask *ask, struct event_may *out)
{
	*out = (struct event_may){.now_us = ask->now_us,
	    .until_us = UINT64_MAX,
	    .distribution = e->distribution,
	    .publish = e->publish && !event_remembered(e),
	    .n = e->n_lanes};
	for (size_t i = 0; i < e->n_lanes; i++)
		may_lane(e, i, ask, out);
}

/* As the airlock holds back what waits in it (airlock.c, lane_judge). */
static bool
item_time(const struct item *it, size_t i, struct event_may *may)
{
	uint64_t from = may_sum(it->came_us, may->lane[i].delay_us), to;

	may_until(may, from);
	if (may->lane[i].delay_us != 0 && from > may->now_us)
		return false;
	/* What was done to the data is none. */
	if (may->lane[i].max_age_s == 0 || it->mapper == event_anonymisation())
		return true;
	to = may_sum(it->came_us, may_seconds(may->lane[i].max_age_s));
	may_until(may, to);
	return to > may->now_us;
}

bool
item_released(const struct item *it, struct event_may *may)
{
	bool ok = it->lanes != 0 && (it->lanes & ~may->lanes) == 0;

	for (size_t i = 0; ok && may->timed && i < may->n; i++) {
		if ((it->lanes & 1ULL << i) != 0)
			ok = item_time(it, i, may);
	}
	return ok;
}

/* Nobody gains by two terms of one number but himself. */
static uint64_t
print_add(uint64_t h, const void *p, size_t n)
{
	return d4_fnv64(h, d4_slice_of(p, n));
}

static uint64_t
print_text(uint64_t h, const char *s)
{
	return print_add(h, s, strlen(s) + 1);
}

uint64_t
terms_print(const struct terms *t)
{
	uint64_t h = D4_FNV64;

	for (size_t i = 0; i < t->n; i++) {
		const struct terms_lane *l = &t->lane[i];

		h = print_text(h, l->id);
		h = print_text(h, l->pipeline);
		h = print_text(h, l->object);
		h = print_text(h, l->source);
		h = print_text(h, l->cls);
		h = print_add(h, &l->ids, sizeof(l->ids));
		h = print_add(h, &l->after, sizeof(l->after));
		h = print_add(h, &l->label, sizeof(l->label));
		h = print_add(h, &l->pap, sizeof(l->pap));
		h = print_add(h, &l->distribution, sizeof(l->distribution));
		h = print_add(h, &l->publish, sizeof(l->publish));
		h = print_add(h, &l->delay_us, sizeof(l->delay_us));
		h = print_add(h, &l->not_before_s, sizeof(l->not_before_s));
		h = print_add(h, &l->max_age_s, sizeof(l->max_age_s));
	}
	return h != 0 ? h : 1;
}
