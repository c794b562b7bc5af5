/* What rewrites text lines: shared by the family's rooms. */
#ifndef SAN_TEXT_RUN_H
#define SAN_TEXT_RUN_H

#include "sanitizers/line.h"
#include "sanitizers/text.h"

/*
 * struct san_text_run -- what a stream keeps.
 * Shape:  mac: under the mac subkey. line: own, or that of the family whose
 *         strings are searched.
 */
struct san_text_run {
	const struct san_text_conf *conf;
	struct san_token *token, *mac;
	struct san_line *line;
	struct san_line own;
	struct san_spans spans;
};

/*
 * san_text_write -- appends what becomes of one find.
 * Errors: TEXT_DROP its detector drops the line; INTO_CONFLICT, ADDR_DROP;
 *         INTERNAL (*out is full, the library failed).
 */
D4_USED enum d4_reason san_text_write(struct san_text_run *r,
    struct d4_slice line, const struct san_span *s, struct d4_buf *out);

/*
 * san_text_run_init -- tokens of the stream; r is zero before. conf and line
 * are set by the caller. san_text_run_fini also after an error.
 */
D4_USED enum d4_status san_text_run_init(
    struct san_text_run *r, const struct san_keys *keys);
void san_text_run_fini(struct san_text_run *r);

/*
 * san_text_replace -- appends a text from byte `at` on with its finds
 * replaced. san_text_search -- the finds; before it.
 * Errors: TEXT_SPANS, REGEX_LIMIT; those of san_text_write.
 */
D4_USED enum d4_reason san_text_search(
    struct san_text_run *r, struct d4_slice line);
D4_USED enum d4_reason san_text_replace(struct san_text_run *r,
    struct d4_slice line, size_t at, struct d4_buf *out);

#endif
