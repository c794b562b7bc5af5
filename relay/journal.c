#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/crc32c.h"
#include "libd4/kit/file.h"
#include "libd4/kit/spool.h"
#include "relay/journal.h"
#include "relay/journal_load.h"
#include "relay/lane_id.h"

/* The journal is a spool of its own; its lane says so. */
static enum d4_status
journal_writer(struct journal *j, const char *dir)
{
	struct d4_spool_lane lane = {
	    .partner = JOURNAL_FOLDER, .rule = "verdicts", .label = "local"};
	enum d4_status st;
	uint64_t torn;

	st = lane_key_id(j->key, lane.id);
	if (st != D4_OK)
		return st;
	return d4_spool_writer_open(dir, &lane, &torn, &j->writer);
}

/* DIR/verdicts/ID and the same with .json. */
static enum d4_status
journal_paths(struct journal *j, const char *dir, const char *id)
{
	char name[64];

	(void)snprintf(name, sizeof(name), JOURNAL_FOLDER "/%s", id);
	j->folder = d4_path(dir, name);
	(void)snprintf(name, sizeof(name), JOURNAL_FOLDER "/%s.json", id);
	j->sums = d4_path(dir, name);
	return j->folder == NULL || j->sums == NULL ? D4_ENOMEM : D4_OK;
}

enum d4_status
journal_open(const char *dir, const char *key, struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));
	char id[LANE_ID_TEXT];
	enum d4_status st;

	if (j == NULL)
		return D4_ENOMEM;
	totals_init(&j->totals);
	j->key = strdup(key);
	j->marks = json_object();
	st = j->key == NULL || j->marks == NULL ? D4_ENOMEM
	                                        : sessions_new(&j->sessions);
	if (st == D4_OK)
		st = lane_key_id(key, id);
	if (st == D4_OK)
		st = journal_paths(j, dir, id);
	if (st == D4_OK)
		st = journal_writer(j, dir);
	if (st == D4_OK)
		st = journal_load(j);
	if (st != D4_OK) {
		journal_close(j);
		return st;
	}
	d4_spool_floor(j->writer, j->snapshot_seq);
	j->origin = d4_crc32c(0, d4_slice_str(key));
	*out = j;
	return D4_OK;
}

enum d4_status
journal_look(const char *dir, const char *id, struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));
	enum d4_status st;

	if (j == NULL)
		return D4_ENOMEM;
	totals_init(&j->totals);
	j->marks = json_object();
	st = j->marks == NULL ? D4_ENOMEM : sessions_new(&j->sessions);
	if (st == D4_OK)
		st = journal_paths(j, dir, id);
	if (st == D4_OK)
		st = journal_load(j);
	if (st != D4_OK) {
		journal_close(j);
		return st;
	}
	*out = j;
	return D4_OK;
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	d4_spool_writer_close(j->writer);
	totals_fini(&j->totals);
	sessions_free(j->sessions);
	parks_fini(&j->parks);
	json_decref(j->touched);
	json_decref(j->marks);
	free(j->folder);
	free(j->sums);
	free(j->key);
	free(j);
}

struct totals *
journal_totals(struct journal *j)
{
	return &j->totals;
}

struct parks *
journal_parks(struct journal *j)
{
	return &j->parks;
}

uint64_t
journal_fence(const struct journal *j)
{
	return j->fence;
}

struct stream_id
journal_last(const struct journal *j)
{
	return j->last;
}

bool
journal_session(struct journal *j, const struct d4_uuid *sess, uint64_t first,
    uint64_t last)
{
	char text[D4_UUID_TEXT];

	if (!sessions_seen(j->sessions, sess, first, last))
		return false;
	if (j->touched == NULL)
		j->touched = json_object();
	d4_uuid_text(sess, text);
	/* Out of memory: not journaled, so forgotten by a restart only. */
	(void)json_object_set_new(
	    j->touched, text, json_integer((json_int_t)last));
	return true;
}

void
journal_lane_gone(struct journal *j, const char *partner, const char *lane)
{
	marks_forget(j->marks, partner, lane);
}

/* The parked partners' members, beside the others. */
static int
journal_put_parks(const struct journal *j, const struct stream_id *last,
    bool batch, json_t *o)
{
	json_t *parks = parks_json(&j->parks, last, batch);
	int bad = parks == NULL || json_object_update(o, parks) != 0;

	json_decref(parks);
	return bad;
}

static char *
journal_text(struct journal *j, const struct journal_batch *b)
{
	json_t *o = totals_json(&j->totals, true);
	char first[STREAM_ID_TEXT], last[STREAM_ID_TEXT];
	char *text = NULL;
	int bad = 0;

	stream_id_text(&b->first, first);
	stream_id_text(&b->last, last);
	bad |= json_object_set_new(o, "v", json_integer(JOURNAL_VERSION));
	bad |= json_object_set_new(o, "queue", json_string(j->key));
	bad |= json_object_set_new(o, "first", json_string(first));
	bad |= json_object_set_new(o, "last", json_string(last));
	bad |=
	    json_object_set_new(o, "fence", json_integer((json_int_t)b->fence));
	bad |= journal_put_parks(j, &b->last, true, o);
	if (j->touched != NULL)
		bad |= json_object_set(o, "sessions", j->touched);
	else
		bad |= json_object_set_new(o, "sessions", json_object());
	if (b->marks != NULL)
		bad |= json_object_set_new(
		    o, "marks", json_copy((json_t *)(uintptr_t)b->marks));
	if (bad == 0)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

/* Queues the batch's entry, unless a failed commit left it queued. */
static enum d4_status
journal_append(struct journal *j, const struct journal_batch *b)
{
	struct d4_spool_entry e = {.origin = j->origin,
	    .n = (uint32_t)b->entries,
	    .id_ms = b->last.ms,
	    .id_n = b->last.n};
	enum d4_status st;
	char *text;

	if (d4_spool_queued(j->writer) > 0)
		return D4_OK;
	text = journal_text(j, b);
	if (text == NULL)
		return D4_ENOMEM;
	e.data = d4_slice_str(text);
	st = d4_spool_append(j->writer, &e);
	free(text);
	return st;
}

enum d4_status
journal_commit(struct journal *j, const struct journal_batch *b)
{
	enum d4_status st;

	j->totals.entries[1] = b->entries;
	st = journal_append(j, b);
	if (st == D4_OK)
		st = d4_spool_commit(j->writer);
	if (st != D4_OK)
		return st;
	totals_commit(&j->totals);
	parks_commit(&j->parks, &b->last);
	marks_merge(j->marks, b->marks);
	json_decref(j->touched);
	j->touched = NULL;
	j->last = b->last;
	j->fence = b->fence;
	return D4_OK;
}

static void
journal_add_session(void *arg, const struct d4_uuid *sess, uint64_t last)
{
	char text[D4_UUID_TEXT];
	json_t *list = arg;

	d4_uuid_text(sess, text);
	(void)json_array_append_new(
	    list, json_pack("[s, I]", text, (json_int_t)last));
}

static char *
journal_sums_text(struct journal *j)
{
	json_t *o = totals_json(&j->totals, false);
	json_t *list = json_array();
	char *text = NULL;
	char last[STREAM_ID_TEXT];
	int bad = 0;

	stream_id_text(&j->last, last);
	sessions_each(j->sessions, journal_add_session, list);
	bad |= json_object_set_new(o, "v", json_integer(JOURNAL_VERSION));
	bad |= json_object_set_new(o, "queue", json_string(j->key));
	bad |= json_object_set_new(o, "last", json_string(last));
	bad |= json_object_set_new(
	    o, "seq", json_integer((json_int_t)d4_spool_seq(j->writer)));
	bad |= json_object_set_new(o, "sessions", list);
	bad |= json_object_set(o, "marks", j->marks);
	bad |=
	    json_object_set_new(o, "fence", json_integer((json_int_t)j->fence));
	bad |= journal_put_parks(j, &j->last, false, o);
	if (bad == 0)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

enum d4_status
journal_snapshot(struct journal *j)
{
	enum d4_status st;
	char *text;

	if (d4_spool_seq(j->writer) == j->snapshot_seq)
		return D4_OK;
	text = journal_sums_text(j);
	if (text == NULL)
		return D4_ENOMEM;
	st = d4_file_replace(j->sums, d4_slice_str(text), 0640);
	free(text);
	if (st != D4_OK)
		return st;
	j->snapshot_seq = d4_spool_seq(j->writer);
	if (d4_spool_bytes(j->writer) > JOURNAL_KEEP)
		st = d4_spool_trim(j->writer, j->snapshot_seq);
	return st;
}
