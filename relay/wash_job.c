/* Where a chain writes, and what several partners have in common. */
#include "relay/wash_job.h"

bool
path_ready(const struct path *p)
{
	return p->lane != NULL && p->labels == d4_spool_labels(p->lane->writer);
}

bool
job_held(const struct job *j)
{
	struct stream_id held = {0, 0};

	return d4_spool_held(
		   j->path->lane->writer, j->w->origin, &held.ms, &held.n) &&
	       stream_id_compare(&j->w->id, &held) <= 0;
}

struct d4_slice
job_data(const struct job *j)
{
	return d4_slice_of(j->out->p + j->from, j->out->n - j->from);
}

/* Can another partner of this entry use what this one's chain makes? */
static bool
job_is_common(const struct job *j)
{
	size_t n = pol_n_partners(gate_policy(j->w->gate));
	const struct san_chain *chain = j->path->d.chain;
	enum d4_reason why;

	if (j->w->common == NULL || j->path->remembers ||
	    san_stream_broken(j->san, &why) ||
	    (san_chain_needs_keys(chain) && j->w->common->trace == NULL))
		return false;
	for (size_t i = j->partner + 1; i < n; i++) {
		const struct path *p = &j->stream->path[i];

		if (p->decided && p->d.allow && !p->d.shadow &&
		    p->d.chain == chain)
			return true;
	}
	return false;
}

/* Other keys give other bytes: only how they came about can be of use. */
static bool
job_leads(struct job *j)
{
	if (!san_chain_needs_keys(j->path->d.chain))
		return false;
	san_stream_begin(j->san);
	return san_stream_lead(j->san, j->w->common->trace) == D4_OK;
}

/* Did an earlier partner of this entry lead, with the same chain? */
static bool
job_follows(const struct job *j)
{
	const struct wash_common *c = j->w->common;

	return c != NULL && c->chain != NULL && c->chain == j->path->d.chain &&
	       san_chain_needs_keys(c->chain) && !j->path->remembers;
}

enum d4_status
job_follow(struct job *j)
{
	const struct wash_common *c = j->w->common;

	return san_stream_follow(
	    j->san, c->trace, d4_buf_slice(&c->share->bytes), j->out);
}

struct d4_spool_share *
job_shared(const struct job *j)
{
	const struct wash_common *c = j->w->common;

	return c != NULL && c->share != NULL && j->out == &c->share->bytes
	           ? c->share
	           : NULL;
}

/* Other bytes than those that lanes may have queued. */
static enum d4_status
job_share_begin(struct job *j)
{
	struct wash_common *c = j->w->common;
	enum d4_status st;

	c->chain = NULL; /* its bytes are gone */
	d4_spool_share_drop(c->share);
	c->share = NULL;
	st = d4_spool_share_take(
	    &c->pool, j->e->data.n, D4_SPOOL_ENTRY, &c->share);
	if (st == D4_OK)
		j->out = &c->share->bytes;
	return st;
}

void
wash_common_fini(struct wash_common *c)
{
	d4_spool_share_drop(c->share);
	c->share = NULL;
	d4_spool_shares_fini(&c->pool);
	san_trace_free(c->trace);
	c->trace = NULL;
}

enum d4_status
job_out_begin(struct job *j)
{
	enum d4_status st = D4_OK;
	bool common;

	j->follows = job_follows(j);
	common = !j->follows && job_is_common(j);
	j->leads = common && job_leads(j);
	if (common && !j->leads)
		common = !san_chain_needs_keys(j->path->d.chain);
	j->out = j->w->out;
	j->out->n = 0;
	if (common)
		st = job_share_begin(j);
	if (st != D4_OK)
		return st;
	j->in_place =
	    !common && path_ready(j->path) && j->path->named && !job_held(j);
	if (j->in_place)
		st = d4_spool_begin(j->path->lane->writer, &j->out);
	j->from = j->out->n;
	return st;
}

/* Not in that lane after all: what was written moves out of its buffer. */
enum d4_status
job_out_move(struct job *j, bool keep)
{
	struct d4_slice data = job_data(j);
	enum d4_status st = D4_OK;

	if (!j->in_place) {
		j->out->n = keep ? j->out->n : 0;
		return D4_OK;
	}
	if (keep)
		st = d4_buf_add(j->w->out, data.p, data.n);
	(void)!d4_spool_end(j->path->lane->writer, NULL);
	j->in_place = false;
	j->out = j->w->out;
	j->from = 0;
	return st;
}

void
job_common_keep(
    struct job *j, const struct d4_tally *before, const struct d4_tally *after)
{
	struct wash_common *c = j->w->common;

	if (job_shared(j) == NULL)
		return;
	c->chain = j->path->d.chain;
	c->san = j->san;
	c->before = *before;
	c->after = *after;
}

/*
 * Each partner has its own breaker, whoever works: it holds for what another
 * one's stream made, and what stopped that stream stops this path as well.
 * No chain yet: as stopped, whoever makes it learns why.
 */
static bool
job_stopped(struct job *j)
{
	struct san_stream *own;
	enum d4_reason why;

	if (path_san(j->w->streams, j->stream, j->partner, &own) != D4_OK)
		return true;
	if (san_stream_broken(j->w->common->san, &why))
		san_stream_stop(own, why);
	return san_stream_broken(own, &why);
}

bool
job_common(struct job *j, struct d4_tally *before, struct d4_tally *after)
{
	struct wash_common *c = j->w->common;

	if (c == NULL || c->chain == NULL || c->chain != j->path->d.chain ||
	    j->path->remembers || san_chain_needs_keys(c->chain) ||
	    job_stopped(j))
		return false;
	j->san = c->san;
	j->out = &c->share->bytes;
	j->from = 0;
	j->in_place = false;
	*before = c->before;
	*after = c->after;
	return true;
}
