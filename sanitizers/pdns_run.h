/* What a stream of passive DNS keeps, and what is decided about a line. */
#ifndef SAN_PDNS_RUN_H
#define SAN_PDNS_RUN_H

#include "sanitizers/find.h"
#include "sanitizers/map.h"
#include "sanitizers/pdns_known.h"
#include "sanitizers/pdns_line.h"
#include "sanitizers/pdns_window.h"
#include "sanitizers/siphash.h"

/*
 * A column's address, and text[0..n), which it was read from; n 0: there is
 * none. set: it names somebody.
 */
struct san_pdns_who_is {
	struct d4_addr addr;
	bool set, in_scope;
	uint8_t n;
	uint8_t text[D4_ADDR_TEXT];
};

/*
 * struct san_pdns_run -- the state of a stream.
 * Shape:  scope: NULL when none is known. window, witness: NULL without a
 *         threshold; sensor: the witness of a line without a client.
 *         memory: NULL where lines are not judged (cof). Of the record in
 *         progress: line, who, check, known; name, word, answer where known is
 *         fresh.
 */
struct san_pdns_run {
	const struct san_pdns_conf *conf;
	const struct san_addr *addr;
	const struct d4_prefix_set *scope;
	bool deny_reverse;
	struct san_floor floor; /* unit_us 0: no step `time` */
	struct san_map *map;
	struct san_pdns_suffix *suffix; /* NULL: nothing is trimmed */
	struct san_window *window;
	struct san_pdns_witness *witness;
	uint8_t sip_key[SAN_SIP_KEY];
	struct san_pdns_memory *memory;
	const struct san_pdns_known *known;
	struct d4_uuid sensor;
	struct d4_buf key;
	struct san_pdns_line line;
	struct san_name name;
	struct san_name word;
	struct san_pdns_who_is who[2];
	struct d4_addr answer;
	struct san_check check;
};

/*
 * san_pdns_judge -- may this line leave? Fills line, who and known.
 * Errors: why not.
 */
enum d4_reason san_pdns_judge(struct san_pdns_run *r, struct d4_slice record);

/*
 * san_pdns_about -- may this be told of a name? By conf, scope and deny_reverse
 * of *r alone; all three borrowed. Errors: PDNS_RRTYPE, PDNS_VALUE,
 *         PDNS_LABEL, PDNS_SUFFIX, PDNS_REVERSE, PDNS_ALLOW, PDNS_ANSWER.
 */
enum d4_reason san_pdns_about(struct san_pdns_run *r, struct d4_slice qname,
    struct d4_slice rrtype, struct d4_slice answer);

struct san_pdns_suffix;

/*
 * san_pdns_suffix_new -- what trimming needs: libpsl's own list, which is a
 * part of the library and no file, and the suffixes found last.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status san_pdns_suffix_new(struct san_pdns_suffix **out);
void san_pdns_suffix_free(struct san_pdns_suffix *s);

/*
 * san_pdns_trim -- the name with at most n labels in front of its public
 * suffix; what is cut away is gone from *name, too.
 */
void san_pdns_trim(
    struct san_pdns_suffix *s, unsigned n, struct san_name *name);

/* ---- the threshold ---- */

/* san_pdns_count_new -- window and witnesses, as the step has them. */
D4_USED enum d4_status san_pdns_count_new(
    struct san_pdns_run *r, const struct san_keys *keys);
void san_pdns_count_free(struct san_pdns_run *r);

/*
 * san_pdns_key -- what name, type and answer of a line are counted by; its name
 * is trimmed. Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status san_pdns_key(struct san_pdns_run *r, uint64_t key[2]);

/*
 * san_pdns_count -- notes a line that may leave but for its threshold.
 * Errors: PDNS_DISTINCT too few witnesses; INTERNAL.
 */
enum d4_reason san_pdns_count(struct san_pdns_run *r);

#endif
