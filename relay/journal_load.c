#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "relay/journal_load.h"

/* Whose it is, where only its files are known (journal_look). */
static void
load_key(struct journal *j, const json_t *o)
{
	const char *key = json_string_value(json_object_get(o, "queue"));

	if (j->key == NULL && key != NULL)
		j->key = strdup(key);
}

static enum d4_status
load_id(const json_t *o, struct stream_id *out)
{
	const json_t *v = json_object_get(o, "last");

	if (!json_is_string(v))
		return D4_EMALFORMED;
	return stream_id_parse(
	    json_string_value(v), json_string_length(v), out);
}

static enum d4_status
load_session(struct journal *j, const char *text, const json_t *last)
{
	struct d4_uuid id;

	if (text == NULL || d4_uuid_parse(text, &id) != D4_OK ||
	    !json_is_integer(last) || json_integer_value(last) < 1)
		return D4_EMALFORMED;
	(void)sessions_seen(j->sessions, &id,
	    (uint64_t)json_integer_value(last),
	    (uint64_t)json_integer_value(last));
	return D4_OK;
}

static uint64_t
load_fence(const json_t *o)
{
	json_int_t v = json_integer_value(json_object_get(o, "fence"));

	return v > 0 ? (uint64_t)v : 0;
}

/* The sums: sessions are a list, so that their order is kept. */
static enum d4_status
load_sums(struct journal *j, const json_t *o)
{
	const json_t *list = json_object_get(o, "sessions");
	const json_t *seq = json_object_get(o, "seq");
	enum d4_status st;

	if (json_integer_value(json_object_get(o, "v")) != JOURNAL_VERSION)
		return D4_EVERSION;
	if (!json_is_array(list) || !json_is_integer(seq) ||
	    json_integer_value(seq) < 0)
		return D4_EMALFORMED;
	load_key(j, o);
	st = load_id(o, &j->last);
	if (st == D4_OK)
		st = totals_add_json(&j->totals, o);
	if (st == D4_OK)
		st = parks_load(&j->parks, o);
	j->fence = load_fence(o);
	marks_merge(j->marks, json_object_get(o, "marks"));
	for (size_t i = 0; st == D4_OK && i < json_array_size(list); i++) {
		const json_t *pair = json_array_get(list, i);

		st = load_session(j, json_string_value(json_array_get(pair, 0)),
		    json_array_get(pair, 1));
	}
	j->snapshot_seq = (uint64_t)json_integer_value(seq);
	return st;
}

/* One batch behind the sums: sessions are members of an object. */
static enum d4_status
load_batch(struct journal *j, const json_t *o)
{
	const char *text;
	enum d4_status st;
	json_t *last;

	if (json_integer_value(json_object_get(o, "v")) != JOURNAL_VERSION)
		return D4_EVERSION;
	load_key(j, o);
	st = load_id(o, &j->last);
	if (st == D4_OK)
		st = totals_add_json(&j->totals, o);
	if (st == D4_OK)
		st = parks_load(&j->parks, o);
	if (st != D4_OK)
		return st;
	j->fence = load_fence(o);
	marks_merge(j->marks, json_object_get(o, "marks"));
	json_object_foreach(json_object_get(o, "sessions"), text, last)
	{
		st = load_session(j, text, last);
		if (st != D4_OK)
			return st;
	}
	return D4_OK;
}

static enum d4_status
load_with(struct journal *j, struct d4_slice text,
    enum d4_status (*fn)(struct journal *j, const json_t *o))
{
	json_t *o = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	enum d4_status st;

	if (o == NULL)
		return D4_EMALFORMED;
	st = fn(j, o);
	json_decref(o);
	return st;
}

static enum d4_status
load_batches(struct journal *j)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	enum d4_status st;

	st = d4_spool_reader_open(j->folder, j->snapshot_seq, &r);
	if (st == D4_ENOENT)
		return D4_OK;
	if (st != D4_OK)
		return st;
	for (;;) {
		st = d4_spool_next(r, &lane, &e);
		if (st == D4_ECHECKSUM)
			continue; /* a damaged batch: its counts are lost */
		if (st != D4_OK)
			break;
		st = load_with(j, e.data, load_batch);
		if (st != D4_OK)
			break;
	}
	d4_spool_reader_close(r);
	return st == D4_AGAIN ? D4_OK : st;
}

enum d4_status
journal_load(struct journal *j)
{
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, JOURNAL_SUMS);
	st = d4_file_read(j->sums, &text);
	if (st == D4_OK)
		st = load_with(j, d4_buf_slice(&text), load_sums);
	else if (st == D4_ENOENT)
		st = D4_OK;
	d4_buf_fini(&text);
	return st == D4_OK ? load_batches(j) : st;
}
