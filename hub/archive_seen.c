#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "hub/archive_seen.h"
#include "libd4/kit/crc32c.h"

#define BUCKETS 16384u /* a power of two */

struct seen_one {
	TAILQ_ENTRY(seen_one) lru;
	struct seen_one *chain;
	struct d4_uuid sess;
	uint64_t last;
};

/* lru: from the least recently used on. */
struct archive_seen {
	struct seen_one *bucket[BUCKETS];
	TAILQ_HEAD(seen_lru, seen_one) lru;
	size_t n;
};

static struct seen_one **
seen_bucket(struct archive_seen *s, const struct d4_uuid *sess)
{
	uint32_t h = d4_crc32c(0, d4_slice_of(sess->b, D4_UUID_LEN));

	return &s->bucket[h % BUCKETS];
}

static struct seen_one *
seen_find(struct archive_seen *s, const struct d4_uuid *sess)
{
	struct seen_one *o = *seen_bucket(s, sess);

	while (o != NULL && !d4_uuid_eq(&o->sess, sess))
		o = o->chain;
	return o;
}

static void
seen_forget(struct archive_seen *s, struct seen_one *o)
{
	struct seen_one **at = seen_bucket(s, &o->sess);

	while (*at != o)
		at = &(*at)->chain;
	*at = o->chain;
	TAILQ_REMOVE(&s->lru, o, lru);
	s->n--;
	free(o);
}

bool
seen_has(struct archive_seen *s, const struct d4_uuid *sess, uint64_t last)
{
	const struct seen_one *o = seen_find(s, sess);

	return o != NULL && last <= o->last;
}

enum d4_status
seen_add(struct archive_seen *s, const struct d4_uuid *sess, uint64_t last)
{
	struct seen_one *o = seen_find(s, sess);

	if (o == NULL) {
		struct seen_one **at = seen_bucket(s, sess);

		if (s->n == SEEN_MAX)
			seen_forget(s, TAILQ_FIRST(&s->lru));
		o = calloc(1, sizeof(*o));
		if (o == NULL)
			return D4_ENOMEM;
		o->sess = *sess;
		o->chain = *at;
		*at = o;
		s->n++;
	} else {
		TAILQ_REMOVE(&s->lru, o, lru);
	}
	TAILQ_INSERT_TAIL(&s->lru, o, lru);
	if (last > o->last)
		o->last = last;
	return D4_OK;
}

enum d4_status
seen_each(const struct archive_seen *s,
    enum d4_status (*fn)(void *arg, const struct d4_uuid *sess, uint64_t last),
    void *arg)
{
	enum d4_status st = D4_OK;
	const struct seen_one *o;

	TAILQ_FOREACH(o, &s->lru, lru)
	{
		st = fn(arg, &o->sess, o->last);
		if (st != D4_OK)
			break;
	}
	return st;
}

size_t
seen_sessions(const struct archive_seen *s)
{
	return s->n;
}

enum d4_status
seen_new(struct archive_seen **out)
{
	struct archive_seen *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return D4_ENOMEM;
	TAILQ_INIT(&s->lru);
	*out = s;
	return D4_OK;
}

void
seen_free(struct archive_seen *s)
{
	struct seen_one *o;

	if (s == NULL)
		return;
	while ((o = TAILQ_FIRST(&s->lru)) != NULL) {
		TAILQ_REMOVE(&s->lru, o, lru);
		free(o);
	}
	free(s);
}
