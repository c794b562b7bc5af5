/*
 * The policy engine: may this stream go to this partner, by which rule, and
 * why. Pure: no I/O, no clock, no log; time and files come as arguments.
 */
#ifndef POL_POLICY_H
#define POL_POLICY_H

#include <stdbool.h>
#include "libd4/meta.h"
#include "libd4/prefix.h"
#include "libd4/yaml.h"
#include "policies/verdict.h"

enum pol_kind { POL_OWN, POL_CLIENT, POL_PARTNER, POL_PUBLIC };

enum pol_state { POL_ACTIVE, POL_SHADOW, POL_SUSPENDED };

/* The D4 server at the other end. */
enum pol_profile { POL_D4_CORE, POL_D4HUB };

/* How it is delivered: to a D4 server, or by another row of sinks.c. */
enum pol_sink {
	POL_SINK_D4,
	POL_SINK_MISP,
	POL_SINK_UNIX,
	POL_SINK_TCP,
	POL_SINK_TLS,
	POL_SINK_UDP,
	POL_SINK_SYSLOG,
	POL_SINK_DIRECTORY,
};

/*
 * struct pol_loader -- reads a file named in the policy (networks).
 * path is as written; out is initialised with its limit. D4_ENOENT, D4_EIO.
 */
struct pol_loader {
	enum d4_status (*read)(void *arg, const char *path, struct d4_buf *out);
	void *arg;
};

/*
 * pol_parse -- a policy file's text into an engine.
 * Owns:   *out is the caller's (pol_free); text may go away, diag->file is
 *         borrowed.
 * Errors: D4_EINVAL with *diag: line, column and remedy.  D4_ENOMEM.
 *         On error *out is untouched.
 * Source: spec policy.md section 4.
 */
D4_USED enum d4_status pol_parse(struct d4_slice text,
    const struct pol_loader *load, struct d4_diag *diag, struct pol **out);
void pol_free(struct pol *p);

/*
 * pol_canonical -- the canonical JSON form (keys sorted, no white space,
 * defaults written out), whose SHA-256 names the policy.
 */
D4_USED enum d4_status pol_canonical(const struct pol *p, struct d4_buf *out);

/* pol_hash -- that SHA-256 in hex; static for the life of p. */
const char *pol_hash(const struct pol *p);

struct pol_hub {
	char id[POL_ID_LEN];
	char org[D4_UUID_TEXT];
	const char *master_key; /* path, or NULL when not set */
};

/* Seconds since 1970 of a UTC day's first second; 0 = not written. */
struct pol_agreement {
	uint64_t from_s;
	uint64_t until_s; /* the last day of it */
};

struct pol_partner {
	char id[POL_ID_LEN];
	char org[D4_UUID_TEXT]; /* empty when not set */
	enum pol_kind kind;
	enum pol_state state;
	struct pol_agreement agreement;
	uint8_t min_class;
	bool forgettable; /* its keys are of secrets that can be destroyed */
	enum pol_sink sink;
	enum pol_profile profile;
	struct d4_prefix_set networks; /* its own, for `concerns`; owned */
	const struct d4_yaml *domains; /* the same; a list, or NULL */
	struct d4_mark at;
};

struct pol_pipeline {
	char id[POL_ID_LEN];
	const struct d4_yaml *steps; /* opaque to the engine (Decision 17) */
	const uint8_t *types;        /* plain types it takes */
	size_t n_types;
	char (*meta)[D4_META_TYPE]; /* extended types it takes */
	size_t n_meta;
	int claimed;    /* `class:` as written, -1 when not */
	int cls;        /* computed; -1 until pol_set_class */
	char epoch[16]; /* of its keys; "0" until pol_set_epoch */
	struct d4_mark at;
};

enum pol_identity { POL_BY_SOURCE, POL_BY_SENSOR };

struct pol_share {
	char id[POL_ID_LEN];
	const struct pol_pipeline *pipeline;
	enum pol_identity identity;
	uint64_t max_rate_bits; /* per second, 0 = no limit */
	uint64_t max_volume;    /* bytes per UTC day, 0 = no limit */
	uint64_t delay_us;      /* nothing leaves before it is so old */
	uint64_t embargo_s;     /* nor before, s since 1970, 0 = none */
	bool transit;
	bool concerns; /* only records about the recipient */
	unsigned hops; /* most hubs on the path, ours included */
	const char *because;
	const struct d4_yaml *misp; /* the `misp:` block, or NULL */
	struct d4_mark at;
};

/* A source; labels stay inside. queue: NULL where it is sensors. */
struct pol_source_view {
	const char *id;
	const char *queue;
	enum pol_tlp floor;
	enum pol_pap default_pap;
	const struct d4_uuid *sensors;
	size_t n_sensors;
	struct d4_mark at;
};

const struct pol_hub *pol_hub(const struct pol *p);
size_t pol_n_partners(const struct pol *p);
const struct pol_partner *pol_partner_at(const struct pol *p, size_t i);
const struct pol_partner *pol_partner_find(const struct pol *p, const char *id);

/*
 * pol_partner_bar -- why nothing at all goes to the partner at that time:
 * partner.suspended, agreement.early, agreement.expired, partner.shadow; or
 * NULL.
 */
const char *pol_partner_bar(const struct pol_partner *peer, uint64_t now_s);
const char *pol_state_text(enum pol_state s);

size_t pol_n_pipelines(const struct pol *p);
const struct pol_pipeline *pol_pipeline_at(const struct pol *p, size_t i);
const struct pol_pipeline *pol_pipeline_find(
    const struct pol *p, const char *id);

size_t pol_n_sources(const struct pol *p);
struct pol_source_view pol_source_at(const struct pol *p, size_t i);
size_t pol_n_shares(const struct pol *p);
const struct pol_share *pol_share_at(const struct pol *p, size_t i);

/* pol_share_to -- share rule i is written for partner j (by name or group). */
bool pol_share_to(const struct pol *p, size_t i, size_t j);

/* pol_network -- a named network for the sanitizers, or NULL. */
const struct d4_prefix_set *pol_network(const struct pol *p, const char *name);

/*
 * pol_set_class -- the class the sanitizers computed from the steps (0..4).
 * Errors: D4_EINVAL with *diag: the pipeline claims a higher one.
 */
D4_USED enum d4_status pol_set_class(
    struct pol *p, const char *pipeline, unsigned cls, struct d4_diag *diag);

/* pol_set_epoch -- the epoch of its keys, as the sanitizers say it. */
void pol_set_epoch(struct pol *p, const char *pipeline, const char *epoch);

/* pol_warnings -- what is valid but probably wrong; one call of fn for each. */
void pol_warnings(const struct pol *p, uint64_t now_s,
    void (*fn)(void *arg, const struct d4_diag *d), void *arg);

/*
 * pol_time_read -- "2025-06-15T12:00:00Z" (RFC 3339, offsets too), a date
 * alone (its first second, UTC) or seconds since 1970.
 * Errors: D4_EMALFORMED; *out is untouched.
 */
D4_USED enum d4_status pol_time_read(const char *text, uint64_t *out);

/* pol_time_text -- seconds since 1970 as "2027-12-31T23:59:59Z". */
#define POL_TIME_TEXT 28u
void pol_time_text(uint64_t s, char out[POL_TIME_TEXT]);

/*
 * pol_queue_uuid -- stands for a queue of another server, whose items name no
 * sensor: version 8, which none can have, of SHA-256 over the queue's name.
 */
D4_USED enum d4_status pol_queue_uuid(const char *queue, struct d4_uuid *out);

/* pol_source_takes -- the i-th source has that type. ext: of type 254. */
bool pol_source_takes(
    const struct pol *p, size_t i, uint8_t type, const char *ext);

const char *pol_tlp_text(enum pol_tlp t);
const char *pol_pap_text(enum pol_pap p);
const char *pol_sink_text(enum pol_sink s);

#endif
