/*
 * The time of a record, before its rules: whose keys it gets. The record need
 * not be valid; what is wrong with it is found when it is rewritten.
 */
#include <string.h>
#include "sanitizers/json_run.h"
#include "sanitizers/stamp.h"

/* A record on the way to its time. */
struct when {
	struct san_json_lex lx;
	struct san_json_keys *keys;
};

/* when_member -- behind the colon of the member that the segment takes. */
static bool
when_member(struct when *w, const struct san_seg *seg)
{
	struct san_json_object o = san_json_open(w->keys);
	enum d4_reason why = D4_R_NONE;
	struct san_json_name name;

	do {
		if (san_json_member(&w->lx, w->keys, &o, &name) != D4_R_NONE)
			return false;
		if (san_seg_member(seg, name.text, name.hash))
			return true;
		if (san_json_skip(&w->lx, w->keys, 0) != D4_R_NONE)
			return false;
	} while (san_json_next(&w->lx, '}', &why));
	return false;
}

static bool
when_element(struct when *w, const struct san_seg *seg)
{
	enum d4_reason why = D4_R_NONE;
	uint64_t i = 0;

	do {
		if (san_seg_element(seg, i++))
			return true;
		if (san_json_skip(&w->lx, w->keys, 0) != D4_R_NONE)
			return false;
	} while (san_json_next(&w->lx, ']', &why));
	return false;
}

/* when_enter -- to the child that the segment takes. */
static bool
when_enter(struct when *w, const struct san_seg *seg)
{
	bool object = san_json_is(&w->lx, '{');

	if (!object && !san_json_is(&w->lx, '['))
		return false;
	w->lx.p++;
	san_json_space(&w->lx);
	if (san_json_is(&w->lx, object ? '}' : ']'))
		return false;
	return object ? when_member(w, seg) : when_element(w, seg);
}

/* when_read -- the value: a number, or what a string says. */
static bool
when_read(struct when *w, uint64_t *t_s)
{
	struct san_json_str s;
	struct d4_slice text;

	if (!san_json_is(&w->lx, '"'))
		return san_json_number(&w->lx, &text) == D4_R_NONE &&
		       san_stamp_seconds(text, t_s);
	if (san_json_string(&w->lx, &s) != D4_R_NONE)
		return false;
	text = s.raw;
	if (s.escaped) {
		if (san_json_decode(&s, &w->keys->text) != D4_OK)
			return false;
		text = d4_buf_slice(&w->keys->text);
	}
	return san_stamp_seconds(text, t_s);
}

enum san_dated
san_json_when(void *state, struct d4_slice record, uint64_t *t_s)
{
	struct san_json_run *r = state;
	struct when w = {.keys = &r->keys};
	bool there = r->conf->stamp != NULL;

	r->keys.n = 0;
	if (san_json_begin(w.keys, record, &w.lx) != D4_R_NONE)
		return SAN_UNDATED;
	san_json_space(&w.lx);
	for (size_t i = 0; there && i < r->conf->n_stamp; i++)
		there = when_enter(&w, &r->conf->stamp[i]);
	return there && when_read(&w, t_s) ? SAN_DATED : SAN_UNDATED;
}
