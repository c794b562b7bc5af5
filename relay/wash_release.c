#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/findings.h"
#include "relay/lanes_partner.h"
#include "relay/release.h"
#include "relay/wash_room.h"

#define SECOND_US  1000000u
#define RELEASE_MS 200u /* between two, when lanes come one by one */

/* Is the partner still whose it was? An id may have been given to another. */
static bool
release_same_org(
    const struct wash *w, const struct lane *lane, const struct lane_feed *feed)
{
	const struct pol_partner *p =
	    pol_partner_find(gate_policy(w->gate), lane->head.partner);

	return p != NULL && (strcmp(feed->to, LANES_ANYBODY) == 0 ||
				strcmp(feed->to, p->org) == 0);
}

/* May what this feed put into the lane be sent today, and under what? */
static bool
release_feed(struct wash *w, const struct lane *lane,
    const struct lane_feed *feed, struct decision *d)
{
	const struct decide_facts facts = {.partner = lane->head.partner,
	    .sensor = feed->sensor,
	    .type = feed->type,
	    .ext = lane->head.ext,
	    .meta = feed->meta,
	    .now_s = d4_now_us() / SECOND_US,
	    .minted = lanes_minted(w->lanes, &feed->sensor)};
	struct d4_spool_lane head;
	struct d4_buf meta;
	bool same;

	decide(w->gate, &facts, d);
	if (!d->allow || d->shadow || !release_same_org(w, lane, feed))
		return false;
	d4_buf_init(&meta, D4_META_MAX);
	same = decide_head(w->gate, &facts, lane->head.variant, &meta, &head) ==
	           D4_OK &&
	       strcmp(head.id, lane->head.id) == 0;
	d4_buf_fini(&meta);
	return same;
}

/* Decides on all feeds; how many may go on. *d: of the last one of them. */
static size_t
release_feeds(
    struct wash *w, const struct lane *lane, bool *keep, struct decision *d)
{
	struct decision one;
	size_t n = 0;

	for (size_t i = 0; i < lane->n_feeds; i++) {
		keep[i] = release_feed(w, lane, &lane->feed[i], &one);
		if (!keep[i])
			continue;
		/* Two rules for one lane: not clear, so not sent. */
		if (n++ > 0 && !decide_same(&one, d))
			return 0;
		*d = one;
	}
	return n;
}

static enum d4_status
release_list(const struct wash *w, const struct lane *lane,
    const struct decision *d, struct release *out)
{
	struct release_lane l = {.after = lane->after,
	    .max_rate_bits = d->share->max_rate_bits,
	    .max_volume = d->share->max_volume,
	    .delay_us = d->share->delay_us,
	    .not_before_s = d->share->embargo_s,
	    .max_age_s = d->max_age_s};

	(void)snprintf(l.id, sizeof(l.id), "%s", lane->head.id);
	(void)snprintf(l.rule, sizeof(l.rule), "%s", d->rule);
	(void)snprintf(l.sink, sizeof(l.sink), "%s", pol_sink_text(d->sink));
	(void)snprintf(
	    l.policy, sizeof(l.policy), "%s", pol_hash(gate_policy(w->gate)));
	(void)snprintf(
	    l.pipeline, sizeof(l.pipeline), "%s", san_chain_hash(d->chain));
	if (d->sink == POL_SINK_MISP) {
		l.findings = findings_terms(lane->head.source, d);
		if (l.findings == NULL)
			return D4_ENOMEM;
	}
	return release_add(out, &l);
}

/* One lane: listed, cut at its tail, or withheld. */
static enum d4_status
release_lane_now(struct wash *w, struct lane *lane, struct release *out)
{
	bool was = lane->released;
	struct decision d;
	enum d4_status st = D4_OK;
	bool *keep;
	size_t n;

	lane->released = false;
	if (w->gate == NULL || !lane->known || lane->n_feeds == 0)
		return D4_OK;
	keep = calloc(lane->n_feeds, sizeof(*keep));
	if (keep == NULL)
		return D4_ENOMEM;
	n = release_feeds(w, lane, keep, &d);
	if (n > 0 && n < lane->n_feeds)
		st = lanes_retire(w->lanes, lane, keep);
	else if (memchr(keep, 1, lane->n_feeds * sizeof(*keep)) == NULL)
		lanes_bar(lane);
	else
		lane->n_barred = 0;
	free(keep);
	if (n > 0 && st == D4_OK)
		st = release_list(w, lane, &d, out);
	lane->released = n > 0 && st == D4_OK;
	if (was && !lane->released)
		d4_warnx("alarm partner=%s lane=%s withheld "
			 "reason=send.recheck rule=%s",
		    lane->head.partner, lane->head.id,
		    lane->n_feeds > 0 && n == 0 ? "policy" : "-");
	return st;
}

static bool
release_is(const char *path, struct d4_slice text)
{
	struct d4_buf now;
	bool same;

	d4_buf_init(&now, RELEASE_MAX);
	same = d4_file_read(path, &now) == D4_OK &&
	       d4_slice_eq(d4_buf_slice(&now), text);
	d4_buf_fini(&now);
	return same;
}

/* Writes it, or renews the time of one that says the same. */
static enum d4_status
release_put(const char *folder, const char *path, struct d4_slice text)
{
	enum d4_status st;

	if (release_is(path, text))
		return utimensat(AT_FDCWD, path, NULL, 0) == 0 ? D4_OK : D4_EIO;
	st = d4_dir_make(folder, 0750);
	return st == D4_OK ? d4_file_replace(path, text, 0640) : st;
}

static enum d4_status
release_save(const struct wash *w, const char *partner, const struct release *r)
{
	char *folder = d4_path(w->setup->dirs.spool, partner);
	char *path = folder != NULL ? d4_path(folder, RELEASE_NAME) : NULL;
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;

	d4_buf_init(&text, RELEASE_MAX);
	if (path != NULL)
		st = release_text(r, &text);
	if (st == D4_OK)
		st = release_put(folder, path, d4_buf_slice(&text));
	/* The disk is full: the one that is there may say too much. */
	if (st != D4_OK && path != NULL)
		(void)unlink(path);
	free(folder);
	free(path);
	d4_buf_fini(&text);
	return st;
}

/* A D4 partner that is not said to be one of our hubs is a stock d4-core. */
static bool
release_stock(const struct wash *w, const char *partner)
{
	const struct pol_partner *p = NULL;

	if (w->gate != NULL)
		p = pol_partner_find(gate_policy(w->gate), partner);
	return p != NULL && p->sink == POL_SINK_D4 && p->profile == POL_D4_CORE;
}

static void
release_partner(struct wash *w, const char *partner)
{
	struct release r = {.stock = release_stock(w, partner)};
	struct lanes_partner *p = NULL;
	enum d4_status st;

	st = lanes_partner_get(w->lanes, partner, &p);
	if (st == D4_OK)
		r.parked = p->pressed = park_presses(w, p);
	for (size_t i = 0; st == D4_OK && i < lanes_n(w->lanes); i++) {
		struct lane *lane = lanes_at(w->lanes, i);

		if (strcmp(lane->head.partner, partner) == 0)
			st = release_lane_now(w, lane, &r);
	}
	if (st != D4_OK)
		r.n = 0; /* unclear: nothing of it is sent */
	st = release_save(w, partner, &r);
	if (st != D4_OK) {
		if (!w->release_said)
			d4_warnx("alarm partner=%s release=\"%s\"", partner,
			    d4_status_text(st));
		w->release_due = true; /* again, and soon */
	}
	release_fini(&r);
}

/*
 * Folders of an earlier run: a partner that the policy has no more, and whose
 * lanes could not be opened, is nobody's above; what was released is not.
 */
static void
release_others(const struct wash *w)
{
	const struct pol *p = w->gate != NULL ? gate_policy(w->gate) : NULL;
	DIR *d = opendir(w->setup->dirs.spool);
	char name[300];
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		bool known =
		    p != NULL && pol_partner_find(p, e->d_name) != NULL;

		for (size_t i = 0; i < lanes_n(w->lanes) && !known; i++)
			known = strcmp(lanes_at(w->lanes, i)->head.partner,
				    e->d_name) == 0;
		(void)snprintf(
		    name, sizeof(name), "%s/" RELEASE_NAME, e->d_name);
		if (!known && e->d_name[0] != '.' &&
		    unlinkat(dirfd(d), name, 0) == 0)
			d4_info("partner=%s release=removed", e->d_name);
	}
	if (d != NULL)
		(void)closedir(d);
}

/* Partners of the policy, and those that only have lanes any more. */
void
release_write(struct wash *w)
{
	const struct pol *p = w->gate != NULL ? gate_policy(w->gate) : NULL;
	size_t n = p != NULL ? pol_n_partners(p) : 0;
	const char *name;

	if (w->released_ms == 0)
		release_others(w);
	w->released_ms = d4_mono_ms();
	w->released_minute = d4_now_us() / SECOND_US / 60;
	w->release_due = false;
	for (size_t i = 0; i < n; i++)
		release_partner(w, pol_partner_at(p, i)->id);
	for (size_t i = 0; i < lanes_n(w->lanes); i++) {
		bool first = true;

		name = lanes_at(w->lanes, i)->head.partner;
		for (size_t k = 0; k < i; k++)
			first =
			    first && strcmp(lanes_at(w->lanes, k)->head.partner,
					 name) != 0;
		if (first && (p == NULL || pol_partner_find(p, name) == NULL))
			release_partner(w, name);
	}
	w->release_said = w->release_due;
}

/* Is somebody parked, or no more, of whom the file says otherwise? */
static bool
release_turned(const struct wash *w)
{
	for (size_t i = 0; i < lanes_n_partners(w->lanes); i++) {
		const struct lanes_partner *p = lanes_partner_at(w->lanes, i);

		if (p->pressed != park_presses(w, p))
			return true;
	}
	return false;
}

void
release_soon(struct wash *w)
{
	w->release_due = w->release_due || lanes_changed(w->lanes);
	if (d4_mono_ms() - w->released_ms >= RELEASE_MS &&
	    (w->release_due || release_turned(w)))
		release_write(w);
}
