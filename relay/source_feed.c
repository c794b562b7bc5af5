#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "libd4/type.h"
#include "relay/lanes_partner.h"
#include "relay/source_feed.h"

enum d4_status
feed_sess(struct source_feed *f, uint64_t number)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[128];
	int n = snprintf(text, sizeof(text), "d4 source %s %llu", f->conf->id,
	    (unsigned long long)number);

	if (EVP_Digest(text, (size_t)n, md, NULL, EVP_sha256(), NULL) != 1)
		return D4_ECRYPTO;
	memcpy(f->sess.b, md, D4_UUID_LEN);
	d4_uuid_force(&f->sess, 8);
	return D4_OK;
}

enum d4_status
feed_init(struct source_feed *f, struct source *s, bool alone)
{
	char key[sizeof(s->conf->id) + 16];
	enum d4_status st;

	f->source = s;
	f->conf = s->conf;
	(void)snprintf(key, sizeof(key), "source:%s", s->conf->id);
	if (s->conf->type == D4_TYPE_EXTENDED)
		(void)snprintf(f->meta, sizeof(f->meta), "{\"type\":\"%s\"}",
		    s->conf->ext);
	st = pol_queue_uuid(s->conf->id, &f->sensor);
	if (st == D4_OK)
		st = feed_sess(f, 0);
	if (st == D4_OK)
		st = shard_add(s->wash, s, key, &f->shard);
	if (st == D4_OK)
		f->shard->alone = alone;
	return st;
}

bool
feed_open(struct source_feed *f)
{
	struct wash *w = f->source->wash;
	enum d4_status st;

	if (f->shard->state == SHARD_FED)
		return true;
	if (w->gate == NULL || !w->setup->have_master || w->stopping)
		return false;
	st = journal_open(
	    w->setup->dirs.state, f->shard->key, &f->shard->journal);
	if (st != D4_OK) {
		feed_alarms(f, "journal: %s", d4_status_text(st));
		return false;
	}
	f->shard->state = SHARD_FED;
	return true;
}

/* Is a partner without room to get this? */
static bool
feed_held(const struct source_feed *f)
{
	struct wash *w = f->source->wash;
	const struct decide_facts facts = {.sensor = f->sensor,
	    .type = f->conf->type,
	    .ext = f->conf->ext,
	    .meta = d4_slice_str(f->meta),
	    .now_s = d4_now_us() / 1000000u,
	    .minted = lanes_minted(w->lanes, &f->sensor)};

	return lanes_parking(w->lanes) && park_holds(w, facts);
}

bool
feed_ready(struct source_feed *f)
{
	const struct wash *w = f->source->wash;

	/* What a full partner would miss cannot be read again (ADR 0014). */
	return w->stall == WASH_RUNS && !w->stopping && !f->waiting &&
	       feed_open(f) && !feed_held(f);
}

struct stream_id
feed_last(const struct source_feed *f)
{
	return journal_last(f->shard->journal);
}

/* The batch has one entry more, up to id. */
static void
feed_mark(struct source_feed *f, const struct stream_id *id)
{
	struct shard *s = f->shard;

	if (s->batch.entries++ == 0)
		s->batch.first = *id;
	s->batch.last = *id;
	s->batch.fence = s->fence;
	s->in_batch = true;
}

enum d4_status
feed_put(struct source_feed *f, const struct feed_entry *e)
{
	struct stream_id last = feed_last(f);
	struct d4_entry out = {.sess = f->sess,
	    .seq = e->seq,
	    .n = e->n,
	    .sensor = f->sensor,
	    .type = f->conf->type,
	    .ext = d4_slice_str(f->conf->ext),
	    .meta = d4_slice_str(f->meta),
	    .t_hdr_s = e->t_hdr_s,
	    .t_rx_us = e->t_us,
	    .data = e->data};

	if (stream_id_compare(&e->id, &last) <= 0)
		return D4_OK;
	feed_mark(f, &e->id);
	f->passed += e->n;
	return batch_put(f->source->wash, f->shard, &e->id, &out);
}

void
feed_drop(struct source_feed *f, enum d4_reason why, struct feed_drop what,
    const char *item)
{
	f->drop[why].n += what.n;
	f->drop[why].bytes += what.bytes;
	f->dropped = true;
	if (item == NULL || f->item[0] != '\0')
		return;
	/* It goes into a JSON text, and may be hostile. */
	(void)snprintf(f->item, sizeof(f->item), "%s", item);
	for (char *p = f->item; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
	}
}

enum d4_status
feed_account(struct source_feed *f, const char *event, json_t *fields_taken)
{
	json_t *o = fields_taken != NULL ? fields_taken : json_object();

	(void)json_object_set_new(o, "source", json_string(f->conf->id));
	return d4_account_write(f->source->wash->account, true, event, o);
}

/* The source's own row of the counts: what passed, what was dropped. */
static enum d4_status
feed_count(struct source_feed *f)
{
	struct totals *t = journal_totals(f->shard->journal);
	struct totals_key key = {.rule = "source", .type = f->conf->type};
	enum d4_status st;
	size_t row;

	(void)snprintf(key.source, sizeof(key.source), "%s", f->conf->id);
	(void)snprintf(key.ext, sizeof(key.ext), "%s", f->conf->ext);
	st = totals_row(t, &key, &row);
	if (st != D4_OK)
		return st;
	if (f->passed > 0)
		totals_pass(t, row, f->passed);
	for (unsigned i = D4_R_NONE + 1; i < D4_REASON_MAX; i++) {
		if (f->drop[i].n > 0)
			totals_refuse(t, row, (enum d4_reason)i, f->drop[i].n);
	}
	return D4_OK;
}

/*
 * One record a reason. A batch that is worked on again after a crash is
 * accounted again, under the same id.
 */
static enum d4_status
feed_account_drops(struct source_feed *f, const struct stream_id *end)
{
	enum d4_status st = D4_OK;
	char batch[48];

	(void)snprintf(batch, sizeof(batch), "%llu-%llu",
	    (unsigned long long)end->ms, (unsigned long long)end->n);
	for (unsigned i = D4_R_NONE + 1; st == D4_OK && i < D4_REASON_MAX;
	     i++) {
		if (f->drop[i].n == 0)
			continue;
		d4_warnx("source=%s dropped=%llu reason=%s", f->conf->id,
		    (unsigned long long)f->drop[i].n,
		    d4_reason_name((enum d4_reason)i));
		st = feed_account(f, "source.dropped",
		    json_pack("{s:s, s:s, s:I, s:I, s:s*}", "batch", batch,
			"reason", d4_reason_name((enum d4_reason)i), "records",
			(json_int_t)f->drop[i].n, "bytes",
			(json_int_t)f->drop[i].bytes, "item",
			f->item[0] != '\0' ? f->item : NULL));
	}
	return st;
}

void
feed_finish(struct source_feed *f, struct stream_id end)
{
	struct wash *w = f->source->wash;
	enum d4_status st;

	feed_mark(f, &end);
	st = feed_count(f);
	if (st == D4_OK && f->dropped)
		st = feed_account_drops(f, &end);
	if (st != D4_OK) {
		feed_fail(f, st);
		return;
	}
	f->waiting = true;
	if (f->shard->alone)
		f->shard->renewed_ms = d4_mono_ms();
	w->batches++;
	batch_finish(w);
}

void
feed_fail(struct source_feed *f, enum d4_status why)
{
	f->shard->in_batch = true; /* so that it is dropped */
	batch_drop(f->source->wash, why);
}

void
feed_ended(struct source_feed *f)
{
	if (f->dropped)
		memset(f->drop, 0, sizeof(f->drop));
	f->dropped = f->waiting = false;
	f->item[0] = '\0';
	f->passed = 0;
}

void
feed_alarms(struct source_feed *f, const char *fmt, ...)
{
	char text[FEED_ALARM];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strcmp(text, f->alarm) == 0)
		return;
	memcpy(f->alarm, text, sizeof(text));
	if (text[0] != '\0')
		d4_warnx("alarm source=%s why=\"%s\"", f->conf->id, text);
	else
		d4_info("source=%s alarm=over", f->conf->id);
}
