#include "sanitizers/json_match.h"

static inline bool
match_takes(const struct san_seg *s, const struct san_json_child *ch)
{
	return ch->member ? san_seg_member(s, ch->name.text, ch->name.hash)
	                  : san_seg_element(s, ch->index);
}

/*
 * match_word -- the active segments seg[0..64), of which `bits` are. Answers
 * which of them are so at the child; *next: the segment behind them is.
 */
static uint64_t
match_word(const struct san_seg *seg, uint64_t bits,
    const struct san_json_child *ch, unsigned *rule, uint64_t *next)
{
	uint64_t active = *next;

	*next = 0;
	for (; bits != 0; bits &= bits - 1) {
		const struct san_seg *s = &seg[__builtin_ctzll(bits)];
		uint64_t bit = bits & -bits;

		if (s->deep)
			active |= bit;
		if (!match_takes(s, ch))
			continue;
		if (!s->last) {
			active |= bit << 1;
			*next |= bit >> 63;
		} else if (s->rule < *rule) {
			*rule = s->rule;
		}
	}
	return active;
}

/* match_later -- forgets the segments of rules behind the one that counts. */
static void
match_later(const struct san_json_conf *c, struct san_json_node *n)
{
	size_t from = c->rule[n->rule].from;

	for (size_t i = 0; i < c->words; i++) {
		if (from <= i * 64)
			n->active[i] = 0;
		else if (from < i * 64 + 64)
			n->active[i] &= (UINT64_C(1) << from % 64) - 1;
	}
}

void
san_json_descend(const struct san_json_conf *c,
    const struct san_json_node *parent, const struct san_json_child *ch,
    struct san_json_node *out)
{
	const uint64_t *row = c->row[san_json_row_of(ch)];
	uint64_t next = 0, any = 0;

	out->rule = parent->rule;
	for (size_t i = 0; i < c->words; i++)
		any |= out->active[i] = match_word(c->seg + i * 64,
		    parent->active[i] & row[i], ch, &out->rule, &next);
	if (any != 0 && out->rule != parent->rule)
		match_later(c, out);
}

struct san_json_node
san_json_root(const struct san_json_conf *c)
{
	struct san_json_node n = {.rule = SAN_JSON_NO_RULE};

	for (size_t i = 0; i < c->words; i++)
		n.active[i] = c->start[i];
	for (size_t i = 0; i < c->n_rule && n.rule == SAN_JSON_NO_RULE; i++) {
		if (c->rule[i].from == c->rule[i].to)
			n.rule = (unsigned)i;
	}
	if (n.rule != SAN_JSON_NO_RULE)
		match_later(c, &n);
	return n;
}
