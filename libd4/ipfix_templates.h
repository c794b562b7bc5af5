/*
 * The templates of an IPFIX stream, and the messages that tell them to who
 * reads only a part of it. Pure. For record_ipfix.c and its test.
 * Source: RFC 7011 sections 3.3, 3.4, 8.
 */
#ifndef D4_IPFIX_TEMPLATES_H
#define D4_IPFIX_TEMPLATES_H

#include "libd4/slice.h"

#define IPFIX_TEMPLATES     2u /* ids of the sets that define */
#define IPFIX_OPTIONS       3u
#define IPFIX_TEMPLATES_MAX 1024u /* in a stream */

/* One set of a message, without its header. */
struct ipfix_set {
	uint16_t id;
	struct d4_slice body;
};

/* A definition as it is in a set; record is empty: withdrawn. */
struct ipfix_def {
	uint16_t id; /* IPFIX_TEMPLATES, IPFIX_OPTIONS: all of that set */
	struct d4_slice record;
};

/* One definition; stamp: export time and sequence of its message. */
struct ipfix_template {
	uint32_t domain;
	uint16_t set, id;
	struct d4_slice record;
	uint64_t stamp;
};

/*
 * struct ipfix_templates -- what is defined, by domain, set and id.
 * Shape:  opening: for each domain one message with all its templates and
 *         export time and sequence of the newest of them; at[i].record is in
 *         it. stale: it does not tell at[] yet, for lack of memory.
 * Owns:   at and opening.
 */
struct ipfix_templates {
	struct ipfix_template *at;
	size_t n, cap;
	struct d4_buf opening;
	bool stale;
};

enum ipfix_news { IPFIX_SAME, IPFIX_NEW, IPFIX_WRONG };

void ipfix_templates_init(struct ipfix_templates *t);
void ipfix_templates_fini(struct ipfix_templates *t);

/*
 * ipfix_templates_keep -- only those of one domain. Errors: D4_ENOMEM, of use
 * for ipfix_templates_forget only.
 */
D4_USED enum d4_status ipfix_templates_keep(
    struct ipfix_templates *t, uint32_t domain);

/* ipfix_templates_forget -- all of them; the opening is empty then. */
void ipfix_templates_forget(struct ipfix_templates *t);

/*
 * ipfix_set_next -- takes the next set off *at. false: what is there is no
 * set, *at and *out are as before.
 */
D4_USED bool ipfix_set_next(struct d4_slice *at, struct ipfix_set *out);

/*
 * ipfix_def_next -- takes the next definition off a set that defines. D4_END:
 * no more but padding. D4_EMALFORMED.
 */
D4_USED enum d4_status ipfix_def_next(
    struct d4_slice *at, uint16_t set, struct ipfix_def *out);

/* ipfix_templates_find -- what data sets of that id are made of, or NULL. */
const struct ipfix_template *ipfix_templates_find(
    const struct ipfix_templates *t, uint32_t domain, uint16_t id);

/* ipfix_templates_compare -- would this set change anything? */
D4_USED enum ipfix_news ipfix_templates_compare(const struct ipfix_templates *t,
    uint32_t domain, const struct ipfix_set *s);

/*
 * ipfix_templates_learn -- takes in what a whole message defines or
 * withdraws; its sets are such that ipfix_templates_compare took.
 * Owns:   on D4_ENOMEM *t borrows from the message: call it again with the
 *         same bytes at the same place, or forget.
 * Errors: D4_ENOMEM.  D4_ETOOBIG more than IPFIX_TEMPLATES_MAX templates, or
 *         than D4_OPENING_MAX bytes.
 */
D4_USED enum d4_status ipfix_templates_learn(
    struct ipfix_templates *t, struct d4_slice message);

/*
 * ipfix_templates_learn_set -- the same of one set of a message with that
 * header, for who goes through its sets in their order.
 */
D4_USED enum d4_status ipfix_templates_learn_set(struct ipfix_templates *t,
    const uint8_t header[16], const struct ipfix_set *s);

/*
 * ipfix_templates_tell -- writes the opening anew (ipfix_opening.c; learn does
 * it). Errors: D4_ENOMEM, D4_ETOOBIG: it is as before.
 */
D4_USED enum d4_status ipfix_templates_tell(struct ipfix_templates *t);

/* ipfix_templates_opening -- the messages; good until the next learn. */
struct d4_slice ipfix_templates_opening(const struct ipfix_templates *t);

#endif
