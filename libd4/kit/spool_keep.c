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

/* ---- what they hold ---- */

/* Walks a segment's entries behind `after` into seen. */
static enum d4_status
keep_look(const struct d4_spool_writer *w, uint64_t first, uint64_t after,
    struct spool_seg *seen)
{
	struct spool_walk walk = {.final = true};
	struct d4_spool_lane lane;
	struct d4_spool_entry e;
	struct d4_buf meta, file;
	enum d4_status st;
	size_t skipped;

	d4_buf_init(&meta, SPOOL_JSON_MAX);
	d4_buf_init(&file, SPOOL_FILE_MAX);
	st = spool_slurp(w, first, &file);
	if (st == D4_OK) {
		walk.seed = spool_seed(d4_buf_slice(&file));
		(void)!spool_lane_decode(
		    d4_buf_slice(&file), &meta, &lane, &walk.off);
	}
	while (st != D4_AGAIN && st != D4_EIO && st != D4_ENOMEM) {
		st = spool_walk_next(&walk, d4_buf_slice(&file), &e, &skipped);
		if (st == D4_OK && e.seq > after)
			spool_seg_note(seen, &e);
	}
	d4_buf_fini(&meta);
	d4_buf_fini(&file);
	return st == D4_AGAIN ? D4_OK : st;
}

enum d4_status
d4_spool_survey(struct d4_spool_writer *w)
{
	struct spool_seg *s = NULL, seen;
	enum d4_status st;

	for (size_t i = 0; s == NULL && i < w->segs.n; i++)
		s = w->segs.list[i].known ? NULL : &w->segs.list[i];
	if (s == NULL)
		return D4_AGAIN;
	seen = *s;
	st = keep_look(w, s->first, 0, &seen);
	if (st == D4_OK)
		*s = seen;
	s->known = true; /* what cannot be read now is not tried again */
	return st;
}

/* ---- what may go ---- */

/* The records of a segment behind sent, which is in the middle of it. */
static uint64_t
keep_records(
    const struct d4_spool_writer *w, const struct spool_seg *s, uint64_t sent)
{
	struct spool_seg seen = {.last = 0};

	if (sent < s->first || keep_look(w, s->first, sent, &seen) != D4_OK)
		return s->records;
	return seen.records;
}

static bool
keep_pick(const struct d4_spool_writer *w, const struct spool_seg *s,
    uint64_t sent, struct d4_spool_pick *out)
{
	if (!s->known || s->last == 0 || s->last <= sent)
		return false;
	*out = (struct d4_spool_pick){.first = s->first,
	    .bytes = s->bytes,
	    .from = sent < s->first ? s->first : sent + 1,
	    .to = s->last,
	    .records = keep_records(w, s, sent),
	    .t_first_us = s->t_first_us,
	    .t_last_us = s->t_last_us,
	    .whole = sent < s->first};
	return true;
}

bool
d4_spool_oldest(const struct d4_spool_writer *w, uint64_t sent, bool whole,
    struct d4_spool_pick *out)
{
	struct d4_spool_pick p;

	for (size_t i = 0; i < w->segs.n; i++) {
		if (!keep_pick(w, &w->segs.list[i], sent, &p) ||
		    (whole && !p.whole))
			continue;
		*out = p;
		return true;
	}
	return false;
}

bool
d4_spool_expired(const struct d4_spool_writer *w, uint64_t sent, uint64_t now_s,
    struct d4_spool_pick *out)
{
	for (size_t i = 0; i < w->segs.n; i++) {
		const struct spool_seg *s = &w->segs.list[i];

		if (s->expires_s != 0 && s->expires_s <= now_s &&
		    keep_pick(w, s, sent, out))
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
