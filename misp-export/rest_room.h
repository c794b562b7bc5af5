/* The inside of rest.c, shared by its rooms. */
#ifndef MISP_REST_ROOM_H
#define MISP_REST_ROOM_H

#include "misp-export/rest.h"
#include "misp-export/types.h"

#define REST_REFUSED 128u  /* mappers */
#define REST_BATCH   1000u /* items of one call, at most */
#define REST_VERIFY  1000u /* UUIDs of one question */
#define REST_TRIES   3u    /* of one item that gives 500 while others do not */
#define REST_SEARCH  "/attributes/restSearch"
#define REST_ROUNDS  8u /* of a batch, before it waits for the next turn */

/*
 * struct rest
 * Shape:  group: id of the sharing group at MISP, "" unknown; greeted: its
 *         version and our rights are known. next_ms: not before; wait_us:
 *         the last back-off. unsure: a call of this turn may still be at work
 *         there. may: what of the event may be sent now. types: what this
 *         MISP takes; refused: mappers that it would not take.
 */
struct rest {
	struct rest_setup set;
	struct rest_counts counts;
	char group[24];
	char trouble[REPLY_WHY + 64];
	bool greeted, unsure;
	uint64_t next_ms, wait_us;
	struct event_may may;
	struct http_reply raw;
	struct types types;
	const struct mapper *refused[REST_REFUSED];
	size_t n_refused;
};

/* What a step came to. NEXT: go on. */
enum rest_step {
	STEP_NEXT,
	STEP_SPLIT,  /* the content is refused, as a whole */
	STEP_UNSURE, /* anything may be stored: verify */
	STEP_LATER,
	STEP_STOP,
};

/* A batch: items of one event. why: of MISP, when they were refused. */
struct rest_batch {
	struct event *event;
	struct item **item;
	size_t n;
	char why[REPLY_WHY];
};

/*
 * rest_ask -- one call, its end and answer understood. *out is filled for
 * STEP_NEXT and STEP_SPLIT (the caller's: reply_fini); other steps have set
 * the back-off. STEP_UNSURE: time-out, broken off, or 500.
 */
enum rest_step rest_ask(
    struct rest *r, const char *path, const json_t *body, struct reply *out);

/* rest_later -- backs off, longer each time; retry_s 0: our own pace. */
enum rest_step rest_later(struct rest *r, const char *why, uint64_t retry_s);

/* rest_fine -- something worked: the back-off starts again. */
void rest_fine(struct rest *r);

/* rest_greet -- version, rights, tags, sharing group; once. */
enum rest_step rest_greet(struct rest *r);

/*
 * rest_types -- what it takes, and which mappers it would refuse.
 * rest_refuses -- one of those: its findings wait.
 */
enum rest_step rest_types(struct rest *r, const char *version);
bool rest_refuses(const struct rest *r, const struct mapper *m);

/* rest_upsert -- the event with these items (n 0: alone), edit or add. */
enum rest_step rest_upsert(
    struct rest *r, struct rest_batch *b, bool published);

/*
 * rest_verify -- which items are whole at MISP: they become ITEM_DONE, and
 * *missing says how many are not (they are moved to the front of b->item).
 */
enum rest_step rest_verify(
    struct rest *r, struct rest_batch *b, size_t *missing);

/* rest_alive -- alive[i]: something of the i-th item is not deleted there. */
enum rest_step rest_alive(
    struct rest *r, const struct rest_batch *b, bool *alive);

/* rest_explain -- why they are missing: done after all, or quarantined. */
enum rest_step rest_explain(struct rest *r, struct rest_batch *b);

/* rest_send -- a batch, until each item is done or in quarantine. */
enum rest_step rest_send(struct rest *r, struct rest_batch *b);

/*
 * rest_remember -- before the first call of an event's life: MISP may have it
 * from another life of our state.
 */
enum rest_step rest_remember(struct rest *r, struct event *e);

/* rest_recall -- deletes what is to be deleted; the rest stays. */
enum rest_step rest_recall(struct rest *r, struct event *e);

/* rest_sightings -- those that are owed. */
enum rest_step rest_sightings(struct rest *r, struct event *e);

/* rest_quarantine -- a person decides; readable in DIR/quarantine. */
void rest_quarantine(
    struct rest *r, const struct event *e, struct item *it, const char *why);

/* rest_path -- "/events/edit/UUID" and what follows. */
void rest_path(const char *front, const struct d4_uuid *u, const char *back,
    char *out, size_t n);

#endif
