#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "libd4/fnv.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/lane_id.h"
#include "relay/streams.h"

#define STREAMS_BUCKETS 16384u       /* a power of two */
#define STREAMS_STATE   (256u << 20) /* bytes of what one may remember */

struct streams {
	char *folder;
	struct gate *gate;
	size_t n_partners;
	struct stream *bucket[STREAMS_BUCKETS];
	size_t n;
	uint64_t clock;
};

enum d4_status
streams_new(const char *folder, struct streams **out)
{
	struct streams *s = calloc(1, sizeof(*s));
	enum d4_status st;

	if (s == NULL)
		return D4_ENOMEM;
	s->folder = strdup(folder);
	st = s->folder == NULL ? D4_ENOMEM : d4_dir_make(folder, 0700);
	if (st != D4_OK) {
		streams_free(s);
		return st;
	}
	*out = s;
	return D4_OK;
}

/* The file of what a path remembers: named by all that it depends on. */
static char *
path_file(const struct streams *s, const struct stream *t, size_t partner)
{
	const struct path *p = &t->path[partner];
	char sensor[D4_UUID_TEXT], key[1024], id[LANE_ID_TEXT], name[32];
	uint8_t meta[EVP_MAX_MD_SIZE];

	d4_uuid_text(&t->sensor, sensor);
	if (EVP_Digest(t->meta.p, t->meta.n, meta, NULL, EVP_sha256(), NULL) !=
	    1)
		return NULL;
	(void)snprintf(key, sizeof(key), "%s|%s|%s|%u|%s|%02x%02x%02x%02x|%s",
	    pol_partner_at(gate_policy(s->gate), partner)->id, p->d.source,
	    sensor, (unsigned)t->type, t->ext, (unsigned)meta[0],
	    (unsigned)meta[1], (unsigned)meta[2], (unsigned)meta[3],
	    san_chain_hash(p->d.chain));
	if (lane_key_id(key, id) != D4_OK)
		return NULL;
	(void)snprintf(name, sizeof(name), "%s.state", id);
	return d4_path(s->folder, name);
}

static bool
path_save(struct streams *s, const struct stream *t, size_t partner)
{
	struct path *p = &t->path[partner];
	struct d4_buf state;
	enum d4_status st;
	char *file;

	if (p->san == NULL || !p->remembers || !p->dirty)
		return true;
	d4_buf_init(&state, STREAMS_STATE);
	file = path_file(s, t, partner);
	st = file == NULL ? D4_ENOMEM : san_stream_state_save(p->san, &state);
	if (st == D4_OK)
		st = d4_file_replace(file, d4_buf_slice(&state), 0600);
	if (st != D4_OK)
		d4_warnx("streams file=%s save=\"%s\"",
		    file != NULL ? file : "-", d4_status_text(st));
	p->dirty = st != D4_OK;
	p->state_bytes = state.n;
	free(file);
	d4_buf_fini(&state);
	return st == D4_OK;
}

/* Lost or unusable state only delays a release (chain.h): it is said. */
static void
path_load(struct streams *s, const struct stream *t, size_t partner)
{
	struct path *p = &t->path[partner];
	struct d4_buf state;
	enum d4_status st;
	char *file;

	d4_buf_init(&state, STREAMS_STATE);
	st = san_stream_state_save(p->san, &state);
	p->remembers = st != D4_OK || state.n > 0;
	file = p->remembers ? path_file(s, t, partner) : NULL;
	state.n = 0;
	if (file != NULL) {
		st = d4_file_read(file, &state);
		if (st == D4_OK)
			st =
			    san_stream_state_load(p->san, d4_buf_slice(&state));
		if (st != D4_OK && st != D4_ENOENT)
			d4_warnx("streams file=%s begins_empty=\"%s\"", file,
			    d4_status_text(st));
	}
	free(file);
	d4_buf_fini(&state);
}

enum d4_status
path_san(struct streams *s, const struct stream *t, size_t partner,
    struct san_stream **out)
{
	const struct san_facts facts = {
	    .type = t->type, .ext = t->ext, .sensor = t->sensor};
	struct path *p = &t->path[partner];
	enum d4_status st;

	if (p->san == NULL) {
		st = san_stream_new(p->d.chain, p->d.keys, &facts, &p->san);
		if (st != D4_OK)
			return st;
		path_load(s, t, partner);
	}
	*out = p->san;
	return D4_OK;
}

void
path_reset(struct streams *s, const struct stream *t, size_t partner)
{
	struct path *p = &t->path[partner];

	(void)path_save(s, t, partner);
	san_stream_free(p->san);
	*p = (struct path){.row = -1, .none = -1};
}

static void
stream_free(struct streams *s, struct stream *t)
{
	for (size_t i = 0; i < s->n_partners; i++)
		path_reset(s, t, i);
	free((void *)(uintptr_t)t->meta.p);
	free(t->path);
	free(t);
}

static void
streams_forget(struct streams *s)
{
	struct stream *t, *next;

	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (t = s->bucket[i]; t != NULL; t = next) {
			next = t->next;
			stream_free(s, t);
		}
		s->bucket[i] = NULL;
	}
	s->n = 0;
}

void
streams_free(struct streams *s)
{
	if (s == NULL)
		return;
	streams_forget(s);
	free(s->folder);
	free(s);
}

void
streams_gate(struct streams *s, struct gate *g)
{
	streams_forget(s);
	s->gate = g;
	s->n_partners = g == NULL ? 0 : pol_n_partners(gate_policy(g));
}

/* Is it stopped by its breaker? */
static bool
path_broken(const struct path *p)
{
	enum d4_reason why;

	return p->san != NULL && san_stream_broken(p->san, &why);
}

/* A stream whose breaker is open is kept: forgetting would close it. */
static bool
stream_may_go(const struct streams *s, const struct stream *t)
{
	for (size_t i = 0; i < s->n_partners; i++) {
		if (path_broken(&t->path[i]))
			return false;
	}
	return true;
}

static void
stream_again(struct streams *s, struct stream *t)
{
	for (size_t i = 0; i < s->n_partners; i++) {
		struct path *p = &t->path[i];

		if (!path_broken(p)) {
			path_reset(s, t, i);
			continue;
		}
		p->row = p->none = -1;
		p->lane = NULL;
		p->named = false;
	}
}

void
streams_again(struct streams *s)
{
	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		struct stream **link = &s->bucket[i], *t;

		while ((t = *link) != NULL) {
			if (!stream_may_go(s, t)) {
				stream_again(s, t);
				link = &t->next;
				continue;
			}
			*link = t->next;
			stream_free(s, t);
			s->n--;
		}
	}
}

static bool
stream_save(struct streams *s, const struct stream *t, size_t max)
{
	bool all = true;

	for (size_t k = 0; k < s->n_partners; k++) {
		if (t->path[k].state_bytes <= max)
			all = path_save(s, t, k) && all;
	}
	return all;
}

bool
streams_save(struct streams *s, size_t max)
{
	bool all = true;

	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (struct stream *t = s->bucket[i]; t != NULL; t = t->next)
			all = stream_save(s, t, max) && all;
	}
	return all;
}

static void
stream_lane_gone(
    const struct streams *s, struct stream *t, const struct lane *lane)
{
	for (size_t k = 0; k < s->n_partners; k++) {
		if (t->path[k].lane == lane)
			t->path[k].lane = NULL;
	}
}

void
streams_lane_gone(struct streams *s, const struct lane *lane)
{
	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (struct stream *t = s->bucket[i]; t != NULL; t = t->next)
			stream_lane_gone(s, t, lane);
	}
}

static uint32_t
streams_hash(const struct d4_entry *e)
{
	uint32_t h = D4_FNV32 ^ e->type;

	h = d4_fnv32(h, d4_slice_of(e->sensor.b, D4_UUID_LEN));
	return d4_fnv32(d4_fnv32(h, e->ext), e->meta);
}

static bool
streams_is(const struct stream *t, uint32_t hash, const struct d4_entry *e)
{
	return t->hash == hash && t->type == e->type &&
	       d4_uuid_eq(&t->sensor, &e->sensor) &&
	       d4_slice_eqs(e->ext, t->ext) && d4_slice_eq(t->meta, e->meta);
}

static void
streams_make_room(struct streams *s)
{
	struct stream **oldest = NULL, **link;
	struct stream *t;

	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (link = &s->bucket[i]; *link != NULL;
		     link = &(*link)->next) {
			if ((oldest == NULL ||
				(*link)->used < (*oldest)->used) &&
			    stream_may_go(s, *link))
				oldest = link;
		}
	}
	if (oldest == NULL)
		return;
	t = *oldest;
	*oldest = t->next;
	stream_free(s, t);
	s->n--;
}

static enum d4_status
streams_make(struct streams *s, const struct d4_entry *e, struct stream **out)
{
	struct stream *t = calloc(1, sizeof(*t));
	uint8_t *meta = malloc(e->meta.n + 1);

	if (t != NULL)
		t->path = calloc(s->n_partners + 1, sizeof(*t->path));
	if (t == NULL || meta == NULL || t->path == NULL) {
		free(meta);
		free(t != NULL ? t->path : NULL);
		free(t);
		return D4_ENOMEM;
	}
	for (size_t i = 0; i < s->n_partners; i++)
		t->path[i].row = t->path[i].none = -1;
	if (e->meta.n > 0)
		memcpy(meta, e->meta.p, e->meta.n);
	t->meta = d4_slice_of(meta, e->meta.n);
	t->sensor = e->sensor;
	t->type = e->type;
	(void)snprintf(t->ext, sizeof(t->ext), "%.*s", (int)e->ext.n,
	    e->ext.n > 0 ? (const char *)e->ext.p : "");
	*out = t;
	return D4_OK;
}

enum d4_status
streams_get(struct streams *s, const struct d4_entry *e, struct stream **out)
{
	uint32_t hash = streams_hash(e);
	struct stream **head = &s->bucket[hash & (STREAMS_BUCKETS - 1)];
	struct stream *t;
	enum d4_status st;

	for (t = *head; t != NULL && !streams_is(t, hash, e); t = t->next)
		continue;
	if (t == NULL) {
		if (s->n >= STREAMS_MAX)
			streams_make_room(s);
		st = streams_make(s, e, &t);
		if (st != D4_OK)
			return st;
		t->hash = hash;
		t->next = *head;
		*head = t;
		s->n++;
	}
	t->used = ++s->clock;
	*out = t;
	return D4_OK;
}
