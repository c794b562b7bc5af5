#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/lanes_partner.h"
#include "relay/wash_overflow.h"
#include "relay/wash_path.h"
#include "relay/wash_room.h"

#define BATCH_STATE  (256u << 10)                 /* bytes saved with a batch */
#define BATCH_FIELDS (2u * D4_ENTRY_FIELDS + 32u) /* room for later ones */

enum d4_status
batch_add_ack(struct shard *s, const struct stream_id *id)
{
	struct stream_id *list;
	size_t cap;

	if (s->n_acks == s->cap_acks) {
		cap = s->cap_acks == 0 ? 64 : 2 * s->cap_acks;
		list = reallocarray(s->acks, cap, sizeof(*list));
		if (list == NULL)
			return D4_ENOMEM;
		s->acks = list;
		s->cap_acks = cap;
	}
	s->acks[s->n_acks++] = *id;
	return D4_OK;
}

/* Does it stand in the queue of its type? The hub puts no other there. */
static bool
batch_own(const struct shard *s, const struct d4_entry *e)
{
	static const char behind[] = "0}:q";
	char key[256];

	return d4_queue_key(e->type, e->ext, 0, key, sizeof(key)) == D4_OK &&
	       strncmp(key, s->key, strlen(key) - strlen(behind)) == 0;
}

/* The reply's name and value pairs as an entry of that queue. */
static enum d4_status
batch_parse(const struct shard *s, const redisReply *fields, struct d4_entry *e)
{
	struct d4_slice pairs[BATCH_FIELDS];
	enum d4_status st;

	if (fields->elements > BATCH_FIELDS || fields->elements % 2 != 0)
		return D4_EMALFORMED;
	for (size_t i = 0; i < fields->elements; i++) {
		const redisReply *f = fields->element[i];

		if (f->type != REDIS_REPLY_STRING)
			return D4_EMALFORMED;
		pairs[i] = d4_slice_of(f->str, f->len);
	}
	st = d4_entry_parse(pairs, fields->elements / 2, e);
	/* The journal's numbers have a sign. */
	if (st == D4_OK && (!batch_own(s, e) || e->seq > INT64_MAX - e->n))
		st = D4_EMALFORMED;
	return st;
}

static enum d4_status
batch_malformed(const struct shard *s, const redisReply *id,
    const struct stream_id *at, enum d4_status st)
{
	const struct d4_entry unknown = {.n = 0};

	/* One line for each: an entry of ours is never malformed. */
	d4_warnx("queue=%s id=%s malformed=\"%s\"", s->key, id->str,
	    d4_status_text(st));
	if (!overflow_account(
		s, at, d4_reason_name(D4_R_ENTRY_MALFORMED), &unknown))
		return D4_ENOSPC;
	journal_totals(s->journal)->malformed[1]++;
	return D4_OK;
}

/* What an entry is worked on with; skip: see park_live. */
static struct wash_work
batch_work(struct wash *w, const struct shard *s, const struct stream_id *id,
    const bool *skip)
{
	return (struct wash_work){.gate = w->gate,
	    .streams = w->streams,
	    .lanes = w->lanes,
	    .journal = s->journal,
	    .out = &w->out,
	    .common = &w->common,
	    .skip = skip,
	    .origin = s->origin,
	    .id = *id,
	    .now_us = d4_now_us()};
}

enum d4_status
batch_put(struct wash *w, struct shard *s, const struct stream_id *id,
    const struct d4_entry *e)
{
	struct wash_work work;
	enum d4_status st;
	const bool *skip;

	if (!journal_session(s->journal, &e->sess, e->seq, e->seq + e->n - 1)) {
		journal_totals(s->journal)->duplicate[1]++;
		parks_note_dup(journal_parks(s->journal), id);
		return D4_OK;
	}
	st = park_live(w, s, id, &skip);
	if (st != D4_OK)
		return st;
	work = batch_work(w, s, id, skip);
	return wash_entry(&work, e);
}

/* An entry that is new to us. */
static enum d4_status
batch_entry(struct wash *w, struct shard *s, const struct stream_id *id,
    const redisReply *one)
{
	struct d4_entry e;
	enum d4_status st;

	if (one->element[1]->type != REDIS_REPLY_ARRAY) {
		e = (struct d4_entry){.n = 0}; /* trimmed under us */
		if (!overflow_account(s, id, "entry.trimmed", &e))
			return D4_ENOSPC;
		journal_totals(s->journal)->lost[1]++;
		return D4_OK;
	}
	st = batch_parse(s, one->element[1], &e);
	if (st != D4_OK)
		return batch_malformed(s, one->element[0], id, st);
	if (e.ref.segment != 0)
		st = overflow_fetch(s, id, &e);
	return st == D4_OK ? batch_put(w, s, id, &e) : st;
}

/* An entry that is not completed yet. D4_AGAIN: nor can it be, for now. */
static enum d4_status
batch_new(struct wash *w, struct shard *s, const struct stream_id *id,
    const redisReply *one)
{
	enum d4_status st = batch_entry(w, s, id, one);

	if (st != D4_OK && st != D4_END)
		return st;
	if (s->batch.entries++ == 0)
		s->batch.first = *id;
	s->batch.last = *id;
	return D4_OK;
}

enum d4_status
batch_again(struct wash *w, struct shard *s, const struct stream_id *id,
    const redisReply *one)
{
	struct wash_work work = batch_work(w, s, id, w->skip);
	enum d4_status st = D4_OK;
	struct d4_entry e;

	/* What is not well-formed was counted when it was read live. */
	if (one->element[1]->type != REDIS_REPLY_ARRAY ||
	    batch_parse(s, one->element[1], &e) != D4_OK)
		return D4_OK;
	if (e.ref.segment != 0)
		st = overflow_fetch(s, id, &e);
	if (st == D4_OK)
		st = wash_entry(&work, &e);
	return st == D4_END ? D4_OK : st;
}

enum d4_status
batch_take(struct wash *w, struct shard *s, const redisReply *entries)
{
	struct stream_id done = journal_last(s->journal), id;
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && i < entries->elements; i++) {
		const redisReply *one = entries->element[i];

		if (one->type != REDIS_REPLY_ARRAY || one->elements != 2 ||
		    stream_id_parse(one->element[0]->str, one->element[0]->len,
			&id) != D4_OK)
			continue;
		s->in_batch = true; /* there may be something to drop */
		if (stream_id_compare(&id, &done) > 0)
			st = batch_new(w, s, &id, one);
		/* else it was completed before; only acknowledged */
		if (st == D4_OK)
			st = batch_add_ack(s, &id);
		if (st == D4_OK)
			s->from = id;
		read_ahead(w, one);
	}
	s->batch.fence = s->fence;
	/* The shard is held: what came before it goes its way. */
	return st == D4_AGAIN ? D4_OK : st;
}

static void
batch_clear(struct shard *s)
{
	s->in_batch = s->committed = s->caught = false;
	s->n_acks = 0;
	s->batch = (struct journal_batch){.entries = 0};
}

void
batch_drop(struct wash *w, enum d4_status why)
{
	bool any = false;

	lanes_drop(w->lanes);
	for (size_t i = 0; i < w->n_shards; i++) {
		struct shard *s = w->shard[i];

		if (!s->in_batch)
			continue;
		any = true;
		batch_clear(s);
		shard_reset(s);
		if (s->source->kind->drop != NULL)
			s->source->kind->drop(s);
	}
	if (!any)
		return;
	streams_again(w->streams);
	wash_stalls(w, WASH_LATER, d4_status_text(why));
}

/* Is every lease of the batch fresh enough to write under it? */
static bool
batch_leased(const struct wash *w)
{
	uint64_t now = d4_mono_ms();

	for (size_t i = 0; i < w->n_shards; i++) {
		const struct shard *s = w->shard[i];

		if (s->in_batch && !s->alone &&
		    now - s->renewed_ms > WASH_SAFE_MS)
			return false;
	}
	return true;
}

/* Of each shard, under what it holds durably. */
static enum d4_status
batch_journal(struct wash *w)
{
	json_t *marks = lanes_marks(w->lanes);
	enum d4_status st = D4_OK;
	bool any = false;

	for (size_t i = 0; st == D4_OK && i < w->n_shards; i++) {
		struct shard *s = w->shard[i];

		if (!s->in_batch || s->committed ||
		    (s->batch.entries == 0 && !s->caught))
			continue;
		if (s->batch.entries == 0)
			s->batch.first = s->batch.last =
			    journal_last(s->journal);
		s->batch.marks = marks;
		st = journal_commit(s->journal, &s->batch);
		s->batch.marks = NULL;
		s->committed = st == D4_OK;
		any = any || s->committed;
	}
	if (any)
		lanes_marked(w->lanes);
	json_decref(marks);
	return st;
}

static enum d4_status
batch_commit(struct wash *w)
{
	enum d4_status st = d4_account_sync(w->account);

	/* A kill would close it, were its entry acknowledged. */
	if (st == D4_OK && !streams_noted(w->streams))
		st = D4_EIO;
	if (st == D4_OK)
		st = lanes_commit(w->lanes);
	/* Before the acknowledgement; taking an entry again changes nothing
	 * of it. Large states wait for the next snapshot (ADR 0007). */
	if (st == D4_OK && !streams_save(w->streams, BATCH_STATE))
		st = D4_EIO;
	return st == D4_OK ? batch_journal(w) : st;
}

void
batch_finish(struct wash *w)
{
	static const uint64_t one = 1;
	enum d4_status st;

	if (!batch_leased(w)) {
		batch_drop(w, D4_ETIMEOUT);
		return;
	}
	st = batch_commit(w);
	if (st != D4_OK) {
		wash_stalls(w, WASH_DISK, d4_status_text(st));
		return;
	}
	for (size_t i = 0; i < w->n_shards; i++) {
		if (!w->shard[i]->in_batch)
			continue;
		park_tell(w->shard[i]);
		w->shard[i]->source->kind->ack(w->shard[i]);
		batch_clear(w->shard[i]);
	}
	release_soon(w);
	if (write(w->setup->nudge, &one, sizeof(one)) < 0)
		d4_debug("nudge not taken"); /* post looks by itself, too */
	lanes_enforce(w->lanes);
	keep_room(w);
	if (w->stall != WASH_RUNS)
		wash_stalls(w, WASH_RUNS, "");
}
