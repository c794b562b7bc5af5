/*
 * What a writer has queued: entries back to back in w->out, where those with
 * shared data have the part in front of it only; w->ref says where data
 * stands in between.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_share.h"
#include "libd4/kit/spool_writer.h"
#include "libd4/wire.h"

#define QUEUE_IOV 128

enum d4_status
spool_refs_reserve(struct d4_spool_writer *w)
{
	struct spool_ref *list;
	size_t cap;

	if (w->n_refs < w->cap_refs)
		return D4_OK;
	cap = w->cap_refs == 0 ? 64 : 2 * w->cap_refs;
	list = reallocarray(w->ref, cap, sizeof(*list));
	if (list == NULL)
		return D4_ENOMEM;
	w->ref = list;
	w->cap_refs = cap;
	return D4_OK;
}

void
spool_refs_add(struct d4_spool_writer *w, struct d4_spool_share *s)
{
	w->ref[w->n_refs++] = (struct spool_ref){w->out.n, s};
	w->ref_bytes += s->bytes.n;
}

static struct d4_slice
queue_shared(const struct spool_ref *r)
{
	return d4_buf_slice(&r->share->bytes);
}

/* Is the data of the entry at `at` the next shared one? */
static bool
queue_is_ref(const struct d4_spool_writer *w, size_t at, size_t ref)
{
	return ref < w->n_refs && w->ref[ref].at == at + D4_SPOOL_FIXED;
}

bool
spool_queue_next(
    const struct d4_spool_writer *w, struct spool_place *p, uint8_t **entry)
{
	if (p->at >= w->out.n)
		return false;
	*entry = w->out.p + p->at;
	if (queue_is_ref(w, p->at, p->ref)) {
		p->at += D4_SPOOL_FIXED;
		p->ref++;
	} else {
		p->at += 8 + (size_t)d4_get_le32(*entry);
	}
	return true;
}

void
spool_queue_seal(struct d4_spool_writer *w)
{
	struct spool_place was = w->sealed;
	uint8_t *entry;

	for (; spool_queue_next(w, &w->sealed, &entry); was = w->sealed) {
		if (w->sealed.ref != was.ref)
			spool_entry_seal_share(
			    entry, w->seed, w->ref[was.ref].share);
		else
			(void)spool_entry_seal(entry, w->seed);
	}
}

/* struct queue_iov -- what is written next. */
struct queue_iov {
	struct iovec v[QUEUE_IOV];
	int n;
};

static void
queue_add(struct queue_iov *q, struct d4_slice s)
{
	if (s.n == 0)
		return;
	q->v[q->n].iov_base = (void *)(uintptr_t)s.p;
	q->v[q->n++].iov_len = s.n;
}

/* From the place on, as much as one call takes. */
static void
queue_gather(const struct d4_spool_writer *w, struct queue_iov *q)
{
	struct spool_place p = w->flushed;
	size_t part = w->flushed_part;

	q->n = 0;
	while (
	    q->n + 2 <= QUEUE_IOV && (p.at < w->out.n || p.ref < w->n_refs)) {
		size_t end = p.ref < w->n_refs ? w->ref[p.ref].at : w->out.n;

		queue_add(q, d4_slice_of(w->out.p + p.at, end - p.at));
		p.at = end;
		if (p.ref < w->n_refs) {
			struct d4_slice s = queue_shared(&w->ref[p.ref++]);

			queue_add(q, d4_slice_of(s.p + part, s.n - part));
			part = 0;
		}
	}
}

/* So many bytes of it are written. */
static void
queue_advance(struct d4_spool_writer *w, size_t n)
{
	struct spool_place *p = &w->flushed;

	w->written += n;
	while (n > 0) {
		bool own = p->ref == w->n_refs || p->at < w->ref[p->ref].at;
		size_t end, k;

		if (own) {
			end = p->ref < w->n_refs ? w->ref[p->ref].at : w->out.n;
			k = n < end - p->at ? n : end - p->at;
			p->at += k;
			n -= k;
			continue;
		}
		end = w->ref[p->ref].share->bytes.n;
		k = n < end - w->flushed_part ? n : end - w->flushed_part;
		w->flushed_part += k;
		n -= k;
		if (w->flushed_part == end) {
			w->flushed_part = 0;
			p->ref++;
		}
	}
}

enum d4_status
spool_queue_write(struct d4_spool_writer *w)
{
	struct queue_iov q;

	spool_queue_seal(w);
	while (w->written < spool_queue_bytes(w)) {
		ssize_t k;

		queue_gather(w, &q);
		k = pwritev(w->fd, q.v, q.n, (off_t)(w->size + w->written));
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			if (k == 0)
				errno = ENOSPC;
			return spool_status();
		}
		queue_advance(w, (size_t)k);
	}
	return D4_OK;
}

void
spool_queue_again(struct d4_spool_writer *w)
{
	w->sealed = w->flushed = (struct spool_place){0, 0};
	w->flushed_part = 0;
	w->written = 0;
}

void
spool_queue_clear(struct d4_spool_writer *w)
{
	for (size_t i = 0; i < w->n_refs; i++)
		d4_spool_share_drop(w->ref[i].share);
	w->n_refs = 0;
	w->ref_bytes = 0;
	w->out.n = 0;
	spool_queue_again(w);
}

void
spool_queue_fini(struct d4_spool_writer *w)
{
	spool_queue_clear(w);
	free(w->ref);
	w->ref = NULL;
	w->cap_refs = 0;
	d4_buf_fini(&w->out);
}
