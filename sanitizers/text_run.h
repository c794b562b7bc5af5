/* What rewrites text lines: shared by the family's rooms. */
#ifndef SAN_TEXT_RUN_H
#define SAN_TEXT_RUN_H

#include "sanitizers/line.h"
#include "sanitizers/text.h"

/*
 * struct san_text_run -- what a stream keeps.
 * Shape:  mac: under the mac subkey.
 */
struct san_text_run {
	const struct san_text_conf *conf;
	struct san_token *token, *mac;
	struct san_line line;
	struct san_spans spans;
};

/*
 * san_text_write -- appends what becomes of one find.
 * Errors: TEXT_DROP its detector drops the line; INTO_CONFLICT, ADDR_DROP;
 *         INTERNAL (*out is full, the library failed).
 */
D4_USED enum d4_reason san_text_write(struct san_text_run *r,
    struct d4_slice line, const struct san_span *s, struct d4_buf *out);

#endif
