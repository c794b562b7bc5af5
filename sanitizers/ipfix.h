/* IPFIX (type 7): templates as they leave, and what becomes of each field. */
#ifndef SAN_IPFIX_H
#define SAN_IPFIX_H

#include "libd4/ipfix_record.h"
#include "sanitizers/concerns.h"
#include "sanitizers/map.h"
#include "sanitizers/selfcheck.h"
#include "sanitizers/step.h"
#include "sanitizers/when.h"

#define IPF_LAYOUTS 1024u /* templates of all domains */
#define IPF_DOMAINS 1024u
#define IPF_SLOTS   4096u /* a power of two, more than IPF_LAYOUTS */

/* What becomes of a field. */
enum ipf_op {
	IPF_COPY, /* a number of the allow-list */
	IPF_ZERO,
	IPF_EMPTY, /* a value that says its length: none */
	IPF_SRC4,
	IPF_DST4,
	IPF_SRC6,
	IPF_DST6,
	IPF_SECONDS,
	IPF_MILLISECONDS,
	IPF_HIDE4, /* zero, but the self-check looks for what stood there */
	IPF_HIDE6,
	IPF_NAME,   /* a number that is a name: small, or a token */
	IPF_DOMAIN, /* an observation domain */
};

/* One thing to do with the next n bytes. */
struct ipf_act {
	uint8_t op;
	uint16_t n;
};

/*
 * struct ipf_layout -- a template, compiled.
 * Shape:  act[0..n): neighbours that are copied, or zeroed, are one. least:
 *         bytes of a record, or with `variable` at least. options: its data
 *         are no flows, and do they leave? from, to, proto: where ports and
 *         protocol are in what leaves, from 1; 0: nowhere.
 */
struct ipf_layout {
	uint32_t domain;
	uint16_t id, n;
	bool options, leaves, variable;
	size_t least, from, to, proto;
	struct ipf_act *act;
};

/*
 * An observation domain: what it is called outside, data records that left.
 * tag: under whose keys, see ipf_keyed; 0: under all.
 */
struct ipf_domain {
	uint64_t tag;
	uint32_t id, as, seq;
};

/*
 * struct ipf_keyed -- what hangs on keys.
 * Shape:  map: NULL without an addr step; domain: the same, of the names of
 *         domains. tag: tells keys apart, of the same token; 0 without one.
 */
struct ipf_keyed {
	struct san_map *map;
	struct san_token *domain;
	uint64_t tag;
};

/* struct ipf_cache -- all layouts; slot: 0, or an index + 1. */
struct ipf_cache {
	size_t n, cap;
	struct ipf_layout *at;
	uint16_t slot[IPF_SLOTS];
};

/*
 * struct ipf -- a stream's state.
 * Shape:  told: the templates that the output knows, as received. opening:
 *         those that it knows with the next message, while untold. own: made
 *         with it; keyed: its own or an epoch's. Of the flow
 *         in progress: check, src, dst (an address of the scope is there),
 *         about (it concerns the partner).
 */
struct ipf {
	const struct san_addr *addr;
	const struct san_concerns *concerns;
	struct san_when time;
	struct ipf_keyed own;
	const struct ipf_keyed *keyed;
	struct d4_tally *tally;
	struct ipf_cache cache;
	struct ipfix_templates told;
	struct d4_buf opening;
	bool untold;
	size_t n_domain;
	struct ipf_domain *domains;
	struct san_check check;
	bool src, dst, about;
};

/* ---- ipfix_field.c ---- */

/* ipf_op_of -- what becomes of it; its length is looked at, too. */
enum ipf_op ipf_op_of(const struct ipfix_field *f);

/* struct ipf_row -- an element that leaves; max: bytes that it may have. */
struct ipf_row {
	uint16_t id;
	uint8_t op, max;
};

/* ipf_row_op -- as ipf_op_of, by a row; NULL: none. */
enum ipf_op ipf_row_op(const struct ipf_row *row, const struct ipfix_field *f);

/*
 * ipf_define -- compiles a template; an older one of that id ends. An empty
 * record withdraws (id 2 or 3: all of the domain's).
 * Errors: OPENING_TOOBIG, INTERNAL.
 */
D4_USED enum d4_reason ipf_define(struct ipf_cache *c, uint32_t domain,
    uint16_t set, const struct ipfix_def *d);
const struct ipf_layout *ipf_find(
    const struct ipf_cache *c, uint32_t domain, uint16_t id);
void ipf_forget(struct ipf_cache *c);

/*
 * ipf_put_template -- a template of a set of that id as it leaves, at w;
 * answers its bytes, no more than it had. Elements of enterprises that we do
 * not know, and lists, are called padding, and so is what does not leave of
 * options.
 */
size_t ipf_put_template(uint16_t set, const struct ipfix_def *d, uint8_t *w);

/* ---- ipfix_opening.c ---- */

/*
 * ipf_opening -- messages of templates: all are taken, and those that the
 * output does not know yet are appended, as they leave.
 * Errors: OPENING_TOOBIG, INTERNAL, TIME_VALUE.
 */
D4_USED enum d4_reason ipf_opening(
    struct ipf *f, struct d4_slice in, struct d4_buf *head);

/*
 * ipf_tell -- a message leaves, and so did the opening in front of it.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status ipf_tell(struct ipf *f);

/*
 * ipf_rekey -- goes on with the keys of k; what was told of domains that are
 * called otherwise then is told anew by the next ipf_opening. D4_ENOMEM: all
 * of it.
 */
D4_USED enum d4_status ipf_rekey(struct ipf *f, const struct ipf_keyed *k);

/* ipf_tag -- sets k->tag. Errors: D4_ECRYPTO. */
D4_USED enum d4_status ipf_tag(struct ipf_keyed *k);

/* ipf_domain_of -- made when new; NULL: there are too many. */
struct ipf_domain *ipf_domain_of(struct ipf *f, uint32_t id);

/* ipf_domain_as -- what a domain is called outside. Errors: D4_ECRYPTO. */
D4_USED enum d4_status ipf_domain_as(
    const struct ipf *f, uint32_t id, uint32_t *as);

/* ipf_put_header -- 16 bytes at w, without the length. Errors: TIME_VALUE. */
D4_USED enum d4_reason ipf_put_header(const struct ipf *f,
    const struct ipf_domain *d, uint32_t time_s, uint8_t *w);

/* ---- ipfix_flow.c ---- */

/*
 * ipf_flow -- the next record of a data set (a flow, or options that leave),
 * rewritten at *w, which moves on.
 * Errors: why it does not leave, *w is as before. IPFIX_SET: it is not all
 *         there, and so is nothing behind it.
 */
D4_USED enum d4_reason ipf_flow(struct ipf *f, const struct ipf_layout *l,
    struct d4_slice *at, uint8_t **w);

extern const struct san_family san_family_ipfix; /* ipfix.c */

#endif
