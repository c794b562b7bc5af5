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
    .families = SAN_PACKETS | SAN_IPFIX | SAN_PDNS | SAN_JSON | SAN_TEXT |
                SAN_MALTRAIL | SAN_DNSCAP,
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

/* keyed: whose keys the host has, of a family with `rekey`; NULL: its own. */
struct san_epochs {
	const struct san_family *family;
	struct san_make make;
	struct san_facts facts; /* its own: a caller's may be gone by then */
	char ext[64];
	uint64_t unit_s, clock;
	unsigned opening;
	const struct epoch *keyed;
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

/* Before the place is taken: a time without a key costs nobody his place. */
static enum d4_reason
epoch_keys(const struct san_epochs *e, uint64_t number, struct san_keys *out)
{
	enum d4_status st = san_keys_epoch(e->make.keys, number, out);

	if (st == D4_OK)
		return D4_R_NONE;
	return st == D4_ENOENT ? D4_R_EPOCH_KEY : D4_R_INTERNAL;
}

static enum d4_reason
epoch_make(struct san_epochs *e, struct epoch *at, uint64_t number)
{
	struct san_make m = e->make;

	m.keys = &at->keys;
	if (e->family->make(&m, &at->state) != D4_OK) {
		at->state = NULL;
		san_keys_wipe(&at->keys);
		return D4_R_INTERNAL;
	}
	at->number = number;
	at->opening = e->opening - 1;
	return D4_R_NONE;
}

/* The epoch's place, with its state. */
static enum d4_reason
epoch_get(struct san_epochs *e, void *host, uint64_t number, struct epoch **out)
{
	struct epoch *at = epoch_find(e, number);
	struct san_keys keys;
	enum d4_reason why;

	*out = at;
	if (at->state != NULL && at->number == number)
		return D4_R_NONE;
	why = epoch_keys(e, number, &keys);
	if (why != D4_R_NONE)
		return why;
	if (e->keyed == at)
		san_epochs_unkey(e, host);
	epoch_clear(e, at);
	at->keys = keys;
	san_keys_wipe(&keys);
	return epoch_make(e, at, number);
}

/*
 * The same opening that the stream's own state has; what comes of it is it,
 * and what was taken off it was counted there.
 */
static enum d4_reason
epoch_open(struct san_epochs *e, struct epoch *at, struct d4_slice opening)
{
	enum d4_reason why = D4_R_NONE;
	struct d4_tally was;
	struct d4_buf head;

	if (at->opening == e->opening || e->family->begin == NULL)
		return D4_R_NONE;
	was = *e->make.tally;
	d4_buf_init(&head, D4_OPENING_MAX);
	why = e->family->begin(at->state, opening, &head);
	d4_buf_fini(&head);
	*e->make.tally = was;
	if (why == D4_R_NONE)
		at->opening = e->opening;
	return why;
}

void
san_epochs_unkey(struct san_epochs *e, void *host)
{
	if (e->keyed != NULL)
		(void)!e->family->rekey(host, NULL);
	e->keyed = NULL;
}

enum d4_reason
san_epochs_state(struct san_epochs *e, void *host,
    const struct san_epoch_in *in, void **out, bool *rekeyed)
{
	enum san_dated dated = SAN_UNDATED;
	uint64_t t = in->made_s;
	enum d4_reason why;
	struct epoch *at;

	*out = host;
	if (e->family->when != NULL)
		dated = e->family->when(host, in->record, &t);
	if (dated == SAN_NEVER)
		return D4_R_NONE;
	if (dated == SAN_UNDATED && t == 0)
		return D4_R_TIME_VALUE;
	why = epoch_get(e, host, t / e->unit_s, &at);
	if (why != D4_R_NONE)
		return why;
	at->used = ++e->clock;
	*rekeyed = e->family->rekey != NULL && e->keyed != at;
	if (e->family->rekey == NULL) {
		*out = at->state;
		return epoch_open(e, at, in->opening);
	}
	e->keyed = at;
	if (*rekeyed && e->family->rekey(host, at->state) != D4_OK)
		return D4_R_INTERNAL;
	return D4_R_NONE;
}
