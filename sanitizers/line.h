/* What the families of lines have in common: addresses, times, the verdict. */
#ifndef SAN_LINE_H
#define SAN_LINE_H

#include "sanitizers/leak.h"
#include "sanitizers/map.h"
#include "sanitizers/step.h"

/*
 * struct san_line -- what a stream of lines keeps.
 * Shape:  addr, map: of the step `addr`, NULL without one. unit_us: of the
 *         step `time`, 0 without one. Of the record in progress: leak; scoped:
 *         addresses of the scope that were replaced.
 */
struct san_line {
	const struct san_addr *addr;
	struct san_map *map;
	uint64_t unit_us;
	struct san_leak leak;
	unsigned scoped;
};

/* A record in progress: with and without its end; where the new one begins. */
struct san_line_part {
	struct d4_slice record, line;
	size_t from;
};

/* san_line_init -- l is zero before; san_line_fini also after an error. */
D4_USED enum d4_status san_line_init(
    struct san_line *l, const struct san_make *m);
void san_line_fini(struct san_line *l);

/* san_line_begin -- a new record, of which *out holds nothing yet. */
struct san_line_part san_line_begin(
    struct san_line *l, struct d4_slice record, const struct d4_buf *out);

/*
 * san_line_map -- what an address becomes; needs the step `addr`.
 * Errors: those of san_map_addr; *to is untouched.
 */
D4_USED enum d4_reason san_line_map(
    struct san_line *l, const struct d4_addr *a, struct d4_addr *to);

/* san_line_missed -- none was of the scope, and the step requires one. */
bool san_line_missed(const struct san_line *l);

/* san_line_outcome -- what becomes of a record for this reason. */
enum san_outcome san_line_outcome(enum d4_reason why);

/*
 * san_line_end -- *why says how the rewriting ended; behind D4_R_NONE the new
 * line is judged and gets the end of the old one.
 * Errors: in *why. SCOPE_MISS; ADDR_DROP an address of the scope is in
 *         the new line; SELFCHECK one of the old line does (quarantine);
 *         INTERNAL (*out is full).
 */
enum san_outcome san_line_end(struct san_line *l, const struct san_line_part *p,
    struct d4_buf *out, enum d4_reason *why);

#endif
