#include <stdlib.h>
#include <string.h>
#include "relay/sessions.h"

#define SESSIONS_BUCKETS 8192u /* a power of two, twice SESSIONS_MAX */
#define NOBODY           UINT16_MAX

struct session {
	struct d4_uuid id;
	uint64_t last;
	uint16_t chain;        /* next in the bucket */
	uint16_t older, newer; /* by when they were seen */
};

struct sessions {
	struct session list[SESSIONS_MAX];
	uint16_t bucket[SESSIONS_BUCKETS];
	uint16_t oldest, newest;
	uint16_t n;
};

enum d4_status
sessions_new(struct sessions **out)
{
	struct sessions *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return D4_ENOMEM;
	memset(s->bucket, 0xff, sizeof(s->bucket));
	s->oldest = s->newest = NOBODY;
	*out = s;
	return D4_OK;
}

void
sessions_free(struct sessions *s)
{
	free(s);
}

/* Session UUIDs are random: some of their bytes are a hash already. */
static size_t
sessions_bucket(const struct d4_uuid *id)
{
	return (size_t)(id->b[0] | id->b[1] << 8) & (SESSIONS_BUCKETS - 1);
}

static uint16_t
sessions_find(const struct sessions *s, const struct d4_uuid *id)
{
	uint16_t at = s->bucket[sessions_bucket(id)];

	while (at != NOBODY && !d4_uuid_eq(&s->list[at].id, id))
		at = s->list[at].chain;
	return at;
}

/* Takes an element out of the order of age. */
static void
sessions_unlink(struct sessions *s, uint16_t at)
{
	struct session *e = &s->list[at];

	if (e->older != NOBODY)
		s->list[e->older].newer = e->newer;
	else
		s->oldest = e->newer;
	if (e->newer != NOBODY)
		s->list[e->newer].older = e->older;
	else
		s->newest = e->older;
}

static void
sessions_append(struct sessions *s, uint16_t at)
{
	s->list[at].older = s->newest;
	s->list[at].newer = NOBODY;
	if (s->newest != NOBODY)
		s->list[s->newest].newer = at;
	else
		s->oldest = at;
	s->newest = at;
}

/* Takes an element out of its bucket. */
static void
sessions_unhash(struct sessions *s, uint16_t at)
{
	uint16_t *link = &s->bucket[sessions_bucket(&s->list[at].id)];

	while (*link != at)
		link = &s->list[*link].chain;
	*link = s->list[at].chain;
}

static uint16_t
sessions_make(struct sessions *s, const struct d4_uuid *id)
{
	size_t b = sessions_bucket(id);
	uint16_t at;

	if (s->n < SESSIONS_MAX) {
		at = s->n++;
	} else {
		at = s->oldest;
		sessions_unlink(s, at);
		sessions_unhash(s, at);
	}
	s->list[at] = (struct session){.id = *id, .chain = s->bucket[b]};
	s->bucket[b] = at;
	sessions_append(s, at);
	return at;
}

bool
sessions_seen(struct sessions *s, const struct d4_uuid *sess, uint64_t first,
    uint64_t last)
{
	uint16_t at = sessions_find(s, sess);

	if (at == NOBODY) {
		at = sessions_make(s, sess);
	} else {
		sessions_unlink(s, at);
		sessions_append(s, at);
	}
	if (first <= s->list[at].last)
		return false;
	s->list[at].last = last;
	return true;
}

uint64_t
sessions_last(const struct sessions *s, const struct d4_uuid *sess)
{
	uint16_t at = sessions_find(s, sess);

	return at == NOBODY ? 0 : s->list[at].last;
}

void
sessions_each(const struct sessions *s,
    void (*fn)(void *arg, const struct d4_uuid *sess, uint64_t last), void *arg)
{
	for (uint16_t at = s->oldest; at != NOBODY; at = s->list[at].newer)
		fn(arg, &s->list[at].id, s->list[at].last);
}
