#include <stdio.h>
#include <stdlib.h>
#include "sanitizers/epoch.h"

#define EPOCH_HOUR_US UINT64_C(3600000000)
#define EPOCH_HOURS   UINT64_C(8784) /* 366 days */

static enum d4_status
epoch_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_epoch_conf *c;
	enum d4_status st;
	uint64_t us = 0, hours;

	st = d4_yaml_duration_us(node, cx->diag, &us);
	if (st != D4_OK)
		return st;
	hours = us / EPOCH_HOUR_US;
	if (us % EPOCH_HOUR_US != 0 || hours == 0 || hours > EPOCH_HOURS)
		return d4_diag_set(cx->diag, node->at, "write e.g. 7d",
		    "an epoch is whole hours, from 1h to 366d");
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return D4_ENOMEM;
	c->unit_s = hours * 3600;
	(void)snprintf(c->text, sizeof(c->text),
	    hours % 24 == 0 ? "%ud" : "%uh",
	    (unsigned)(hours % 24 == 0 ? hours / 24 : hours));
	*conf = c;
	return D4_OK;
}

static bool
epoch_needs_keys(const void *conf)
{
	(void)conf;
	return true;
}

const struct san_step_kind san_step_epoch = {
    .name = "epoch",
    .families = SAN_PACKETS | SAN_PDNS,
    .help = "other keys for each stretch of the records' time: 1h to 366d",
    .compile = epoch_compile,
    .needs_keys = epoch_needs_keys,
};

uint64_t
san_chain_epoch_s(const struct san_chain *c)
{
	const struct san_epoch_conf *conf = san_chain_step(c, "epoch");

	return conf != NULL ? conf->unit_s : 0;
}

const char *
san_chain_epoch(const struct san_chain *c)
{
	const struct san_epoch_conf *conf = san_chain_step(c, "epoch");

	return conf != NULL ? conf->text : "0";
}

/*
 * One epoch under way. opening: which it was told last; used: when last.
 */
struct epoch {
	uint64_t number, used;
	unsigned opening;
	void *state; /* NULL: a free place */
	struct san_keys keys;
};

struct san_epochs {
	const struct san_family *family;
	struct san_make make;
	struct san_facts facts; /* its own: a caller's may be gone by then */
	char ext[64];
	uint64_t unit_s, clock;
	unsigned opening;
	struct epoch at[SAN_EPOCH_STATES];
};

enum d4_status
san_epochs_new(const struct san_family *f, const struct san_make *m,
    struct san_epochs **out)
{
	uint64_t unit_s = san_chain_epoch_s(m->chain);
	struct san_epochs *e;

	*out = NULL;
	if (unit_s == 0)
		return D4_OK;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return D4_ENOMEM;
	e->family = f;
	e->make = *m;
	e->facts = *m->facts;
	(void)snprintf(e->ext, sizeof(e->ext), "%s", m->facts->ext);
	e->facts.ext = e->ext;
	e->make.facts = &e->facts;
	e->unit_s = unit_s;
	*out = e;
	return D4_OK;
}

static void
epoch_clear(const struct san_epochs *e, struct epoch *at)
{
	if (at->state != NULL)
		e->family->destroy(at->state);
	at->state = NULL;
	san_keys_wipe(&at->keys);
}

void
san_epochs_free(struct san_epochs *e)
{
	if (e == NULL)
		return;
	for (size_t i = 0; i < SAN_EPOCH_STATES; i++)
		epoch_clear(e, &e->at[i]);
	free(e);
}

void
san_epochs_turn(struct san_epochs *e)
{
	e->opening++;
}

/* The epoch's place, or else the one that was not used for longest. */
static struct epoch *
epoch_find(struct san_epochs *e, uint64_t number)
{
	struct epoch *old = &e->at[0];

	for (size_t i = 0; i < SAN_EPOCH_STATES; i++) {
		struct epoch *at = &e->at[i];

		if (at->state != NULL && at->number == number)
			return at;
		if (old->state != NULL &&
		    (at->state == NULL || at->used < old->used))
			old = at;
	}
	return old;
}

static enum d4_reason
epoch_make(struct san_epochs *e, struct epoch *at, uint64_t number)
{
	struct san_make m = e->make;
	enum d4_status st;

	epoch_clear(e, at);
	st = san_keys_epoch(e->make.keys, number, &at->keys);
	if (st != D4_OK)
		return st == D4_ENOENT ? D4_R_EPOCH_KEY : D4_R_INTERNAL;
	m.keys = &at->keys;
	if (e->family->make(&m, &at->state) != D4_OK) {
		at->state = NULL;
		return D4_R_INTERNAL;
	}
	at->number = number;
	at->opening = e->opening - 1;
	return D4_R_NONE;
}

/* The same opening that the stream's own state has; what comes of it is it. */
static enum d4_reason
epoch_open(struct san_epochs *e, struct epoch *at, struct d4_slice opening)
{
	enum d4_reason why = D4_R_NONE;
	struct d4_buf head;

	if (at->opening == e->opening || e->family->begin == NULL)
		return D4_R_NONE;
	d4_buf_init(&head, D4_OPENING_MAX);
	why = e->family->begin(at->state, opening, &head);
	d4_buf_fini(&head);
	if (why == D4_R_NONE)
		at->opening = e->opening;
	return why;
}

enum d4_reason
san_epochs_state(struct san_epochs *e, const void *host,
    const struct d4_slice in[2], void **out)
{
	enum d4_reason why = D4_R_NONE;
	struct epoch *at;
	uint64_t t = 0;

	if (!e->family->when(host, in[0], &t))
		return D4_R_TIME_VALUE;
	at = epoch_find(e, t / e->unit_s);
	if (at->state == NULL || at->number != t / e->unit_s)
		why = epoch_make(e, at, t / e->unit_s);
	if (why == D4_R_NONE)
		why = epoch_open(e, at, in[1]);
	if (why != D4_R_NONE)
		return why;
	at->used = ++e->clock;
	*out = at->state;
	return D4_R_NONE;
}
