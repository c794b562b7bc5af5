#include <stdlib.h>
#include <string.h>
#include "libd4/kit/json.h"
#include "misp-export/event_file.h"
#include "misp-export/event_top.h"

#define FILE_DAY 86400u

/* ---- writing ---- */

static json_t *
file_lanes(const struct event *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->n_lanes; i++)
		(void)json_array_append_new(
		    list, json_pack("[s, s, I, I]", e->lane[i].id,
			      e->lane[i].pipeline, (json_int_t)e->lane[i].after,
			      (json_int_t)e->lane[i].seq));
	return list;
}

static json_t *
file_head(const struct event *e)
{
	const struct event_name *n = &e->name;
	char uuid[D4_UUID_TEXT];

	d4_uuid_text(&e->uuid, uuid);
	return json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:i, s:i, "
			 "s:b, s:b, s:I, s:I, s:I, s:o, s:b, s:b, s:I, s:I, "
			 "s:I, s:b}",
	    "v", EVENT_FILE_VERSION, "uuid", uuid, "source", n->source, "kind",
	    n->kind, "label", (int)n->label, "pap", (int)n->pap, "start",
	    (json_int_t)n->start_s, "span", (json_int_t)n->span_s, "state",
	    (int)e->state, "distribution", e->distribution, "publish",
	    e->publish, "publish_owed", e->publish_owed, "over",
	    (json_int_t)e->over, "refused", (json_int_t)e->refused, "unsure",
	    (json_int_t)e->unsure_s, "lanes", file_lanes(e), "due",
	    event_due(e), "waits", e->waits, "top", (json_int_t)e->top,
	    "chosen", (json_int_t)e->chosen, "told", (json_int_t)e->over_told,
	    "asked", e->asked);
}

static json_t *
file_item(const struct item *it)
{
	json_t *values = json_array();
	char uuid[D4_UUID_TEXT];

	d4_uuid_text(&it->uuid, uuid);
	for (size_t i = 0; i < it->n; i++)
		(void)json_array_append_new(
		    values, json_pack("[i, b, s]", (int)it->value[i].rel,
				it->value[i].mapped, it->value[i].text));
	return json_pack("{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:b, s:b, s:s, s:o, s:I, s:I}",
	    "u", uuid, "m", it->mapper->id, "s", (int)it->state, "n",
	    (json_int_t)it->count, "f", (json_int_t)it->first_us, "l",
	    (json_int_t)it->last_us, "a", (json_int_t)it->came_us, "b",
	    (json_int_t)it->lanes, "g", (json_int_t)it->seen, "t",
	    (json_int_t)it->told, "d", it->moved, "i", it->ids, "c",
	    it->comment, "v", values, "e", (json_int_t)it->err, "p",
	    (json_int_t)mapper_print(it->mapper));
}

enum d4_status
event_write(const struct event *e, struct d4_buf *out)
{
	enum d4_status st = d4_json_line(file_head(e), JSON_COMPACT, out);

	for (size_t i = 0; i < e->n && st == D4_OK; i++)
		st = d4_json_line(file_item(e->items[i]), JSON_COMPACT, out);
	return st;
}

/* ---- reading ---- */

static bool
file_uuid(const json_t *o, const char *key, struct d4_uuid *out)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL && d4_uuid_parse(s, out) == D4_OK;
}

static bool
file_name(const json_t *o, struct event_name *n)
{
	uint64_t label, pap;

	memset(n, 0, sizeof(*n));
	if (!d4_json_text(o, "source", n->source, sizeof(n->source)) ||
	    !d4_json_text(o, "kind", n->kind, sizeof(n->kind)) ||
	    !d4_json_number(o, "label", TERMS_LABELS - 1, &label) ||
	    !d4_json_number(o, "pap", 3, &pap) ||
	    !d4_json_number(o, "start", 253402300799ULL, &n->start_s) ||
	    !d4_json_number(o, "span", FILE_DAY, &n->span_s) || n->span_s == 0)
		return false;
	n->label = (unsigned)label;
	n->pap = (unsigned)pap;
	return true;
}

static bool
file_read_lanes(const json_t *list, struct event *e)
{
	size_t i, n = json_array_size(list);
	const char *id, *pipeline;
	json_int_t after, seq;

	if (!json_is_array(list) || n > EVENT_LANES)
		return false;
	for (i = 0; i < n; i++) {
		json_t *o = json_array_get(list, i);

		if (json_unpack(
			o, "[s, s, I, I]", &id, &pipeline, &after, &seq) != 0 ||
		    strlen(id) >= sizeof(e->lane[i].id) ||
		    strlen(pipeline) >= sizeof(e->lane[i].pipeline) ||
		    after < 0 || seq < 0)
			return false;
		memcpy(e->lane[i].id, id, strlen(id) + 1);
		memcpy(e->lane[i].pipeline, pipeline, strlen(pipeline) + 1);
		e->lane[i].after = (uint64_t)after;
		e->lane[i].seq = (uint64_t)seq;
	}
	e->n_lanes = n;
	return true;
}

/* Members that files of before do not have. */
static bool
file_later(const json_t *o, const char *key, uint64_t *out)
{
	return json_object_get(o, key) == NULL ||
	       d4_json_number(o, key, INT64_MAX, out);
}

static bool
file_read_head(const json_t *o, struct event *e)
{
	const json_t *far = json_object_get(o, "distribution");
	uint64_t state;

	if (!d4_json_number(o, "state", EVENT_GONE, &state) ||
	    !json_is_integer(far) || json_integer_value(far) < -2 ||
	    json_integer_value(far) > 4 ||
	    !d4_json_number(o, "over", INT64_MAX, &e->over) ||
	    !d4_json_number(o, "refused", INT64_MAX, &e->refused) ||
	    !d4_json_number(o, "unsure", INT64_MAX, &e->unsure_s) ||
	    !file_later(o, "top", &e->top) ||
	    !file_later(o, "chosen", &e->chosen) ||
	    !file_later(o, "told", &e->over_told) ||
	    !file_uuid(o, "uuid", &e->uuid) ||
	    !file_read_lanes(json_object_get(o, "lanes"), e))
		return false;
	e->state = (enum event_state)state;
	e->distribution = (int)json_integer_value(far);
	e->waits = json_is_true(json_object_get(o, "waits"));
	/* Before it was noted, the first call was noted in front of it. */
	e->asked = json_object_get(o, "asked") == NULL
	               ? e->unsure_s != 0 || e->state != EVENT_NEW
	               : json_is_true(json_object_get(o, "asked"));
	e->publish = json_is_true(json_object_get(o, "publish"));
	e->publish_owed = json_is_true(json_object_get(o, "publish_owed"));
	return true;
}

static const struct mapper *
file_mapper(const json_t *o, const struct mappers *mappers)
{
	const char *id = json_string_value(json_object_get(o, "m"));

	if (id == NULL)
		return NULL;
	if (strcmp(id, event_anonymisation()->id) == 0)
		return event_anonymisation();
	return mappers_find(mappers, id);
}

static bool
file_values(const json_t *o, struct finding *f)
{
	const json_t *list = json_object_get(o, "v");
	size_t i, n = json_array_size(list), rels = mapper_rels(f->mapper);
	int rel, mapped;
	const char *text;

	if (n > MAPPER_RELS)
		return false;
	for (i = 0; i < n; i++) {
		if (json_unpack(json_array_get(list, i), "[i, b, s]", &rel,
			&mapped, &text) != 0 ||
		    rel < 0 || (size_t)rel >= rels)
			return false;
		f->value[i] =
		    (struct finding_value){(uint8_t)rel, mapped != 0, text};
	}
	f->n = n;
	return true;
}

static bool
file_counts(const json_t *o, struct item *it)
{
	uint64_t state, seen, told, lanes;

	if (!d4_json_number(o, "s", ITEM_RECALL, &state) ||
	    !d4_json_number(o, "n", INT64_MAX, &it->count) ||
	    !d4_json_number(o, "f", INT64_MAX, &it->first_us) ||
	    !d4_json_number(o, "l", INT64_MAX, &it->last_us) ||
	    !d4_json_number(o, "g", UINT32_MAX, &seen) ||
	    !d4_json_number(o, "t", UINT32_MAX, &told) ||
	    !json_is_integer(json_object_get(o, "b")))
		return false;
	/* A file of before it was noted: as late as may be. */
	it->came_us = it->last_us;
	if (!file_later(o, "a", &it->came_us) || !file_later(o, "e", &it->err))
		return false;
	lanes = (uint64_t)json_integer_value(json_object_get(o, "b"));
	it->state = (enum item_state)state;
	it->seen = (uint32_t)seen;
	it->told = (uint32_t)told;
	it->lanes = lanes;
	it->moved = json_is_true(json_object_get(o, "d"));
	it->ids = json_is_true(json_object_get(o, "i"));
	return true;
}

/* Its rows are those that it was written with. */
static bool
file_same_mapper(const json_t *o, const struct mapper *m)
{
	const json_t *print = json_object_get(o, "p");

	return print == NULL ||
	       (json_is_integer(print) &&
		   json_integer_value(print) == (json_int_t)mapper_print(m));
}

/* It was of other rows: what it is stays known, what it says does not. */
static enum d4_status
file_forget(struct item *it)
{
	it->lanes = 0;
	it->moved = false;
	it->told = it->seen;
	if (it->state != ITEM_OPEN && it->state != ITEM_BELOW)
		return D4_OK;
	free(it);
	return D4_AGAIN;
}

/* D4_AGAIN: its mapper is not there any more, or another. */
static enum d4_status
file_read_item(const json_t *o, const struct mappers *mappers, struct event *e)
{
	struct finding f = {.mapper = file_mapper(o, mappers)};
	enum d4_status st = D4_OK;
	struct d4_uuid uuid;
	struct item *it;
	bool same;

	if (f.mapper == NULL)
		return json_is_object(o) ? D4_AGAIN : D4_EMALFORMED;
	same = file_same_mapper(o, f.mapper);
	if (!file_uuid(o, "u", &uuid) || (same && !file_values(o, &f)) ||
	    !d4_json_text(o, "c", f.comment, sizeof(f.comment)) ||
	    event_find(e, &uuid) != NULL)
		return D4_EMALFORMED;
	it = item_new(&f, &uuid);
	if (it == NULL)
		return D4_ENOMEM;
	if (!file_counts(o, it)) {
		free(it);
		return D4_EMALFORMED;
	}
	/* Nothing to say of it, nothing to send. */
	if (it->n == 0)
		st = file_forget(it);
	return st == D4_OK ? event_add(e, it) : st;
}

/* The next line; n 0: none is left. */
static struct d4_slice
file_line(struct d4_slice *in)
{
	const uint8_t *end = in->n > 0 ? memchr(in->p, '\n', in->n) : NULL;
	size_t n = end != NULL ? (size_t)(end - in->p) : 0;
	struct d4_slice out = d4_slice_skip(in, n);

	if (end == NULL)
		in->n = 0;
	else
		(void)d4_slice_skip(in, 1);
	return out;
}

static json_t *
file_json(struct d4_slice line)
{
	if (line.n > EVENT_LINE_MAX)
		return NULL;
	return json_loadb(
	    (const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
}

static enum d4_status
file_items(struct d4_slice text, const struct mappers *mappers, struct event *e,
    uint64_t *lost)
{
	enum d4_status st = D4_OK;

	while (text.n > 0 && st == D4_OK) {
		struct d4_slice line = file_line(&text);
		json_t *o = file_json(line);

		st = file_read_item(o, mappers, e);
		if (st == D4_AGAIN) {
			(*lost)++;
			st = D4_OK;
		}
		json_decref(o);
	}
	return st;
}

static enum d4_status
file_head_of(json_t *o, struct event_name *name)
{
	if (o == NULL)
		return D4_EMALFORMED;
	if (json_integer_value(json_object_get(o, "v")) != EVENT_FILE_VERSION)
		return D4_EVERSION;
	return file_name(o, name) ? D4_OK : D4_EMALFORMED;
}

enum d4_status
event_read_head(struct d4_slice text, struct event_file_head *out)
{
	json_t *o = file_json(file_line(&text));
	enum d4_status st = file_head_of(o, &out->name);

	if (st == D4_OK) {
		out->due = json_is_true(json_object_get(o, "due"));
		out->waits = json_is_true(json_object_get(o, "waits"));
	}
	json_decref(o);
	return st;
}

enum d4_status
event_read(struct d4_slice text, const struct mappers *mappers, uint64_t *lost,
    struct event **out)
{
	static const struct d4_uuid none = {{0}};
	struct event *e = NULL;
	struct event_name name;
	json_t *o;
	enum d4_status st;

	*lost = 0;
	o = file_json(file_line(&text));
	st = file_head_of(o, &name);
	if (st == D4_OK)
		st = event_new(&none, &name, &e);
	if (st == D4_OK && !file_read_head(o, e))
		st = D4_EMALFORMED;
	json_decref(o);
	if (st == D4_OK)
		st = file_items(text, mappers, e, lost);
	if (st != D4_OK) {
		event_free(e);
		return st;
	}
	if (e->waits)
		top_heap(e);
	*out = e;
	return D4_OK;
}
