/* JSON lines (type 6, JSON meta types): the step `json` and its family. */
#ifndef SAN_JSON_H
#define SAN_JSON_H

#include "sanitizers/json_path.h"
#include "sanitizers/step.h"
#include "sanitizers/text.h"

#define SAN_JSON_RULES 256u /* of one step */
#define SAN_JSON_SEGS  512u /* of all paths of a step */
#define SAN_JSON_WORDS (SAN_JSON_SEGS / 64u)
#define SAN_JSON_TEXT  1024u /* bytes of a replacement, as JSON */
#define SAN_JSON_ROWS  64u   /* kinds of names, by six bits of their hash */

/* What a rule does; KEEP and DROP reach all that is below, too. */
enum san_json_op {
	SAN_OP_KEEP,
	SAN_OP_DROP,
	SAN_OP_REPLACE,
	SAN_OP_TOK,
	SAN_OP_ADDR,
	SAN_OP_TIME,
	SAN_OP_TRUNC,
	SAN_OP_LEN,
	SAN_OP_REDACT,
};

/*
 * struct san_json_rule -- one rule.
 * Shape:  text: the replacement as JSON, or the token's domain (with NUL);
 *         n: the token's bytes or the characters kept; segments seg[from..to)
 *         of the step, none for the whole value. outside_keep: of an address
 *         the step `addr` only decides whether it is of the scope; scoped_drop:
 *         if it is, the record is dropped.
 *         detect: of redact, else NULL.
 * Owns:   text, detect.
 */
struct san_json_rule {
	enum san_json_op op;
	struct d4_mark at;
	struct d4_buf text;
	uint64_t n;
	uint64_t unit_us;
	size_t from, to;
	struct san_text_conf *detect;
	bool outside_keep, scoped_drop;
};

/*
 * struct san_json_conf -- the step, compiled.
 * Shape:  seg: the segments of all paths, in the order of the rules; start:
 *         a bit for the first segment of each path; words: how many words of
 *         such bits are in use. row: such bits of what may take a child,
 *         or what is in it: a member by san_json_row of its name, or any
 *         element (the last row); any[i]: some bit of row[i] is set.
 *         keep: what no rule takes is kept. stamp[0..n_stamp): names and
 *         indexes that lead to the record's time, of a rule or own; NULL:
 *         nobody said where it is.
 */
struct san_json_conf {
	bool keep;
	struct san_path own;
	const struct san_seg *stamp;
	size_t n_stamp;
	struct san_json_rule *rule;
	size_t n_rule;
	struct san_seg *seg;
	size_t n_seg;
	size_t words;
	uint64_t start[SAN_JSON_WORDS];
	uint64_t row[SAN_JSON_ROWS + 1][SAN_JSON_WORDS];
	bool any[SAN_JSON_ROWS + 1];
};

/* san_json_row -- of a member's name, by its hash. */
static inline size_t
san_json_row(uint64_t hash)
{
	return (size_t)(hash >> 58);
}

/*
 * san_json_uses -- some rule has that op. san_json_maps, san_json_keyed --
 * some rule replaces addresses by the step `addr`; makes tokens.
 */
bool san_json_maps(const struct san_json_conf *c);
bool san_json_keyed(const struct san_json_conf *c);
bool san_json_uses(const struct san_json_conf *c, enum san_json_op op);

/*
 * san_json_rule_read -- one rule of the file, without its path.
 * Errors: D4_EINVAL with *diag; D4_ENOMEM. out->text is the caller's to free
 *         even then.
 */
D4_USED enum d4_status san_json_rule_read(const struct san_compile *cx,
    const struct d4_yaml *node, struct san_json_rule *out);

extern const struct san_step_kind san_step_json;
extern const struct san_family san_family_json;

#endif
