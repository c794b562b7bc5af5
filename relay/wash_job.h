/* One entry on its way to one partner; for wash_path.c and wash_job.c. */
#ifndef RELAY_WASH_JOB_H
#define RELAY_WASH_JOB_H

#include "relay/wash_path.h"

/*
 * struct job -- one entry, its stream, and the partner in progress.
 * Shape:  san: the chain's stream that works, or worked, on the entry; of
 *         another partner when they have it in common. What it writes is in out
 *         after `from`: in place in the lane's own buffer when the lane is
 *         known, which it nearly always is, else in w->out or, for several
 *         partners, in w->common. leads: it is noted there how, too; follows:
 *         an earlier partner did, with the same chain.
 */
struct job {
	const struct wash_work *w;
	const struct d4_entry *e;
	struct stream *stream;
	size_t partner;
	struct path *path;
	struct san_stream *san;
	struct d4_buf *out;
	size_t from;
	bool in_place, leads, follows;
};

/* path_ready -- the lane is known, and what is written is under our rule.
 */
bool path_ready(const struct path *p);

/* job_held -- the lane has the entry already: a crash came in between. */
bool job_held(const struct job *j);

/* job_data -- what the chain wrote. */
struct d4_slice job_data(const struct job *j);

/* job_shared -- what holds it, where other partners may have the same. */
struct d4_spool_share *job_shared(const struct job *j);

/*
 * job_out_begin -- where the chain will write; the file has begun when this
 * job leads. Errors: as d4_spool_begin.
 */
D4_USED enum d4_status job_out_begin(struct job *j);

/*
 * job_out_move -- not in that lane after all: what was written moves out of
 * its buffer, or is forgotten. Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status job_out_move(struct job *j, bool keep);

/* job_follow -- makes it of what the leader made. D4_ENOTSUP: feed it. */
D4_USED enum d4_status job_follow(struct job *j);

/*
 * A chain without keys has no memory either (a threshold counts keyed
 * hashes), so what it makes of a file is the same for every partner.
 * job_common -- takes what it made of this entry for an earlier partner;
 * false: nothing of that chain, or keys make the difference.
 * job_common_keep -- for the later ones.
 */
bool job_common(struct job *j, struct d4_tally *before, struct d4_tally *after);
void job_common_keep(
    struct job *j, const struct d4_tally *before, const struct d4_tally *after);

#endif
