/* What rewrites text lines: shared by the family's rooms. */
#ifndef SAN_TEXT_RUN_H
#define SAN_TEXT_RUN_H

#include "sanitizers/leak.h"
#include "sanitizers/map.h"
#include "sanitizers/text.h"

/*
 * struct san_text_run -- what a stream keeps.
 * Shape:  unit_us: of the step `time`, 0 without one. map NULL: no step
 *         `addr`. mac: under the mac subkey. scoped: addresses of the scope
 *         that were replaced in the line under way.
 */
struct san_text_run {
	const struct san_text_conf *conf;
	const struct san_addr *addr;
	uint64_t unit_us;
	struct san_map *map;
	struct san_token *token, *mac;
	struct san_leak leak;
	struct san_spans spans;
	unsigned scoped;
};

/*
 * san_text_write -- appends what becomes of one find.
 * Errors: TEXT_DROP its detector drops the line; INTO_CONFLICT, ADDR_DROP;
 *         INTERNAL (*out is full, the library failed).
 */
D4_USED enum d4_reason san_text_write(struct san_text_run *r,
    struct d4_slice line, const struct san_span *s, struct d4_buf *out);

#endif
