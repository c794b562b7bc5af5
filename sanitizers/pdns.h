/* Passive DNS lines (type 8): the step `pdns` and its family. */
#ifndef SAN_PDNS_H
#define SAN_PDNS_H

#include "sanitizers/pdns_name.h"
#include "sanitizers/step.h"

#define SAN_PDNS_FIELDS 9u

enum san_pdns_field {
	PDNS_TIME,
	PDNS_CLIENT,
	PDNS_SERVER,
	PDNS_CLASS,
	PDNS_QNAME,
	PDNS_RRTYPE,
	PDNS_ANSWER,
	PDNS_TTL,
	PDNS_COUNT,
};

/* What becomes of an address column. */
enum san_pdns_who { PDNS_ZERO, PDNS_BLANK, PDNS_ADDR, PDNS_KEEP };

/* How an answer is read. WORDS: numbers and names with blanks between. */
enum san_pdns_answer { PDNS_IP4, PDNS_IP6, PDNS_NAME, PDNS_WORDS, PDNS_TEXT };

/* One record type. def: released when `rrtypes` is not written. */
struct san_pdns_rrtype {
	const char *name;
	enum san_pdns_answer answer;
	bool def;
};

/* san_pdns_rrtype_at -- a row of the table; NULL past the end (at most 64). */
const struct san_pdns_rrtype *san_pdns_rrtype_at(unsigned i);

/* san_pdns_rrtype_find -- the index of a name in upper case, or -1. */
int san_pdns_rrtype_find(struct d4_slice name);

/* Names that spell addresses: as written, or denied when there is a scope. */
enum san_pdns_reverse {
	PDNS_REVERSE_AUTO,
	PDNS_REVERSE_DENY,
	PDNS_REVERSE_KEEP
};

/*
 * struct san_pdns_conf -- the step, compiled.
 * Shape:  who[0] client, who[1] server; rrtypes: a bit for each row; scope:
 *         empty when not written; answer_at: where `answer_scope` stands,
 *         line 0: nowhere; trim: labels kept in front of the public suffix,
 *         0 all; k 0: no threshold.
 * Owns:   all sets.
 */
struct san_pdns_conf {
	enum san_pdns_who who[2];
	uint64_t rrtypes;
	struct san_suffixes *deny;
	struct san_suffixes *allow; /* NULL: any name */
	struct d4_prefix_set scope;
	struct d4_mark scope_at;
	struct d4_mark answer_at;
	bool answer_keep;
	enum san_pdns_reverse reverse;
	bool ttl_zero;
	unsigned trim;
	unsigned k;
	uint64_t window_s;
	uint64_t window_bytes;
	uint64_t min_count;
};

/*
 * The step `cof` has the same conf, of which it reads scope, rrtypes, names
 * and min_count.
 */
extern const struct san_step_kind san_step_pdns, san_step_cof;
extern const struct san_family san_family_pdns;

#endif
