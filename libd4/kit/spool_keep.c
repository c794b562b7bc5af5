#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_keep.h"
#include "libd4/kit/spool_writer.h"

void
d4_spool_limit(struct d4_spool_writer *w, uint64_t bytes)
{
	w->limit = bytes;
}

void
d4_spool_resume(struct d4_spool_writer *w, uint64_t seq, uint64_t total)
{
	if (w->segs.n > 0)
		return;
	d4_spool_floor(w, seq);
	w->total = w->queued_total = total;
}

bool
d4_spool_mark(const struct d4_spool_writer *w, struct d4_spool_mark *out)
{
	if (w->segs.n == 0 || w->fd < 0)
		return false;
	*out =
	    (struct d4_spool_mark){.first = w->segs.list[w->segs.n - 1].first,
		.seed = w->seed,
		.seq = w->seq,
		.total = w->total};
	return true;
}

enum d4_status
d4_spool_turn(struct d4_spool_writer *w, uint64_t first)
{
	if (w->segs.n == 0 || w->segs.list[w->segs.n - 1].first != first ||
	    w->next <= first || w->out.n > 0 || w->open)
		return D4_AGAIN;
	return spool_segment_begin(w, w->next);
}

/* ---- what they hold ---- */

/* A segment as it is read for what it holds. */
struct keep_file {
	struct spool_walk walk;
	struct d4_buf meta, file;
	struct d4_spool_lane lane;
	bool header;
};

static enum d4_status
keep_open(const struct d4_spool_writer *w, uint64_t first, struct keep_file *k)
{
	enum d4_status st;

	*k = (struct keep_file){.walk.final = true};
	d4_buf_init(&k->meta, SPOOL_JSON_MAX);
	d4_buf_init(&k->file, SPOOL_FILE_MAX);
	st = spool_slurp(w, first, &k->file);
	if (st != D4_OK)
		return st;
	k->walk.seed = spool_seed(d4_buf_slice(&k->file));
	k->header = spool_lane_decode(d4_buf_slice(&k->file), &k->meta,
			&k->lane, &k->walk.off) == D4_OK;
	return D4_OK;
}

static void
keep_close(struct keep_file *k)
{
	d4_buf_fini(&k->meta);
	d4_buf_fini(&k->file);
}

/* The next entry. False: the end; *damage: there was some in front of it. */
static bool
keep_next(struct keep_file *k, struct d4_spool_entry *e, bool *damage)
{
	enum d4_status st = D4_ECHECKSUM;
	size_t skipped;

	*damage = false;
	while (st != D4_OK && st != D4_AGAIN) {
		st = spool_walk_next(
		    &k->walk, d4_buf_slice(&k->file), e, &skipped);
		*damage = *damage || (st != D4_OK && st != D4_AGAIN);
	}
	return st == D4_OK;
}

/* next: where the one behind it begins. */
static enum d4_status
keep_look(
    const struct d4_spool_writer *w, struct spool_seg *seen, uint64_t next)
{
	struct d4_spool_entry e;
	struct keep_file k;
	enum d4_status st;
	bool damage = true;

	st = keep_open(w, seen->first, &k);
	if (st == D4_OK) {
		spool_seg_base(seen, k.header ? &k.lane : NULL);
		while (keep_next(&k, &e, &damage))
			spool_seg_note(seen, &e);
	}
	keep_close(&k);
	if (st == D4_OK && damage)
		spool_seg_ragged(seen, next);
	return st;
}

enum d4_status
d4_spool_survey(struct d4_spool_writer *w)
{
	struct spool_seg *s = w->segs.list, seen;
	enum d4_status st;
	size_t i = 0;

	while (i < w->segs.n && s[i].known)
		i++;
	if (i == w->segs.n)
		return D4_AGAIN;
	seen = s[i];
	/* The last one is known since the lane was opened. */
	st = keep_look(w, &seen, i + 1 < w->segs.n ? s[i + 1].first : w->next);
	if (st == D4_OK)
		s[i] = seen;
	s[i].known = true; /* what cannot be read now is not tried again */
	return st;
}

/* ---- what may go ---- */

/* Records of the lane in front of segment i; of what cannot be read, too. */
static uint64_t
keep_base(const struct d4_spool_writer *w, size_t i)
{
	while (i < w->segs.n && w->segs.list[i].base == UINT64_MAX)
		i++;
	return i < w->segs.n ? w->segs.list[i].base : w->total;
}

/*
 * Records of the lane up to what was sent, which ends in the segment at base.
 * Where entries cannot be read it is rather too early than too late.
 */
static uint64_t
keep_place(const struct d4_spool_writer *w, uint64_t first, uint64_t base,
    struct d4_spool_sent sent)
{
	uint64_t place = base;
	struct d4_spool_entry e;
	struct keep_file k;
	bool damage, more = keep_open(w, first, &k) == D4_OK;

	while (more && keep_next(&k, &e, &damage)) {
		more = e.seq <= sent.seq;
		if (more)
			place = e.base + e.n;
		else if (e.seq == sent.seq + 1)
			place = e.base;
	}
	keep_close(&k);
	return place + sent.part;
}

/* All that goes with segment i, whether it can be read or not. */
static uint64_t
keep_records(
    const struct d4_spool_writer *w, size_t i, struct d4_spool_sent sent)
{
	uint64_t from = keep_base(w, i), to = keep_base(w, i + 1);
	uint64_t first = w->segs.list[i].first;

	if (sent.seq >= first || (sent.part > 0 && sent.seq + 1 == first))
		from = keep_place(w, first, from, sent);
	return to > from ? to - from : 0;
}

static bool
keep_pick(const struct d4_spool_writer *w, size_t i, struct d4_spool_sent sent,
    struct d4_spool_pick *out)
{
	const struct spool_seg *s = &w->segs.list[i];

	/* The next one's base says how many it holds. */
	if (!s->known || (i + 1 < w->segs.n && !s[1].known) || s->last == 0 ||
	    s->last <= sent.seq)
		return false;
	*out = (struct d4_spool_pick){.first = s->first,
	    .bytes = s->bytes,
	    .from = sent.seq < s->first ? s->first : sent.seq + 1,
	    .to = s->last,
	    .records = keep_records(w, i, sent),
	    .t_first_us = s->t_first_us,
	    .t_last_us = s->t_last_us,
	    .whole = sent.seq + (sent.part > 0) < s->first};
	return true;
}

bool
d4_spool_oldest(const struct d4_spool_writer *w, struct d4_spool_sent sent,
    bool whole, struct d4_spool_pick *out)
{
	struct d4_spool_pick p;

	for (size_t i = 0; i < w->segs.n; i++) {
		if (!keep_pick(w, i, sent, &p) || (whole && !p.whole))
			continue;
		*out = p;
		return true;
	}
	return false;
}

bool
d4_spool_expired(const struct d4_spool_writer *w, struct d4_spool_sent sent,
    uint64_t now_s, struct d4_spool_pick *out)
{
	for (size_t i = 0; i < w->segs.n; i++) {
		const struct spool_seg *s = &w->segs.list[i];

		if (s->expires_s != 0 && s->expires_s <= now_s &&
		    keep_pick(w, i, sent, out))
			return true;
	}
	return false;
}

static void
keep_unlink(struct d4_spool_writer *w, size_t from, size_t n)
{
	char name[SPOOL_NAME_LEN];

	for (size_t i = from; i < from + n; i++) {
		spool_name(w->segs.list[i].first, name);
		(void)unlinkat(w->dirfd, name, 0);
	}
	w->segs.n -= n;
	memmove(w->segs.list + from, w->segs.list + from + n,
	    (w->segs.n - from) * sizeof(*w->segs.list));
}

enum d4_status
d4_spool_remove(struct d4_spool_writer *w, const struct d4_spool_pick *p)
{
	enum d4_status st;
	size_t i = 0;

	while (i < w->segs.n && w->segs.list[i].first != p->first)
		i++;
	if (i == w->segs.n || w->out.n > 0 || w->open)
		return D4_EINVAL;
	if (i + 1 == w->segs.n) {
		if (w->next <= p->first)
			return D4_EINVAL; /* it is the empty one */
		st = spool_segment_begin(w, w->next);
		if (st != D4_OK)
			return st;
	}
	keep_unlink(w, i, 1);
	return D4_OK;
}

bool
d4_spool_unused(const struct d4_spool_writer *w, uint64_t *since_s)
{
	struct stat sb;

	if (w->out.n > 0 || w->open || !w->empty || w->segs.n != 1 ||
	    w->fd < 0 || fstat(w->fd, &sb) != 0)
		return false;
	*since_s = (uint64_t)sb.st_mtim.tv_sec;
	return true;
}

enum d4_status
d4_spool_trim(struct d4_spool_writer *w, uint64_t confirmed)
{
	const struct spool_seg *s = w->segs.list;
	enum d4_status st;
	size_t n = 0;

	if (w->segs.n == 0)
		return D4_OK;
	if (w->seq > 0 && w->seq <= confirmed && w->out.n == 0 && !w->empty) {
		st = spool_segment_begin(w, w->next);
		if (st != D4_OK)
			return st;
		s = w->segs.list;
	}
	/* Behind it may be a gap: then what it held itself counts. */
	while (n + 1 < w->segs.n &&
	       (s[n + 1].first <= confirmed + 1 ||
		   (s[n].last != 0 && s[n].last <= confirmed)))
		n++;
	if (w->empty && w->seq <= confirmed)
		n = w->segs.n - 1;
	keep_unlink(w, 0, n);
	return D4_OK;
}
