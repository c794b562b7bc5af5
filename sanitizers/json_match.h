/* Which rule counts at a place of a record, by the segments of all paths. */
#ifndef SAN_JSON_MATCH_H
#define SAN_JSON_MATCH_H

#include "sanitizers/json.h"
#include "sanitizers/json_skip.h"

#define SAN_JSON_NO_RULE UINT16_MAX

/*
 * struct san_json_node -- what the paths say at one value.
 * Shape:  active: a bit for each segment that may take a child of it; rule:
 *         the first rule that takes the value or something around it.
 */
struct san_json_node {
	uint64_t active[SAN_JSON_WORDS];
	unsigned rule;
};

/* A child to be matched: a member's name, or an element's index. */
struct san_json_child {
	bool member;
	struct san_json_name name;
	uint64_t index;
};

/* san_json_root -- at the whole value: paths without segments take it. */
struct san_json_node san_json_root(const struct san_json_conf *c);

/* san_json_descend -- at a child of parent. */
void san_json_descend(const struct san_json_conf *c,
    const struct san_json_node *parent, const struct san_json_child *ch,
    struct san_json_node *out);

/*
 * san_json_may -- some segment may take a child of that row (san_json_row, or
 * SAN_JSON_ROWS for elements), or what is in it.
 */
static inline bool
san_json_may(const struct san_json_conf *c, size_t row)
{
	return c->any[row];
}

/* san_json_row_of -- a child's. */
static inline size_t
san_json_row_of(const struct san_json_child *ch)
{
	return ch->member ? san_json_row(ch->name.hash) : SAN_JSON_ROWS;
}

/* san_json_leads -- some path leads to a child of the node. */
static inline bool
san_json_leads(const struct san_json_conf *c, const struct san_json_node *n)
{
	uint64_t any = 0;

	for (size_t i = 0; i < c->words; i++)
		any |= n->active[i];
	return any != 0;
}

static inline enum san_json_op
san_json_op_of(const struct san_json_conf *c, const struct san_json_node *n)
{
	if (n->rule != SAN_JSON_NO_RULE)
		return c->rule[n->rule].op;
	return c->keep ? SAN_OP_KEEP : SAN_OP_DROP;
}

#endif
