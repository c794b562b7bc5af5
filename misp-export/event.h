/*
 * A MISP event in progress: the findings of one source, kind, label and day,
 * aggregated. What MISP has of it, and what it still needs. Pure; the file is
 * in event_file.c, what is sent in event_json.c.
 */
#ifndef MISP_EVENT_H
#define MISP_EVENT_H

#include "misp-export/item.h"
#include "misp-export/terms.h"

#define EVENT_LANES   64u
#define EVENT_COMMENT 256u
#define EVENT_BUCKETS 24u /* of an event's time, one sighting in each */
#define EVENT_REASON  160u

/*
 * struct event_name -- what makes it one event. Texts NUL-terminated; start_s
 * the first second (UTC) of span_s.
 */
struct event_name {
	char source[65];
	char kind[MAPPER_ID];
	unsigned label, pap;
	uint64_t start_s, span_s;
};

/*
 * The lane that fed it: up to which entry, under which pipeline, and behind
 * which entry it was released then: what is withdrawn later is not sent.
 */
struct event_lane {
	char id[17];
	char pipeline[65];
	uint64_t after, seq;
};

enum event_state {
	EVENT_NEW,     /* MISP was not asked yet */
	EVENT_KNOWN,   /* it is there */
	EVENT_BLOCKED, /* deleted or foreign there: its UUID is burned */
	EVENT_GONE,    /* recalled by a person: nothing more is sent */
};

/*
 * struct event
 * Shape:  distribution: the narrowest that its findings asked for, as
 *         terms_distribution; group as in there. over: findings beyond the
 *         limit, over_told: of them in the accounts; refused: values that MISP
 *         would not take. changed: to be saved. publish_owed: the last edit
 *         must publish. asked: MISP said what it has of it from before our
 *         state began. waits: nothing is sent until the `top` findings with
 *         the highest counts are chosen; chosen: how many were, 0 with top 0.
 *         unsure_s: since when a call may still be at work there that nobody
 *         waits for (0: none): it could put an older count over a newer one,
 *         so all is said again later. items: list of all, in order of arrival;
 *         while it waits, a heap (event_top.h).
 */
struct event {
	struct d4_uuid uuid;
	struct event_name name;
	enum event_state state;
	int distribution;
	bool publish, publish_owed, changed, waits, asked;
	struct event_lane lane[EVENT_LANES];
	size_t n_lanes;
	struct item **items;
	size_t n, cap;
	struct item **slot;
	size_t slots;
	uint64_t over, over_told, refused, top, chosen;
	uint64_t unsure_s;
};

/* A value of a finding, in MISP's form; text as long as the finding. */
struct finding_value {
	uint8_t rel;
	bool mapped;
	const char *text;
};

/*
 * struct finding -- what one record says, mapped and checked.
 * Owns:   nothing: texts are in the caller's buffer.
 */
struct finding {
	const struct mapper *mapper;
	struct finding_value value[MAPPER_RELS];
	size_t n;
	const char *key; /* joined with lengths; what it is */
	size_t key_n;
	char comment[EVENT_COMMENT];
	uint64_t time_us, came_us, count;
	bool ids;
};

/* event_uuid -- in the hub's space. Errors: D4_ECRYPTO. */
D4_USED enum d4_status event_uuid(const struct d4_uuid *space,
    const struct event_name *name, struct d4_uuid *out);

/* event_new, event_free. Errors: D4_ENOMEM, D4_ECRYPTO. */
D4_USED enum d4_status event_new(const struct d4_uuid *space,
    const struct event_name *name, struct event **out);
void event_free(struct event *e);

/*
 * event_lane -- the lane's place in the event, added when new or when its
 * pipeline or `after` is another; EVENT_LANES: there is no room. *seq: up to
 * which entry it was taken already.
 */
size_t event_lane(struct event *e, const struct event_lane *of, uint64_t *seq);

/*
 * struct event_limits -- most: items that it may hold; beyond it new ones are
 * counted in over. least: how often a finding is seen before it is sent. top:
 * how many are sent, those with the highest counts, when the event's time is
 * over; 0: all, at once.
 */
struct event_limits {
	size_t most;
	uint64_t least, top;
};

/* event_take -- one finding into it. Errors: D4_ENOMEM, D4_ECRYPTO. */
D4_USED enum d4_status event_take(struct event *e, const struct finding *f,
    size_t lane, const struct event_limits *limits);

/*
 * event_recall -- one item (NULL: all of it and what may come) is to be
 * deleted wherever it is. false: there is no such item.
 */
bool event_recall(struct event *e, const struct d4_uuid *item);

/* event_due -- there is something to send. */
bool event_due(const struct event *e);

/* event_find -- the item of that UUID, or NULL. */
struct item *event_find(const struct event *e, const struct d4_uuid *uuid);

/* event_add -- takes an item that was read from a file. Errors: D4_ENOMEM. */
D4_USED enum d4_status event_add(struct event *e, struct item *item_taken);

/* event_link -- where event_find looks; of an item that took another's place.
 */
void event_link(struct event *e, struct item *it);

/* event_unlink -- event_find does not see it any more; it stays in items. */
void event_unlink(struct event *e, const struct item *it);

/* event_bucket -- in which of the event's buckets a time lies. */
uint32_t event_bucket(const struct event *e, uint64_t time_us);

/* event_anonymisation -- the anonymisation object's rows. */
const struct mapper *event_anonymisation(void);

#endif
