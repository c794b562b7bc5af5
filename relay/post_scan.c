#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/post_room.h"

static bool
scan_known(const struct post_partner *pp, const char *id)
{
	for (size_t i = 0; i < pp->n_lanes; i++) {
		if (strcmp(pp->lanes[i]->id, id) == 0)
			return true;
	}
	return false;
}

/* The policy decided for one way out; relay.yaml has to mean the same. */
static bool
scan_sink(struct post_partner *pp, const struct release_lane *r)
{
	const char *ours = sink_kind_name(pp->conf->sink);
	bool same = strcmp(r->sink, ours) == 0;

	if (!same && !pp->other_sink)
		d4_warnx("post sends nothing: the policy releases to another "
			 "sink partner=%s policy=%s relay.yaml=%s",
		    pp->conf->id, r->sink, ours);
	pp->other_sink = !same;
	return same;
}

/* What is being sent was judged by another release: it is judged again. */
static void
scan_changed(struct post_lane *l)
{
	const struct release_lane *r = l->release;

	if (r == NULL)
		return; /* nothing is sent, whatever it was */
	l->run.stale =
	    l->run.stale || l->after != r->after ||
	    l->delay_us != r->delay_us || l->not_before_s != r->not_before_s ||
	    l->max_age_s != r->max_age_s || strcmp(l->under, r->pipeline) != 0;
	l->after = r->after;
	l->delay_us = r->delay_us;
	l->not_before_s = r->not_before_s;
	l->max_age_s = r->max_age_s;
	memcpy(l->under, r->pipeline, sizeof(l->under));
}

/* What the release file says of one lane, now. */
static void
scan_apply(struct post_partner *pp, struct post_lane *l)
{
	struct post_rule *r;

	l->release = release_find(&pp->release, l->id);
	if (l->release != NULL && !scan_sink(pp, l->release))
		l->release = NULL;
	scan_changed(l);
	r = l->release == NULL ? NULL
	                       : post_rules_find(&pp->rules, l->release->rule);
	l->limit = r == NULL ? NULL : &r->limit;
}

static enum d4_status
scan_add(struct post_partner *pp, const char *id)
{
	struct post_lane **list;
	enum d4_status st;
	size_t cap;

	if (pp->n_lanes == POST_LANES_MAX)
		return D4_ETOOBIG;
	if (pp->n_lanes == pp->cap_lanes) {
		cap = pp->cap_lanes == 0 ? 16 : 2 * pp->cap_lanes;
		list = reallocarray(pp->lanes, cap, sizeof(struct post_lane *));
		if (list == NULL)
			return D4_ENOMEM;
		pp->lanes = list;
		pp->cap_lanes = cap;
	}
	st = post_lane_new(pp, id, &pp->lanes[pp->n_lanes]);
	if (st != D4_OK)
		return st;
	scan_apply(pp, pp->lanes[pp->n_lanes++]);
	return D4_OK;
}

/* "LANE.gone": wash has taken an empty lane away (ADR 0014). */
static bool
scan_gone_name(const char *name, char id[17])
{
	(void)snprintf(id, 17, "%.16s", name);
	return d4_spool_name_lane(id) && strcmp(name + 16, ".gone") == 0;
}

/* Wash waits for our cursor to go before it forgets the lane's numbers. */
static void
scan_gone(struct post_partner *pp, const char *id)
{
	char file[32];
	char *path;

	for (size_t i = 0; i < pp->n_lanes; i++) {
		struct post_lane *l = pp->lanes[i];

		if (strcmp(l->id, id) != 0)
			continue;
		if (post_session_active(l) || l->unsettled)
			return; /* the next time */
		pp->lanes[i] = pp->lanes[--pp->n_lanes];
		post_lane_free(l);
		break;
	}
	(void)snprintf(file, sizeof(file), "%s.cursor", id);
	path = d4_path(pp->cursors, file);
	if (path != NULL && unlink(path) == 0)
		d4_info(
		    "post forgets lane partner=%s lane=%s", pp->conf->id, id);
	free(path);
}

/* Lanes that are new in the folder. What is gone from it stays known. */
static void
scan_folder(struct post_partner *pp)
{
	enum d4_status st = D4_OK;
	struct dirent *e;
	char id[17];
	DIR *d;

	d = opendir(pp->dir);
	if (d == NULL) {
		if (errno != ENOENT)
			d4_warn(
			    "post cannot read folder partner=%s", pp->conf->id);
		return;
	}
	while (st == D4_OK && (e = readdir(d)) != NULL) {
		if (scan_gone_name(e->d_name, id))
			scan_gone(pp, id);
		else if (d4_spool_name_lane(e->d_name) &&
			 !scan_known(pp, e->d_name))
			st = scan_add(pp, e->d_name);
	}
	(void)closedir(d);
	if (st != D4_OK)
		d4_warnx("post cannot take a lane partner=%s lanes=%zu "
			 "error=\"%s\"",
		    pp->conf->id, pp->n_lanes, d4_status_text(st));
}

/* ---- the release file ---- */

static enum d4_status
scan_read(const char *path, struct release *out)
{
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, RELEASE_MAX);
	st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = release_parse(d4_buf_slice(&text), out);
	d4_buf_fini(&text);
	return st;
}

/* Whatever is wrong with it: nothing of this partner is released. */
static void
scan_load(struct post_partner *pp, const char *path, bool stale)
{
	struct release rel = {.n = 0};
	enum d4_status st = stale ? D4_ETIMEOUT : scan_read(path, &rel);

	if (st == D4_OK)
		st = post_rules_apply(pp, &rel);
	if (st != D4_OK) {
		release_fini(&rel);
		if (!pp->release_bad)
			d4_warnx("post sends nothing: release file cannot be "
				 "used partner=%s file=%s error=\"%s\"",
			    pp->conf->id, path, d4_status_text(st));
	}
	pp->release_bad = st != D4_OK;
	release_fini(&pp->release);
	pp->release = rel;
	for (size_t i = 0; i < pp->n_lanes; i++)
		scan_apply(pp, pp->lanes[i]);
}

/* Those that lost their release, or have another one, stop at once. */
static void
scan_stop(struct post_partner *pp)
{
	for (size_t i = 0; i < pp->n_lanes; i++) {
		struct post_lane *l = pp->lanes[i];

		if ((l->release == NULL || l->run.stale) &&
		    post_session_active(l))
			post_session_step(l, POST_POKE);
	}
}

static bool
scan_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Nobody renewed it for too long, or the clock went back. */
static bool
scan_stale(const struct stat *sb)
{
	int64_t now = (int64_t)(d4_now_us() / 1000000), at = sb->st_mtim.tv_sec;

	return sb->st_ino != 0 &&
	       (at < now - RELEASE_STALE_S || at > now + RELEASE_STALE_S);
}

/* A file that cannot be used is tried again each time. True: it was read. */
static bool
scan_release(struct post_partner *pp)
{
	char *path = d4_path(pp->dir, RELEASE_NAME);
	struct stat sb = {.st_ino = 0};
	bool stale, look;

	if (path == NULL)
		return false;
	if (stat(path, &sb) != 0)
		sb = (struct stat){.st_ino = 0};
	stale = scan_stale(&sb);
	look = pp->release_bad || stale || sb.st_ino == 0 ||
	       sb.st_ino != pp->release_ino ||
	       !scan_same_time(sb.st_mtim, pp->release_at);
	if (look) {
		pp->release_ino = sb.st_ino;
		pp->release_at = sb.st_mtim;
		scan_load(pp, path, stale);
	}
	free(path);
	return look;
}

void
post_release_look(struct post_partner *pp)
{
	if (scan_release(pp))
		post_sweep_soon(pp);
}

void
post_scan(struct post_partner *pp, bool all)
{
	struct stat sb;
	bool changed = true;

	post_freeze_look(pp);
	if (stat(pp->dir, &sb) == 0) {
		changed = !scan_same_time(sb.st_mtim, pp->dir_at);
		pp->dir_at = sb.st_mtim;
	}
	if (all || changed) {
		if (scan_release(pp))
			scan_stop(pp);
		scan_folder(pp);
	}
}
