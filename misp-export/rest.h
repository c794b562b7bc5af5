/*
 * Events to MISP's REST interface: upsert, verify, ask why, bisect, and never
 * take a silence for an answer. Everything it sends may be sent again.
 */
#ifndef MISP_REST_H
#define MISP_REST_H

#include "libd4/kit/account.h"
#include "misp-export/event_json.h"
#include "misp-export/http.h"
#include "misp-export/reply.h"

/* What became of an event's turn. */
enum rest_end {
	REST_DONE,  /* all that was due and may be sent is there */
	REST_LATER, /* not now: see rest_ready */
	REST_STOP,  /* we are to stop */
};

/*
 * struct rest_counts -- since it was made; items are objects and attributes.
 * again: calls that were repeated; unsure: time-outs and broken connections;
 * remembered: items that came back out of MISP; foreign: what people added to
 * those events.
 */
struct rest_counts {
	uint64_t calls, items, moved, sightings, quarantined, blocked;
	uint64_t again, unsure, failed, split, held, published, recalled;
	uint64_t remembered, foreign;
};

/*
 * struct rest_setup -- what it works with; borrowed. dir: of the quarantine.
 * may: is asked in front of each call whether something may be sent at all
 * (the freeze, and that the terms are those given); NULL: yes. save: the event
 * is durable as it is now; false: it is not, and nothing is sent.
 */
struct rest_setup {
	const struct misp_conf *conf;
	struct http *http;
	struct d4_account *account;
	const char *dir;
	bool (*may)(void *arg);
	bool (*save)(void *arg);
	void *arg;
};

struct rest;

/* rest_new. Errors: D4_ENOMEM. */
D4_USED enum d4_status rest_new(
    const struct rest_setup *set, struct rest **out);
void rest_free(struct rest *r);

/* rest_conf -- another configuration: MISP is greeted again. Borrowed. */
void rest_conf(struct rest *r, const struct misp_conf *c);

/* rest_ready -- the back-off is over. */
bool rest_ready(const struct rest *r);

/*
 * rest_deliver -- sends what is due of an event, as far as the terms release
 * it today; the event is changed as MISP's answers say (save it).
 */
enum rest_end rest_deliver(
    struct rest *r, struct event *e, const struct terms *t);

/*
 * struct rest_found -- who takes what rest_rebuild finds.
 * Shape:  event: where it belongs; NULL: it is not wanted. done: all of it is
 *         in the event; false: stop. foreign: has a title like ours.
 */
struct rest_found {
	struct event *(*event)(void *arg, const struct event_name *name);
	bool (*done)(void *arg, struct event *e);
	void (*foreign)(void *arg, const struct d4_uuid *uuid);
	void *arg;
};

/*
 * rest_rebuild -- what MISP has of all events of that space, verified by
 * their names. Nothing is written there.
 */
enum rest_end rest_rebuild(struct rest *r, const struct d4_uuid *space,
    const struct rest_found *found);

const struct rest_counts *rest_counts(const struct rest *r);

/* rest_trouble -- why it backs off, "" when it does not. */
const char *rest_trouble(const struct rest *r);

#endif
