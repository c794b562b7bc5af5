/* Inside the policy engine: what the file's entries are in memory. */
#ifndef POL_POL_H
#define POL_POL_H

#include "policies/date.h"
#include "policies/policy.h"
#include "policies/reasons.h"

#define POL_ENTRIES_MAX  1024u /* partners, pipelines, rules of a kind */
#define POL_SOURCES_MAX  4096u
#define POL_PREFIXES_MAX 16384u /* in one network */
#define POL_NETFILE_MAX  (1u << 20)
#define POL_TEXT_MAX     256u /* bytes of a tag, name or reason, NUL included */
#define POL_CLASSES      5u   /* S0 to S4 */
#define POL_HOPS_MAX     16u
#define POL_DELAY_DAYS   3650u

/*
 * Lists of words stay nodes of the file's tree, which lives as long as the
 * policy: NULL is "not written".
 */
struct pol_network {
	const char *name;
	struct d4_prefix_set set;
};

struct pol_uuids {
	struct d4_uuid *list;
	size_t n;
};

/* Which payloads: a bit per plain type, and extended types by name. */
struct pol_types {
	uint16_t plain; /* bit t for type t */
	const struct d4_yaml *meta;
};

/*
 * A source of sensors, or of a queue of another server: then queue is its
 * name, sensors is the one UUID that stands for it, and fed_by are the
 * sensors behind it, where they are known.
 */
struct pol_source {
	char id[POL_ID_LEN];
	struct d4_mark at;
	struct pol_uuids sensors;
	char queue[POL_ID_LEN];
	struct pol_uuids fed_by;
	struct pol_types types;
	struct d4_uuid org;
	const struct d4_yaml *tags;
	int floor; /* enum pol_tlp; as written, -1 when not */
	enum pol_pap default_pap;
	const struct d4_yaml *community;
	struct pol_uuids speaks_for;
};

/* A sensor's place in the sources; sorted by uuid for the look-up. */
struct pol_seat {
	struct d4_uuid sensor;
	size_t source;
};

struct pol_peer {
	struct pol_partner pub;
	struct d4_uuid org;
	const struct d4_yaml *groups;
	uint8_t accept; /* bit per enum pol_pap */
	bool hosts_others;
};

struct pol_pipe {
	struct pol_pipeline pub;
	struct pol_types types;
};

struct pol_tag_lists {
	const struct d4_yaml *any, *all, *none;
};

/*
 * struct pol_cond -- when a rule applies; a key that is missing matches
 * everything.
 */
struct pol_cond {
	const struct d4_yaml *to;
	const struct d4_yaml *from;
	struct pol_uuids sensors;
	struct pol_types types;
	struct pol_uuids orgs;
	struct pol_tag_lists tags;
};

struct pol_relabel {
	bool set;
	int from; /* -1: not written, only upwards */
	enum pol_tlp to;
	uint64_t expires_s; /* first second of its last day */
	struct d4_uuid permission_from;
	bool permitted; /* permission_from is written */
	const char *authority;
	const char *ticket;
	struct d4_mark at;
};

struct pol_misp {
	bool set;
	int distribution; /* MISP's 0..4, or POL_MISP_FROM_TLP */
	bool publish;
	const char *object;
	const char *to_ids;
};

struct pol_rule {
	struct pol_share pub;
	struct pol_cond cond;
	struct pol_relabel relabel;
	struct pol_misp misp;
	const struct d4_yaml *after;
	const char *pipeline;
	uint64_t hops;
};

struct pol_deny {
	char id[POL_ID_LEN];
	struct d4_mark at;
	struct pol_cond cond;
	const char *because;
};

struct pol {
	struct d4_yaml *root;
	struct pol_hub hub;
	struct d4_uuid org;
	enum pol_tlp default_tlp;
	struct pol_network *networks;
	size_t n_networks;
	struct pol_source *sources;
	size_t n_sources;
	struct pol_seat *seats;
	size_t n_seats;
	struct pol_peer *partners;
	size_t n_partners;
	struct pol_pipe *pipelines;
	size_t n_pipelines;
	struct pol_rule *shares;
	size_t n_shares;
	struct pol_deny *denies;
	size_t n_denies;
	struct d4_mark at_sources, at_partners, at_share;
	char hash[65];
};

/* ---- rooms that several others need ---- */

/* has_word -- a list node holds this text. NULL lists hold nothing. */
bool pol_list_has(const struct d4_yaml *list, const char *word);

/* Any word of both lists is the same. */
bool pol_lists_meet(const struct d4_yaml *a, const struct d4_yaml *b);

bool pol_types_has(const struct pol_types *t, uint8_t type, const char *ext);
bool pol_types_meet(const struct pol_types *a, const struct pol_types *b);
bool pol_uuids_has(const struct pol_uuids *u, const struct d4_uuid *one);
bool pol_uuids_meet(const struct pol_uuids *a, const struct pol_uuids *b);

/* "partner" (named), "group:x" or "*": how a `to` list reaches a partner. */
enum pol_reach { POL_NOT_REACHED, POL_REACHED, POL_NAMED };
enum pol_reach pol_to_reaches(
    const struct d4_yaml *to, const struct pol_peer *partner);

const struct pol_source *pol_source_find(const struct pol *p, const char *id);

/* A source that this one is fed by: one of its sensors, with such a type. */
bool pol_source_feeds(
    const struct pol_source *from, const struct pol_source *queue);

/* The floor: as written, else the label of its tags, else default_tlp. */
enum pol_tlp pol_source_floor(
    const struct pol *p, const struct pol_source *source);

/* pol_peer_barred -- suspended, or no agreement that day; *why says which. */
bool pol_peer_barred(
    const struct pol_partner *peer, uint64_t now_s, enum pol_reason *why);

/* pol_overlap_check -- share rules that meet and have no stated order. */
D4_USED enum d4_status pol_overlap_check(
    const struct pol *p, struct d4_diag *diag);

#endif
