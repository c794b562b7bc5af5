#include <stdio.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "libd4/type.h"
#include "relay/release.h"
#include "relay/wash_job.h"

#define SECOND_US 1000000u

static const char *
job_partner(const struct job *j)
{
	return pol_partner_at(gate_policy(j->w->gate), j->partner)->id;
}

static struct decide_facts
job_facts(const struct job *j)
{
	return (struct decide_facts){.partner = job_partner(j),
	    .sensor = j->stream->sensor,
	    .type = j->stream->type,
	    .ext = j->stream->ext,
	    .meta = j->stream->meta,
	    .now_s = j->w->now_us / SECOND_US,
	    .minted = lanes_minted(j->w->lanes, &j->stream->sensor)};
}

/* Decides when it was not yet, or not in this minute. */
static void
job_decide(struct job *j)
{
	uint64_t minute = j->w->now_us / SECOND_US / 60;
	struct path *p = j->path;
	struct decide_facts facts;
	struct decision d;

	if (p->decided && p->minute == minute)
		return;
	facts = job_facts(j);
	decide(j->w->gate, &facts, &d);
	if (!p->decided || !decide_same(&p->d, &d)) {
		path_reset(j->w->streams, j->stream, j->partner);
		d4_info("verdict partner=%s type=%u ext=%s source=%s %s=%s",
		    facts.partner, (unsigned)facts.type, facts.ext, d.source,
		    d.allow ? "allow" : "deny", d.rule);
	}
	p->d = d;
	p->decided = true;
	p->minute = minute;
}

/* The row that this entry counts in; lane "" where none is known. */
static enum d4_status
job_row(const struct job *j, const char *lane, ssize_t *row)
{
	const struct path *p = j->path;
	struct totals_key key = {.type = j->stream->type,
	    .allow = p->d.allow,
	    .shadow = p->d.shadow};
	enum d4_status st;
	size_t at;

	if (*row >= 0)
		return D4_OK;
	(void)snprintf(key.partner, sizeof(key.partner), "%s", job_partner(j));
	(void)snprintf(key.rule, sizeof(key.rule), "%s", p->d.rule);
	(void)snprintf(key.source, sizeof(key.source), "%s", p->d.source);
	(void)snprintf(key.lane, sizeof(key.lane), "%s", lane);
	(void)snprintf(key.ext, sizeof(key.ext), "%s", j->stream->ext);
	(void)snprintf(key.label, sizeof(key.label), "%s", p->d.label);
	st = totals_row(journal_totals(j->w->journal), &key, &at);
	if (st == D4_OK)
		*row = (ssize_t)at;
	return st;
}

static enum d4_status
job_refuse(struct job *j, enum d4_reason why)
{
	enum d4_status st = job_row(j, "", &j->path->none);

	if (st == D4_OK)
		totals_refuse(journal_totals(j->w->journal),
		    (size_t)j->path->none, why, j->e->n);
	return st;
}

/* The name of the path's lane for a variant, and its header. */
static enum d4_status
job_name(struct job *j, uint32_t variant, struct d4_buf *meta,
    struct d4_spool_lane *head)
{
	struct decide_facts facts = job_facts(j);
	struct path *p = j->path;
	enum d4_status st;

	st = decide_head(j->w->gate, &facts, variant, meta, head);
	if (st != D4_OK)
		return st;
	/* What is there was made by the chain that was decided on. */
	if (strcmp(head->pipeline, san_chain_hash(p->d.chain)) != 0)
		return D4_EDENIED;
	if (!p->named || p->variant != variant ||
	    strcmp(p->id, head->id) != 0) {
		p->lane = NULL;
		p->row = -1;
	}
	(void)snprintf(p->id, sizeof(p->id), "%s", head->id);
	p->variant = variant;
	p->named = true;
	return D4_OK;
}

/* Makes p->lane the lane of that variant. */
static enum d4_status
job_lane(struct job *j, uint32_t variant)
{
	struct lane_feed feed = {.sensor = j->stream->sensor,
	    .type = j->stream->type,
	    .meta = j->stream->meta};
	struct d4_spool_lane head;
	struct d4_buf meta;
	enum d4_status st;

	d4_buf_init(&meta, D4_META_MAX);
	(void)snprintf(
	    feed.source, sizeof(feed.source), "%s", j->path->d.source);
	(void)snprintf(feed.to, sizeof(feed.to), "%s",
	    pol_partner_at(gate_policy(j->w->gate), j->partner)->org);
	st = job_name(j, variant, &meta, &head);
	if (st == D4_OK)
		st = lanes_get(j->w->lanes, &head, &feed, &j->path->lane);
	if (st == D4_OK)
		j->path->labels = d4_spool_labels(j->path->lane->writer);
	d4_buf_fini(&meta);
	return st;
}

/* Only the name, for the counts; where there is none they have no lane. */
static void
job_name_only(struct job *j, uint32_t variant)
{
	struct d4_spool_lane head;
	struct d4_buf meta;

	if (j->path->named && j->path->variant == variant)
		return;
	d4_buf_init(&meta, D4_META_MAX);
	if (job_name(j, variant, &meta, &head) != D4_OK) {
		j->path->named = false;
		j->path->row = -1;
	}
	d4_buf_fini(&meta);
}

static enum d4_status
job_append(struct job *j, uint64_t n)
{
	const struct path *p = j->path;
	uint64_t rx_s = j->e->t_rx_us / SECOND_US;
	struct d4_spool_entry out = {.origin = j->w->origin,
	    .id_ms = j->w->id.ms,
	    .id_n = j->w->id.n,
	    .sess = j->e->sess,
	    .sess_seq = j->e->seq,
	    .n = (uint32_t)n,
	    .t_first_us = j->e->t_rx_us,
	    .t_last_us = j->e->t_rx_us,
	    .opening = (uint32_t)san_stream_opening(j->san),
	    .not_before_s = release_when(
		j->e->t_rx_us, p->d.share->delay_us, p->d.share->embargo_s),
	    .data = job_data(j)};
	enum d4_status st;

	if (p->d.max_age_s > 0)
		out.expires_s = rx_s + p->d.max_age_s;
	if (!j->in_place && job_held(j))
		return D4_OK; /* a crash came between lane and journal */
	p->lane->touched = true;
	if (j->in_place)
		st = d4_spool_end(p->lane->writer, &out);
	else if (job_shared(j) != NULL)
		st =
		    d4_spool_append_share(p->lane->writer, &out, job_shared(j));
	else
		st = d4_spool_append(p->lane->writer, &out);
	j->in_place = false;
	if (st == D4_OK)
		lane_appended(p->lane);
	return st;
}

/* Once in the log, and on disk. */
static void
job_alarm(struct job *j)
{
	enum d4_reason why;
	enum d4_status st;

	if (!san_stream_broken(j->san, &why)) {
		j->path->alarmed = false;
		return;
	}
	if (j->path->alarmed)
		return;
	j->path->alarmed = true;
	st = path_stopped(j->w->streams, j->stream, j->partner);
	d4_warnx("alarm breaker=open partner=%s source=%s rule=%s reason=%s "
		 "remedy=\"nothing of this stream leaves until its pipeline is "
		 "another one, or d4-relay breaker close\"",
	    job_partner(j), j->path->d.source, j->path->d.rule,
	    d4_reason_name(why));
	if (st != D4_OK)
		d4_warnx("breaker=unnoted error=\"%s\" (it is tried again "
			 "every second; nothing is acknowledged until then)",
		    d4_status_text(st));
}

static enum d4_status
job_feed(struct job *j)
{
	struct san_stream *san = j->san;
	enum d4_status st = D4_ENOTSUP;

	if (j->follows)
		st = job_follow(j);
	if (st != D4_ENOTSUP)
		return st;
	if (!j->leads)
		san_stream_begin(san);
	st = san_stream_feed(san, j->e->data, j->out);
	if (st == D4_OK || st == D4_EMALFORMED)
		st = san_stream_finish(san, j->out);
	return st;
}

/* Feeds the entry's file; *after is the tally behind it. */
static enum d4_status
job_chain(struct job *j, struct d4_tally *after)
{
	struct san_stream *san = j->san;
	enum d4_status st = job_feed(j);

	*after = *san_stream_tally(san);
	j->path->dirty = true;
	job_alarm(j);
	/* Too big: what is there is not whole. */
	if (st == D4_ENOMEM || st == D4_ETOOBIG)
		(void)!job_out_move(j, false);
	return st == D4_ENOMEM ? st : D4_OK;
}

/* What was forwarded is not written after all. */
static void
job_take_back(struct d4_tally *after, const struct d4_tally *before)
{
	uint64_t n = after->records[D4_R_NONE] - before->records[D4_R_NONE];

	after->records[D4_R_NONE] -= n;
	after->records[D4_R_INTERNAL] += n;
}

/* D4_OK: it is appended. D4_ETOOBIG: it cannot be, and is not sent. */
static enum d4_status
job_write(struct job *j, uint64_t n)
{
	uint32_t variant = san_stream_variant(j->san);
	struct path *p = j->path;
	enum d4_status st = D4_OK;

	if (!path_ready(p) || p->variant != variant) {
		st = job_out_move(j, true);
		if (st == D4_OK)
			st = job_lane(j, variant);
	}
	if (st == D4_OK)
		st = job_append(j, n);
	if (st == D4_ETOOBIG || st == D4_EDENIED || st == D4_ECRYPTO) {
		d4_warnx(
		    "alarm partner=%s source=%s lane=%s not_written=\"%s\"",
		    job_partner(j), p->d.source, p->id, d4_status_text(st));
		st = D4_ETOOBIG;
	}
	return st;
}

/* The chain's work to the lane, and both into the counts. */
static enum d4_status
job_output(struct job *j, const struct d4_tally *before, struct d4_tally *after)
{
	uint64_t n = after->records[D4_R_NONE] - before->records[D4_R_NONE];
	struct path *p = j->path;
	enum d4_status st = D4_OK;

	if (job_data(j).n > 0) {
		st = job_write(j, n);
	} else {
		(void)!job_out_move(j, false);
		job_name_only(j, san_stream_variant(j->san));
		st = n > 0 ? D4_ETOOBIG : D4_OK;
	}
	if (st == D4_ETOOBIG) {
		job_take_back(after, before);
		st = D4_OK;
	}
	if (st == D4_OK)
		st = job_row(j, p->named ? p->id : "", &p->row);
	if (st == D4_OK)
		totals_count(journal_totals(j->w->journal), (size_t)p->row,
		    before, after);
	return st;
}

/* A sensor without a clock says 0: then it is when its frame came. */
static uint64_t
job_made(const struct d4_entry *e)
{
	return e->t_hdr_s != 0 ? e->t_hdr_s : e->t_rx_us / SECOND_US;
}

static enum d4_status
job_release(struct job *j)
{
	struct d4_tally before, after;
	enum d4_status st;

	if (job_common(j, &before, &after))
		return job_output(j, &before, &after);
	st = path_san(j->w->streams, j->stream, j->partner, &j->san);
	if (st == D4_ENOTSUP)
		return job_refuse(j, D4_R_TYPE_UNSUPPORTED);
	if (st != D4_OK)
		return st == D4_ENOMEM ? st : job_refuse(j, D4_R_INTERNAL);
	before = *san_stream_tally(j->san);
	san_stream_time(j->san, job_made(j->e));
	st = job_out_begin(j);
	if (st == D4_OK)
		st = job_chain(j, &after);
	if (st == D4_OK) {
		job_common_keep(j, &before, &after);
		st = job_output(j, &before, &after);
	}
	if (j->in_place)
		(void)!job_out_move(j, false);
	return st;
}

static enum d4_status
job_run(struct job *j)
{
	job_decide(j);
	if (!j->path->d.allow)
		return job_refuse(j, D4_R_POLICY_DENY);
	if (j->path->d.shadow)
		return job_refuse(j, D4_R_POLICY_SHADOW);
	return job_release(j);
}

enum d4_status
wash_entry(const struct wash_work *w, const struct d4_entry *e)
{
	size_t n = pol_n_partners(gate_policy(w->gate));
	struct job j = {.w = w, .e = e};
	enum d4_status st;

	if (w->common != NULL)
		w->common->chain = NULL;
	st = streams_get(w->streams, e, &j.stream);
	for (size_t i = 0; st == D4_OK && i < n; i++) {
		j.partner = i;
		j.path = &j.stream->path[i];
		if (w->skip == NULL || !w->skip[i])
			st = job_run(&j);
	}
	return st;
}
