/*
 * A record by its rules. For every value the first rule in file order counts
 * that takes it, or that keeps or drops something it lies in. What is kept
 * is copied in runs as long as possible.
 */
#include "sanitizers/json_run.h"

#define NO_RULE UINT16_MAX
#define GROWTH  3072u /* bytes that ops may add beyond the record's length */

/*
 * struct node -- what the paths say at one value.
 * Shape:  active: a bit for each segment that may take a child of it; rule:
 *         the first rule that takes the value or something around it.
 */
struct node {
	uint64_t active[SAN_JSON_WORDS];
	unsigned rule;
};

/* A child to be matched: a member's name, or an element's index. */
struct child {
	bool member;
	struct d4_slice name;
	uint64_t hash, index;
};

/* Bytes of the record that are kept but not yet copied. */
struct run {
	const uint8_t *from, *to;
};

struct walk {
	struct san_json_run *r;
	struct san_json_lex lx;
	struct d4_buf *out;
	struct run kept;
	size_t grown; /* bytes that ops wrote */
	size_t grown_max;
};

/* Where a container was begun that may turn out to be empty. */
struct undo {
	size_t n;
	struct run kept;
};

static enum d4_reason
walk_flush(struct walk *w)
{
	size_t n = (size_t)(w->kept.to - w->kept.from);

	if (d4_buf_add(w->out, w->kept.from, n) != D4_OK)
		return D4_R_INTERNAL;
	w->kept.from = w->kept.to;
	return D4_R_NONE;
}

/* walk_keep -- bytes of the record, in their order, without a copy if possible.
 */
static enum d4_reason
walk_keep(struct walk *w, const uint8_t *from, const uint8_t *to)
{
	enum d4_reason why = D4_R_NONE;

	if (from != w->kept.to) {
		why = walk_flush(w);
		w->kept.from = from;
	}
	w->kept.to = to;
	return why;
}

static enum san_json_op
walk_op_of(const struct walk *w, const struct node *n)
{
	const struct san_json_conf *c = w->r->conf;

	if (n->rule != NO_RULE)
		return c->rule[n->rule].op;
	return c->keep ? SAN_OP_KEEP : SAN_OP_DROP;
}

static bool
walk_takes(const struct san_seg *s, const struct child *ch)
{
	return ch->member ? san_seg_member(s, ch->name, ch->hash)
	                  : san_seg_element(s, ch->index);
}

static bool
walk_is_active(const struct walk *w, const struct node *n)
{
	uint64_t any = 0;

	for (size_t i = 0; i < w->r->conf->words; i++)
		any |= n->active[i];
	return any != 0;
}

/* walk_follow -- one segment of the parent that may take the child. */
static void
walk_follow(
    const struct walk *w, size_t g, const struct child *ch, struct node *out)
{
	const struct san_seg *s = &w->r->conf->seg[g];

	if (s->deep)
		out->active[g / 64] |= UINT64_C(1) << g % 64;
	if (!walk_takes(s, ch))
		return;
	if (!s->last)
		out->active[(g + 1) / 64] |= UINT64_C(1) << (g + 1) % 64;
	else if (s->rule < out->rule)
		out->rule = s->rule;
}

/* walk_later -- forgets the segments of rules behind the one that counts. */
static void
walk_later(const struct walk *w, struct node *n)
{
	size_t from;

	if (n->rule == NO_RULE)
		return;
	from = w->r->conf->rule[n->rule].from;
	for (size_t i = 0; i < w->r->conf->words; i++) {
		if (from <= i * 64)
			n->active[i] = 0;
		else if (from < i * 64 + 64)
			n->active[i] &= (UINT64_C(1) << from % 64) - 1;
	}
}

/* walk_may -- some segment may take the child, or what is in it. */
static inline bool
walk_may(const struct walk *w, const struct child *ch)
{
	const struct san_json_conf *c = w->r->conf;

	return c->deep ||
	       (ch->member ? (c->names & san_json_name_bit(ch->hash)) != 0
			   : c->elements);
}

static void
walk_descend(const struct walk *w, const struct node *parent,
    const struct child *ch, struct node *out)
{
	size_t words = w->r->conf->words;

	out->rule = parent->rule;
	for (size_t i = 0; i < words; i++)
		out->active[i] = 0;
	for (size_t i = 0; i < words; i++) {
		uint64_t bits = parent->active[i];

		for (; bits != 0; bits &= bits - 1)
			walk_follow(
			    w, i * 64 + (size_t)__builtin_ctzll(bits), ch, out);
	}
	walk_later(w, out);
}

/* walk_apply -- an op that writes something else in the value's place. */
static enum d4_reason
walk_apply(struct walk *w, const struct node *n, unsigned depth)
{
	const uint8_t *from = w->lx.p;
	size_t before;
	enum d4_reason why = san_json_skip(&w->lx, &w->r->keys, depth);

	if (why == D4_R_NONE)
		why = walk_flush(w);
	if (why != D4_R_NONE)
		return why;
	before = w->out->n;
	why = san_json_apply(w->r, &w->r->conf->rule[n->rule],
	    d4_slice_of(from, (size_t)(w->lx.p - from)), w->out);
	w->kept.from = w->kept.to = w->lx.p;
	w->grown += w->out->n - before;
	if (why == D4_R_NONE && w->grown > w->grown_max)
		return D4_R_LINE_TOOLONG;
	return why;
}

static enum d4_reason walk_inside(
    struct walk *w, const struct node *n, unsigned depth, bool *any);

/* walk_whole -- a value that is kept or dropped with all that is in it. */
static enum d4_reason
walk_whole(
    struct walk *w, enum san_json_op op, const uint8_t *lead, unsigned depth)
{
	enum d4_reason why = san_json_skip(&w->lx, &w->r->keys, depth);

	if (why != D4_R_NONE || op == SAN_OP_DROP)
		return why;
	return walk_keep(w, lead, w->lx.p);
}

/*
 * walk_value -- one value; lead: what stands in front of it since the last
 * value (comma, space, key, colon). *any: something of it was kept.
 */
static enum d4_reason
walk_value(struct walk *w, const struct node *n, const uint8_t *lead,
    unsigned depth, bool *any)
{
	enum san_json_op op = walk_op_of(w, n);
	struct undo undo = {w->out->n, w->kept};
	enum d4_reason why;

	*any = op != SAN_OP_DROP;
	if (op != SAN_OP_KEEP && op != SAN_OP_DROP) {
		why = walk_keep(w, lead, w->lx.p);
		return why == D4_R_NONE ? walk_apply(w, n, depth) : why;
	}
	if ((!san_json_is(&w->lx, '{') && !san_json_is(&w->lx, '[')) ||
	    !walk_is_active(w, n))
		return walk_whole(w, op, lead, depth);
	if (depth >= SAN_JSON_DEPTH)
		return D4_R_JSON_DEPTH;
	why = walk_keep(w, lead, w->lx.p + 1);
	if (why == D4_R_NONE)
		why = walk_inside(w, n, depth + 1, any);
	if (why == D4_R_NONE && !*any && op == SAN_OP_DROP) {
		w->out->n = undo.n;
		w->kept = undo.kept;
	}
	*any |= op == SAN_OP_KEEP;
	return why;
}

/* One container being read. lead: as for walk_value. */
struct inside {
	const uint8_t *lead;
	bool first, any;
	uint8_t close;
	struct san_json_object object;
};

/* walk_read_child -- up to the child's value: its name, or its index. */
static enum d4_reason
walk_read_child(struct walk *w, struct inside *in, struct child *ch)
{
	struct san_json_name name;
	enum d4_reason why;

	if (in->close == ']')
		return D4_R_NONE;
	why = san_json_member(&w->lx, &w->r->keys, &in->object, &name);
	ch->name = name.text;
	ch->hash = name.hash;
	return why;
}

static enum d4_reason
walk_child(struct walk *w, const struct node *n, struct inside *in,
    struct child *ch, unsigned depth)
{
	/* The first that is kept takes no comma along. */
	const uint8_t *start = w->lx.p;
	enum d4_reason why = walk_read_child(w, in, ch);
	struct node kid;
	bool any = false;

	if (why != D4_R_NONE)
		return why;
	if (in->any || in->first)
		start = in->lead;
	if (walk_may(w, ch)) {
		walk_descend(w, n, ch, &kid);
		why = walk_value(w, &kid, start, depth, &any);
	} else {
		/* As the container, which is read because it is not applied. */
		any = walk_op_of(w, n) != SAN_OP_DROP;
		why = walk_whole(w, walk_op_of(w, n), start, depth);
	}
	if (why != D4_R_NONE)
		return why;
	in->any |= any;
	in->first = false;
	in->lead = w->lx.p;
	san_json_space(&w->lx);
	if (any)
		why = walk_keep(w, in->lead, w->lx.p);
	in->lead = w->lx.p;
	return why;
}

/* walk_inside -- an object or array; recursion is bounded by the depth. */
static enum d4_reason
walk_inside(struct walk *w, const struct node *n, unsigned depth, bool *any)
{
	struct inside in = {.lead = w->lx.p + 1, .first = true};
	struct child ch = {.member = *w->lx.p == '{'};
	enum d4_reason why = D4_R_NONE;

	in.close = ch.member ? '}' : ']';
	in.object = san_json_open(&w->r->keys);
	w->lx.p++;
	san_json_space(&w->lx);
	*any = false;
	if (san_json_is(&w->lx, in.close))
		return walk_keep(w, in.lead, ++w->lx.p);
	do {
		why = walk_child(w, n, &in, &ch, depth);
		ch.index++;
	} while (why == D4_R_NONE && san_json_next(&w->lx, in.close, &why));
	if (why == D4_R_NONE)
		why = san_json_close(&w->r->keys, &in.object);
	*any = in.any;
	return why == D4_R_NONE ? walk_keep(w, w->lx.p - 1, w->lx.p) : why;
}

/* walk_root -- the whole value: paths without segments take it. */
static struct node
walk_root(const struct walk *w)
{
	const struct san_json_conf *c = w->r->conf;
	struct node n = {.rule = NO_RULE};

	for (size_t i = 0; i < c->words; i++)
		n.active[i] = c->start[i];
	for (size_t i = 0; i < c->n_rule && n.rule == NO_RULE; i++) {
		if (c->rule[i].from == c->rule[i].to)
			n.rule = (unsigned)i;
	}
	walk_later(w, &n);
	return n;
}

enum d4_reason
san_json_rewrite(
    struct san_json_run *r, struct d4_slice record, struct d4_buf *out)
{
	struct walk w = {.r = r,
	    .lx = {record.p, record.p + record.n},
	    .out = out,
	    .kept = {record.p, record.p},
	    .grown_max = record.n + GROWTH};
	struct node n = walk_root(&w);
	const uint8_t *end;
	enum d4_reason why;
	bool any;

	r->keys.n = 0;
	san_json_space(&w.lx);
	why = walk_value(&w, &n, record.p, 0, &any);
	if (why != D4_R_NONE)
		return why;
	end = w.lx.p;
	san_json_space(&w.lx);
	if (w.lx.p != w.lx.end)
		return D4_R_JSON_SYNTAX;
	if (!any)
		return D4_R_STEP_DROP;
	why = walk_keep(&w, end, w.lx.p);
	return why == D4_R_NONE ? walk_flush(&w) : why;
}
