/* What rewrites JSON: one value by a rule's op, and a record by all rules. */
#ifndef SAN_JSON_RUN_H
#define SAN_JSON_RUN_H

#include "sanitizers/cof.h"
#include "sanitizers/json_copy.h"
#include "sanitizers/json_shape.h"
#include "sanitizers/text_run.h"

/*
 * struct san_json_run -- what a stream keeps for it.
 * Shape:  root: of conf. shape: of its records. token: NULL where no rule needs
 * it. keys: the room of the reader. cof: NULL without that step. text: for
 * redact, or NULL; made: its result before it is quoted. gone: the parts of a
 * record that were not copied to what was made of it, a newline behind each;
 * where there is a scope.
 */
struct san_json_run {
	const struct san_json_conf *conf;
	struct san_json_node root;
	struct san_json_shape shape;
	struct san_token *token;
	struct san_json_keys keys;
	struct san_text_run *text;
	struct san_cof *cof;
	struct d4_buf made, gone;
	struct san_line line;
};

/*
 * struct san_json_value -- a value that was read whole: its bytes, from the
 * first to the last. escaped: it is a string with a backslash in it.
 */
struct san_json_value {
	struct d4_slice text;
	bool escaped;
};

/*
 * san_json_apply -- appends what a rule makes of one value.
 * Errors: JSON_TYPE the op does not work on such a value; TIME_VALUE,
 *         INTO_CONFLICT, ADDR_DROP; INTERNAL (*out is full, out of memory).
 */
D4_USED enum d4_reason san_json_apply(struct san_json_run *r,
    const struct san_json_rule *rule, const struct san_json_value *value,
    struct d4_buf *out);

/* san_json_redact -- the op, on the value of a string; to out, quoted. */
D4_USED enum d4_reason san_json_redact(struct san_json_run *r,
    const struct san_json_rule *rule, struct d4_slice text, struct d4_buf *out);

/*
 * san_json_rewrite -- appends a record as the rules have it. A record of
 * which nothing is kept is STEP_DROP.
 * Errors: the reasons of the reader and of san_json_apply; LINE_TOOLONG it
 *         would grow beyond twice its length and 4 KiB.
 */
D4_USED enum d4_reason san_json_rewrite(
    struct san_json_run *r, struct d4_slice record, struct d4_buf *out);

/*
 * san_json_when -- the time of a record, as the step says where it is; as
 * san_family's.
 */
enum san_dated san_json_when(
    void *state, struct d4_slice record, uint64_t *t_s);

/*
 * san_json_leaks -- an address of the scope that stood in the record, at any
 * place and also in escapes, stands in what was made of it.
 * Errors: SELFCHECK, ADDR_DROP in this order; INTERNAL out of memory.
 */
D4_USED enum d4_reason san_json_leaks(
    struct san_json_run *r, struct d4_slice record, struct d4_slice made);

#endif
