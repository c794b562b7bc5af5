#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "misp-export/absorb.h"
#include "misp-export/flow.h"
#include "misp-export/packet.h"

#define ABSORB_MAPPERS 8u   /* kinds that a rule may name */
#define ABSORB_EVENTS  512u /* that one entry may touch */
#define ABSORB_BEFORE  (7ull * 86400 * 1000000)
#define ABSORB_SECOND  1000000ull
#define ABSORB_COARSE  (3600 * ABSORB_SECOND) /* of class S3 and S4 */
#define ABSORB_AFTER   (86400ull * 1000000)

/*
 * struct absorb -- an entry under way.
 * Shape:  mapper: those of its lane. touched: the events that it fed, with its
 *         lane's place there; skip: it was taken by that one before (a crash
 *         came between the event's file and the cursor).
 */
struct absorb {
	struct exporter *x;
	const struct terms_lane *lane;
	const struct d4_spool_lane *head;
	const struct d4_spool_entry *entry;
	const struct mapper *mapper[ABSORB_MAPPERS];
	size_t n_mappers;
	unsigned label, pap;
	struct {
		struct event *event;
		size_t lane;
		bool skip;
	} touched[ABSORB_EVENTS];
	size_t n;
};

/* "ja3, ja3s" of the rule, or what is made of the type. */
static void
absorb_mappers(struct absorb *a)
{
	const char *p = a->lane->object;
	const struct mapper *m;
	char id[MAPPER_ID];

	if (*p == '\0')
		p = mappers_default(a->head->type, a->head->ext);
	while (p != NULL && *p != '\0' && a->n_mappers < ABSORB_MAPPERS) {
		size_t n = strcspn(p, ", ");

		if (n > 0 && n < sizeof(id)) {
			memcpy(id, p, n);
			id[n] = '\0';
			m = mappers_find(a->x->conf->mappers, id);
			if (m != NULL)
				a->mapper[a->n_mappers++] = m;
		}
		p += n + strspn(p + n, ", ");
	}
}

/* When it came, as exactly as post would tell (relay/post_lane.h). */
static uint64_t
absorb_came(const struct absorb *a)
{
	uint64_t came = a->entry->t_first_us;
	bool coarse = strcmp(a->lane->cls, "S3") >= 0;

	return came - came % (coarse ? ABSORB_COARSE : ABSORB_SECOND);
}

/* What the record says, unless it cannot be. */
static uint64_t
absorb_time(const struct absorb *a, const struct record *r)
{
	uint64_t came = a->entry->t_first_us;

	if (r->time_us == 0 || r->time_us + ABSORB_BEFORE < came ||
	    r->time_us > came + ABSORB_AFTER)
		return absorb_came(a);
	return r->time_us;
}

/* Nothing may reach further than the narrowest of what fed an event. */
static void
absorb_reach(const struct absorb *a, struct event *e)
{
	int far = terms_distribution(
	    a->label, a->lane->distribution, a->x->conf->group != NULL);

	if (e->distribution == -2)
		e->distribution = far;
	e->distribution = terms_narrower(e->distribution, far);
	e->publish = a->lane->publish;
}

static struct event_limits
absorb_limits(const struct absorb *a, const struct mapper *m)
{
	return (struct event_limits){.most = a->x->conf->items,
	    .least = a->x->conf->min_count,
	    .top = misp_conf_top(a->x->conf, m->id)};
}

/* The lane's first time in this event: what was done to its data. */
static enum d4_status
absorb_join(struct absorb *a, struct event *e, size_t lane)
{
	const struct event_limits limits = {SIZE_MAX, 1, 0};
	struct finding f;

	/* Its first lane ever: only what begins so can wait. */
	if (e->n_lanes == 1 && e->state == EVENT_NEW &&
	    misp_conf_top(a->x->conf, e->name.kind) != 0)
		e->waits = true;
	absorb_reach(a, e);
	if (!finding_anonymisation(&a->x->maker, a->lane, absorb_came(a), &f))
		return D4_ENOMEM;
	f.came_us = a->entry->t_last_us;
	return event_take(e, &f, lane, &limits);
}

static size_t
absorb_lane(const struct absorb *a, struct event *e, uint64_t *seq)
{
	struct event_lane of = {.after = a->lane->after};

	(void)snprintf(of.id, sizeof(of.id), "%s", a->lane->id);
	(void)snprintf(
	    of.pipeline, sizeof(of.pipeline), "%s", a->head->pipeline);
	return event_lane(e, &of, seq);
}

static enum d4_status
absorb_touch(struct absorb *a, struct event *e, size_t *out)
{
	size_t i, lane, before = e->n_lanes;
	enum d4_status st = D4_OK;
	uint64_t seq;

	for (i = 0; i < a->n; i++) {
		if (a->touched[i].event == e)
			break;
	}
	if (i == a->n) {
		if (a->n == ABSORB_EVENTS)
			return D4_ETOOBIG;
		lane = absorb_lane(a, e, &seq);
		if (lane == EVENT_LANES)
			return D4_ETOOBIG;
		a->touched[a->n].event = e;
		a->touched[a->n].lane = lane;
		a->touched[a->n++].skip = a->entry->seq <= seq;
		if (e->n_lanes > before)
			st = absorb_join(a, e, lane);
	}
	*out = i;
	return st;
}

static enum d4_status
absorb_event(
    struct absorb *a, const struct mapper *m, uint64_t time_us, size_t *out)
{
	struct event_name name = {.label = a->label, .pap = a->pap};
	uint64_t s = time_us / 1000000;
	struct event *e;
	enum d4_status st;

	memcpy(name.source, a->lane->source, sizeof(name.source));
	(void)snprintf(name.kind, sizeof(name.kind), "%s", m->id);
	name.span_s = a->x->conf->span_us / 1000000;
	name.start_s = s - s % name.span_s;
	st = store_get(a->x->store, &name, &e);
	return st == D4_OK ? absorb_touch(a, e, out) : st;
}

static enum d4_status
absorb_finding(
    struct absorb *a, const struct finding_ask *ask, struct record *r)
{
	const struct event_limits limits = absorb_limits(a, ask->mapper);
	struct event *e;
	enum d4_status st;
	struct finding f;
	uint64_t over;
	size_t i = 0;

	/* The event first: the finding lives in the maker's buffers. */
	st = absorb_event(a, ask->mapper, r->time_us, &i);
	if (st == D4_ETOOBIG) {
		a->x->odd++;
		return D4_OK;
	}
	if (st != D4_OK || a->touched[i].skip)
		return st;
	e = a->touched[i].event;
	if (!finding_make(&a->x->maker, ask, r, &f)) {
		e->refused++;
		e->changed = true;
		return D4_OK;
	}
	if (warninglists_take(a->x->lists, &f))
		return D4_OK;
	f.came_us = a->entry->t_last_us;
	over = e->over;
	st = event_take(e, &f, a->touched[i].lane, &limits);
	a->x->over += e->over - over;
	return st;
}

static enum d4_status
absorb_mapper(struct absorb *a, const struct mapper *m, struct record *r)
{
	struct finding_ask ask = {m, a->lane, MAPPER_RELS};
	size_t n = m->object == NULL ? mapper_rels(m) : 1;
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < n && st == D4_OK; i++) {
		ask.rel = m->object == NULL ? i : MAPPER_RELS;
		if (m->object == NULL && mapper_value(&m->rel[i], r).p == NULL)
			continue;
		st = absorb_finding(a, &ask, r);
	}
	return st;
}

static enum d4_status
absorb_record(struct absorb *a, struct record *r)
{
	enum d4_status st = D4_OK;

	record_year(r, a->entry->t_first_us);
	r->time_us = absorb_time(a, r);
	for (size_t i = 0; i < a->n_mappers && st == D4_OK; i++) {
		if (mapper_takes(a->mapper[i], r))
			st = absorb_mapper(a, a->mapper[i], r);
	}
	return st;
}

static enum d4_status
absorb_lines(struct absorb *a, const struct record_reader *reader)
{
	struct d4_slice rest = a->entry->data;
	enum d4_status st = D4_OK;
	struct record r;

	while (rest.n > 0 && st == D4_OK) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end != NULL ? (size_t)(end - rest.p) : rest.n;
		struct d4_slice line = d4_slice_skip(&rest, n);

		(void)d4_slice_skip(&rest, rest.n > 0 ? 1 : 0);
		if (line.n == 0)
			continue;
		record_init(&r);
		if (line.n <= RECORD_LINE && reader->line(line, &r))
			st = absorb_record(a, &r);
		else
			a->x->odd++;
		record_fini(&r);
	}
	return st;
}

static enum d4_status
absorb_packets(struct absorb *a)
{
	struct packet_file f;
	enum d4_status st = D4_OK;
	struct record r;

	if (!packet_open(a->entry->data, &f)) {
		a->x->odd += a->entry->n;
		return D4_OK;
	}
	record_init(&r);
	while (st == D4_OK && packet_next(&f, &r)) {
		if (r.n > 0)
			st = absorb_record(a, &r);
		record_init(&r);
	}
	return st;
}

static enum d4_status
absorb_flows(struct absorb *a)
{
	enum d4_status st = D4_OK;
	struct flow_file f;
	struct record r;

	flow_open(&f, a->entry->data);
	record_init(&r);
	while (st == D4_OK && flow_next(&f, &r)) {
		if (r.n > 0)
			st = absorb_record(a, &r);
		record_init(&r);
	}
	flow_close(&f);
	return st;
}

/* Two mappers of a lane read it the same way: its type has one format. */
static enum d4_status
absorb_read(struct absorb *a)
{
	const struct record_reader *reader =
	    record_reader_find(a->mapper[0]->reader);

	if (reader == NULL) {
		a->x->unknown += a->entry->n;
		return D4_OK;
	}
	if (reader->packets)
		return absorb_packets(a);
	return reader->flows ? absorb_flows(a) : absorb_lines(a, reader);
}

static unsigned
stricter(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

enum d4_status
absorb_entry(void *arg, const struct terms_lane *lane,
    const struct d4_spool_lane *head, const struct d4_spool_entry *e)
{
	struct exporter *x = arg;
	struct absorb *a = calloc(1, sizeof(*a));
	enum d4_status st = D4_OK;

	if (a == NULL)
		return D4_ENOMEM;
	a->x = x;
	a->lane = lane;
	a->head = head;
	a->entry = e;
	/* As it was labelled when it came, or as it would be now. */
	a->label = stricter(lane->label, terms_label(head->label));
	a->pap = stricter(lane->pap, terms_pap(head->pap));
	absorb_mappers(a);
	x->records += e->n;
	if (terms_distribution(a->label, -1, false) < 0)
		x->red += e->n;
	else if (a->n_mappers == 0)
		x->unknown += e->n;
	else
		st = absorb_read(a);
	for (size_t i = 0; i < a->n && st == D4_OK; i++) {
		struct event *ev = a->touched[i].event;

		if (!a->touched[i].skip)
			ev->lane[a->touched[i].lane].seq = e->seq;
		ev->changed = true;
	}
	free(a);
	return st;
}
