/* A stream's path to one partner: its chain, what that remembers, its breaker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/breakers.h"
#include "relay/lane_id.h"
#include "relay/streams_room.h"

/* The name of a path: made of all that it depends on. */
static enum d4_status
path_id(const struct streams *s, const struct stream *t, size_t partner,
    char id[LANE_ID_TEXT])
{
	const struct path *p = &t->path[partner];
	char sensor[D4_UUID_TEXT], key[1024];
	uint8_t meta[EVP_MAX_MD_SIZE];

	d4_uuid_text(&t->sensor, sensor);
	if (EVP_Digest(t->meta.p, t->meta.n, meta, NULL, EVP_sha256(), NULL) !=
	    1)
		return D4_ECRYPTO;
	(void)snprintf(key, sizeof(key), "%s|%s|%s|%u|%s|%02x%02x%02x%02x|%s",
	    pol_partner_at(gate_policy(s->gate), partner)->id, p->d.source,
	    sensor, (unsigned)t->type, t->ext, (unsigned)meta[0],
	    (unsigned)meta[1], (unsigned)meta[2], (unsigned)meta[3],
	    san_chain_hash(p->d.chain));
	return lane_key_id(key, id);
}

/* The file of what it remembers. */
static char *
path_file(const struct streams *s, const struct stream *t, size_t partner)
{
	char id[LANE_ID_TEXT], name[32];

	if (path_id(s, t, partner, id) != D4_OK)
		return NULL;
	(void)snprintf(name, sizeof(name), "%s.state", id);
	return d4_path(s->folder, name);
}

bool
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

/* ---- its breaker ---- */

bool
path_broken(const struct path *p)
{
	enum d4_reason why;

	return p->san != NULL && san_stream_broken(p->san, &why);
}

/* What was open before this process began, or before a reload. */
static enum d4_status
path_recall(struct streams *s, const struct stream *t, size_t partner)
{
	struct path *p = &t->path[partner];
	enum d4_reason why = D4_R_INTERNAL;
	char id[LANE_ID_TEXT];
	enum d4_status st = path_id(s, t, partner, id);

	if (st != D4_OK)
		return st;
	p->noted = breakers_has(s->breakers, id, &why);
	if (!p->noted)
		return D4_OK;
	san_stream_stop(p->san, why);
	s->broken = true;
	return D4_OK;
}

enum d4_status
path_stopped(struct streams *s, const struct stream *t, size_t partner)
{
	struct path *p = &t->path[partner];
	struct breaker b = {
	    .partner = pol_partner_at(gate_policy(s->gate), partner)->id,
	    .source = p->d.source,
	    .rule = p->d.rule,
	    .pipeline = p->d.share->pipeline->id,
	    .hash = san_chain_hash(p->d.chain),
	    .sensor = &t->sensor,
	    .type = t->type,
	    .ext = t->ext,
	};
	char id[LANE_ID_TEXT];
	enum d4_status st;

	s->broken = true;
	if (p->noted || !san_stream_broken(p->san, &b.why))
		return D4_OK;
	st = path_id(s, t, partner, id);
	if (st == D4_OK)
		st = breakers_set(s->breakers, id, &b);
	p->noted = st == D4_OK;
	s->unnoted = s->unnoted || st != D4_OK;
	return st;
}

void
path_breaker(struct streams *s, const struct stream *t, size_t partner)
{
	struct path *p = &t->path[partner];
	char id[LANE_ID_TEXT];
	enum d4_reason why;

	if (!path_broken(p))
		return;
	s->broken = true;
	if (!p->noted) {
		(void)!path_stopped(s, t, partner);
		return;
	}
	if (path_id(s, t, partner, id) != D4_OK ||
	    breakers_has(s->breakers, id, &why))
		return;
	san_stream_reset(p->san);
	p->noted = p->alarmed = false;
	d4_info("breaker=closed id=%s partner=%s source=%s rule=%s", id,
	    pol_partner_at(gate_policy(s->gate), partner)->id, p->d.source,
	    p->d.rule);
}

/* Does any rule give the partner a pipeline of that hash? */
static bool
tidy_current(const struct gate *g, const char *partner, const char *hash)
{
	const struct pol *pol = gate_policy(g);

	for (size_t i = 0; i < pol_n_shares(pol); i++) {
		const struct san_chain *c =
		    gate_chain_to(g, pol_share_at(pol, i), partner);

		if (c != NULL && strcmp(san_chain_hash(c), hash) == 0)
			return true;
	}
	return false;
}

/* A partner that is gone may come back: its notes stay. */
static void
tidy_one(struct streams *s, const json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	const char *to = json_string_value(json_object_get(o, "partner"));
	const char *hash = json_string_value(json_object_get(o, "hash"));

	if (to == NULL || hash == NULL ||
	    pol_partner_find(gate_policy(s->gate), to) == NULL ||
	    tidy_current(s->gate, to, hash))
		return;
	if (breakers_lift(s->breakers, id) == D4_OK)
		d4_info("breaker=closed id=%s partner=%s why=\"its pipeline is "
			"another one\"",
		    id, to);
}

void
paths_tidy(struct streams *s)
{
	json_t *list = s->gate != NULL ? breakers_list(s->breakers) : NULL;

	for (size_t i = 0; i < json_array_size(list); i++)
		tidy_one(s, json_array_get(list, i));
	json_decref(list);
}

/* ---- its quarantine ---- */

static void
path_held(void *arg, const struct san_held *h)
{
	const struct path_keeper *k = arg;
	const struct stream *t = k->t;
	const struct path *p = &t->path[k->partner];
	struct quarantine_head head = {.sensor = t->sensor, .type = t->type};
	struct quarantine_entry e = {
	    .t_us = d4_now_us(), .opening = h->opening, .record = h->record};

	memcpy(head.ext, t->ext, sizeof(head.ext));
	(void)snprintf(
	    e.reason, sizeof(e.reason), "%s", d4_reason_name(h->why));
	(void)snprintf(e.partner, sizeof(e.partner), "%s",
	    pol_partner_at(gate_policy(k->s->gate), k->partner)->id);
	(void)snprintf(e.rule, sizeof(e.rule), "%s", p->d.rule);
	(void)snprintf(
	    e.pipeline, sizeof(e.pipeline), "%s", p->d.share->pipeline->id);
	quarantine_put(&k->s->quarantine, &head, &e);
}

/* ---- its chain ---- */

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
		p->keeper = (struct path_keeper){s, t, partner};
		san_stream_hold(p->san, path_held, &p->keeper);
		path_load(s, t, partner);
		st = path_recall(s, t, partner);
		if (st != D4_OK) {
			path_reset(s, t, partner);
			return st;
		}
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
