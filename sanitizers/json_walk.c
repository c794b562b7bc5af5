/*
 * A record by its rules. For every value the first rule in file order counts
 * that takes it, or that keeps or drops something it lies in. What is kept
 * is copied in runs as long as possible.
 */
#include "sanitizers/json_run.h"

#define GROWTH 3072u /* bytes that ops may add beyond the record's length */

struct walk {
	struct san_json_run *r;
	struct san_json_lex lx;
	struct san_json_copy copy;
	size_t grown; /* bytes that ops wrote */
	size_t grown_max;
	bool missed; /* some of its members were not the known ones */
};

/* walk_read -- a value with all that is in it. */
static inline enum d4_reason
walk_read(struct walk *w, unsigned depth, struct san_json_value *out)
{
	const uint8_t *from = w->lx.p;
	struct san_json_str s = {.escaped = false};
	enum d4_reason why =
	    san_json_is(&w->lx, '"')
		? san_json_string(&w->lx, &s)
		: san_json_skip_other(&w->lx, &w->r->keys, depth);

	out->text = d4_slice_of(from, (size_t)(w->lx.p - from));
	out->escaped = s.escaped;
	return why;
}

/* walk_apply -- an op that writes something else in the value's place. */
static enum d4_reason
walk_apply(struct walk *w, const struct san_json_node *n, unsigned depth)
{
	struct san_json_value value;
	size_t before;
	enum d4_reason why = walk_read(w, depth, &value);

	if (why == D4_R_NONE)
		why = san_json_gone(&w->copy, value.text.p, w->lx.p);
	if (why == D4_R_NONE)
		why = san_json_flush(&w->copy);
	if (why != D4_R_NONE)
		return why;
	before = w->copy.out->n;
	why = san_json_apply(
	    w->r, &w->r->conf->rule[n->rule], &value, w->copy.out);
	w->copy.from = w->copy.to = w->lx.p;
	w->grown += w->copy.out->n - before;
	if (why == D4_R_NONE && w->grown > w->grown_max)
		return D4_R_LINE_TOOLONG;
	return why;
}

/* walk_whole -- a value that is kept or dropped with all that is in it. */
static inline enum d4_reason
walk_whole(
    struct walk *w, enum san_json_op op, const uint8_t *lead, unsigned depth)
{
	enum d4_reason why = san_json_skip(&w->lx, &w->r->keys, depth);

	if (why != D4_R_NONE || op == SAN_OP_DROP)
		return why;
	return san_json_keep(&w->copy, lead, w->lx.p);
}

static enum d4_reason walk_inside(
    struct walk *w, const struct san_json_node *n, unsigned depth, bool *any);

/* walk_into -- an object or array that some path leads into. */
static enum d4_reason
walk_into(struct walk *w, const struct san_json_node *n, const uint8_t *lead,
    unsigned depth, bool *any)
{
	enum san_json_op op = san_json_op_of(w->r->conf, n);
	size_t made = w->copy.out->n, gone = w->r->gone.n;
	struct san_json_copy copy = w->copy;
	enum d4_reason why;

	if (depth >= SAN_JSON_DEPTH)
		return D4_R_JSON_DEPTH;
	why = san_json_keep(&w->copy, lead, w->lx.p + 1);
	if (why == D4_R_NONE)
		why = walk_inside(w, n, depth + 1, any);
	if (why == D4_R_NONE && !*any && op == SAN_OP_DROP) {
		/* It turned out to be empty. */
		w->copy = copy;
		w->copy.out->n = made;
		w->r->gone.n = gone;
	}
	*any |= op == SAN_OP_KEEP;
	return why;
}

/*
 * walk_value -- one value; lead: what stands in front of it since the last
 * value (comma, space, key, colon). *any: something of it was kept.
 */
static enum d4_reason
walk_value(struct walk *w, const struct san_json_node *n, const uint8_t *lead,
    unsigned depth, bool *any)
{
	enum san_json_op op = san_json_op_of(w->r->conf, n);
	enum d4_reason why;

	*any = op != SAN_OP_DROP;
	if (op != SAN_OP_KEEP && op != SAN_OP_DROP) {
		why = san_json_keep(&w->copy, lead, w->lx.p);
		return why == D4_R_NONE ? walk_apply(w, n, depth) : why;
	}
	if ((san_json_is(&w->lx, '{') || san_json_is(&w->lx, '[')) &&
	    san_json_leads(w->r->conf, n))
		return walk_into(w, n, lead, depth, any);
	return walk_whole(w, op, lead, depth);
}

/*
 * One container being read.
 * Shape:  lead: where the last child that was read ends, with the space behind
 *         it; start: as walk_value's lead, of the one that is read. op: of what
 *         no path leads to. any: something was kept; dropped: children were
 *         read, and none of them was.
 */
struct inside {
	const struct san_json_node *node;
	const uint8_t *lead, *start;
	enum san_json_op op;
	unsigned depth;
	bool any, dropped;
	struct san_json_object object;
};

/* walk_lead -- of the next child: the first that is kept takes no comma. */
static inline const uint8_t *
walk_lead(const struct inside *in, const uint8_t *p)
{
	return in->dropped ? p : in->lead;
}

/* walk_passed -- members were read, and the space behind the last. */
static inline enum d4_reason
walk_passed(
    struct walk *w, struct inside *in, const uint8_t *from, const uint8_t *to)
{
	in->lead = to;
	in->any |= in->op != SAN_OP_DROP;
	in->dropped = !in->any;
	if (in->op == SAN_OP_DROP)
		return D4_R_NONE;
	return san_json_keep(&w->copy, from, to);
}

/* walk_behind -- a child was read; takes the space behind it. */
static inline enum d4_reason
walk_behind(struct walk *w, struct inside *in, bool any)
{
	enum d4_reason why = D4_R_NONE;

	in->any |= any;
	in->dropped = !in->any;
	in->lead = w->lx.p;
	san_json_space(&w->lx);
	if (any && w->lx.p != in->lead)
		why = san_json_keep(&w->copy, in->lead, w->lx.p);
	in->lead = w->lx.p;
	return why;
}

/* walk_child -- the value of a member or element; kid: NULL: of no path. */
static enum d4_reason
walk_child(struct walk *w, struct inside *in, const struct san_json_node *kid)
{
	bool any = in->op != SAN_OP_DROP;
	enum d4_reason why;

	if (kid != NULL)
		why = walk_value(w, kid, in->start, in->depth, &any);
	else
		why = walk_whole(w, in->op, in->start, in->depth);
	return why == D4_R_NONE ? walk_behind(w, in, any) : why;
}

/* walk_found -- the same, of a child whose node is still to be found. */
static enum d4_reason
walk_found(struct walk *w, struct inside *in, const struct san_json_child *ch)
{
	struct san_json_node kid;

	if (!san_json_may(w->r->conf, san_json_row_of(ch)))
		return walk_child(w, in, NULL);
	san_json_descend(w->r->conf, in->node, ch, &kid);
	return walk_child(w, in, &kid);
}

/* walk_unknown -- the members so far were the first i of the known ones. */
static enum d4_reason
walk_unknown(struct walk *w, struct inside *in, size_t i)
{
	enum d4_reason why = D4_R_NONE;

	w->missed = true;
	for (size_t k = 0; k < i && why == D4_R_NONE; k++)
		why = san_json_key(
		    &w->r->keys, &in->object, w->r->shape.member[k].hash);
	return why;
}

/* walk_plain -- a member's value that is a string and of no path. */
static inline enum d4_reason
walk_plain(struct walk *w, struct inside *in, struct san_json_lex *lx)
{
	struct san_json_str value;
	enum d4_reason why = san_json_string(lx, &value);

	san_json_space(lx);
	return why == D4_R_NONE ? walk_passed(w, in, in->start, lx->p) : why;
}

/*
 * walk_known -- members of the record's object, as long as they are the known
 * ones. True: another one comes next; false: the object ended, or *why.
 */
static bool
walk_known(struct walk *w, struct inside *in, enum d4_reason *why)
{
	const struct san_json_shape *s = &w->r->shape;
	struct san_json_lex lx = w->lx;
	bool more = true;
	size_t i = 0;

	*why = D4_R_NONE;
	while (more && i < s->n && san_json_is_known(&s->member[i], &lx)) {
		const struct san_json_known *k = &s->member[i++];

		in->start = walk_lead(in, lx.p);
		lx.p += k->len;
		san_json_space(&lx);
		if (!k->may && san_json_is(&lx, '"')) {
			*why = walk_plain(w, in, &lx);
		} else {
			w->lx = lx;
			*why = walk_child(w, in, k->may ? &k->kid : NULL);
			lx = w->lx;
		}
		if (*why != D4_R_NONE)
			return false;
		more = san_json_more(&lx, '}', why);
	}
	w->lx = lx;
	if (more)
		*why = walk_unknown(w, in, i);
	return more && *why == D4_R_NONE;
}

/*
 * walk_past -- members that no path names and whose values are strings, one
 * after the other: most of most records. True: *ch is another member, and its
 * value comes next; false: the object ended, or *why.
 */
static bool
walk_past(struct walk *w, struct inside *in, struct san_json_child *ch,
    enum d4_reason *why)
{
	const uint8_t *from = walk_lead(in, w->lx.p), *to = NULL, *key;
	struct san_json_lex lx = w->lx;
	struct san_json_str value;
	bool other;

	do {
		key = lx.p;
		*why =
		    san_json_member(&lx, &w->r->keys, &in->object, &ch->name);
		other =
		    *why == D4_R_NONE &&
		    (san_json_may(w->r->conf, san_json_row(ch->name.hash)) ||
			!san_json_is(&lx, '"'));
		if (other || *why != D4_R_NONE)
			break;
		*why = san_json_string(&lx, &value);
		san_json_space(&lx);
		to = lx.p;
	} while (*why == D4_R_NONE && san_json_more(&lx, '}', why));
	w->lx = lx;
	if (to != NULL && *why == D4_R_NONE)
		*why = walk_passed(w, in, from, to);
	in->start = walk_lead(in, key);
	return other && *why == D4_R_NONE;
}

static enum d4_reason
walk_members(struct walk *w, struct inside *in)
{
	struct san_json_child ch = {.member = true};
	enum d4_reason why;

	if (in->depth == 1 && !walk_known(w, in, &why))
		return why;
	while (walk_past(w, in, &ch, &why)) {
		why = walk_found(w, in, &ch);
		if (why != D4_R_NONE || !san_json_next(&w->lx, '}', &why))
			break;
	}
	return why == D4_R_NONE ? san_json_close(&w->r->keys, &in->object)
	                        : why;
}

static enum d4_reason
walk_elements(struct walk *w, struct inside *in)
{
	struct san_json_child ch = {.member = false};
	enum d4_reason why = D4_R_NONE;

	do {
		in->start = walk_lead(in, w->lx.p);
		why = walk_found(w, in, &ch);
		ch.index++;
	} while (why == D4_R_NONE && san_json_next(&w->lx, ']', &why));
	return why;
}

/* walk_inside -- an object or array; recursion is bounded by the depth. */
static enum d4_reason
walk_inside(
    struct walk *w, const struct san_json_node *n, unsigned depth, bool *any)
{
	bool object = *w->lx.p == '{';
	struct inside in = {.node = n,
	    .lead = w->lx.p + 1,
	    .op = san_json_op_of(w->r->conf, n),
	    .depth = depth,
	    .object = san_json_open(&w->r->keys)};
	enum d4_reason why;

	w->lx.p++;
	san_json_space(&w->lx);
	*any = false;
	if (san_json_is(&w->lx, object ? '}' : ']'))
		return san_json_keep(&w->copy, in.lead, ++w->lx.p);
	why = object ? walk_members(w, &in) : walk_elements(w, &in);
	*any = in.any;
	return why == D4_R_NONE ? san_json_keep(&w->copy, w->lx.p - 1, w->lx.p)
	                        : why;
}

enum d4_reason
san_json_rewrite(
    struct san_json_run *r, struct d4_slice record, struct d4_buf *out)
{
	struct walk w = {.r = r,
	    .copy = {.out = out,
		.gone = san_leak_on(&r->line.leak) ? &r->gone : NULL,
		.from = record.p,
		.to = record.p},
	    .grown_max = record.n + GROWTH};
	const uint8_t *end;
	enum d4_reason why = san_json_begin(&r->keys, record, &w.lx);
	bool any;

	if (why != D4_R_NONE)
		return why;
	r->keys.n = 0;
	r->gone.n = 0;
	san_json_space(&w.lx);
	why = walk_value(&w, &r->root, record.p, 0, &any);
	if (why != D4_R_NONE)
		return why;
	end = w.lx.p;
	san_json_space(&w.lx);
	if (w.lx.p != w.lx.end)
		return D4_R_JSON_SYNTAX;
	if (!any)
		return D4_R_STEP_DROP;
	why = san_json_keep(&w.copy, end, w.lx.p);
	if (why == D4_R_NONE)
		why = san_json_flush(&w.copy);
	if (why == D4_R_NONE && w.missed)
		san_json_learn(&r->shape, r->conf, &r->keys, record);
	return why;
}
