#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/freeze.h"
#include "libd4/kit/log.h"
#include "misp-export/absorb.h"
#include "misp-export/event_terms.h"
#include "misp-export/reload.h"
#include "misp-export/request.h"
#include "misp-export/tidy.h"

#define TURN_ENTRIES 64u /* of the airlock, between two saves */
#define TURN_MS      500 /* between two looks */

/* ---- opening ---- */

static void
on_refused(void *arg, const struct mapper *m, const struct map_rel *rel,
    enum value_why why)
{
	struct exporter *x = arg;
	json_t *o;

	/* Each reason once in the log, each value in the accounts. */
	if (x->maker.refused[why] == 1)
		d4_warnx("misp=refused why=%s mapper=%s type=%s (the first of "
			 "its kind)",
		    value_why_text(why), m->id, rel->type);
	o = json_pack("{s:s, s:s, s:s}", "reason", value_why_text(why),
	    "mapper", m->id, "type", rel->type);
	if (o != NULL)
		(void)!d4_account_write(x->account, false, "misp.refused", o);
}

static bool
thawed(const struct exporter *x)
{
	return d4_frozen(x->conf->freeze, x->conf->partner) == D4_THAWED;
}

/* A round may be long: what it went by must hold at each of its calls. */
static bool
on_may(void *arg)
{
	const struct exporter *x = arg;
	struct terms now = {.n = 0};
	bool same;

	if (!thawed(x) || x->released == NULL)
		return false;
	same = terms_load(x->released, &now) == D4_OK &&
	       terms_print(&now) == terms_print(&x->terms);
	terms_fini(&now);
	return same;
}

static bool
on_save(void *arg)
{
	const struct exporter *x = arg;

	return store_save(x->store) == D4_OK;
}

static enum d4_status
open_rest(struct exporter *x)
{
	struct rest_setup set = {.conf = x->conf,
	    .account = x->account,
	    .may = on_may,
	    .save = on_save,
	    .arg = x};
	enum d4_status st;

	x->quarantine = d4_path(x->conf->dir, "quarantine");
	if (x->quarantine == NULL)
		return D4_ENOMEM;
	st = d4_dir_make(x->quarantine, 0750);
	tidy(x->quarantine);
	if (st != D4_OK || x->conf->url == NULL)
		return st;
	st = http_new(x->conf, x->stop, &x->http);
	set.http = x->http;
	set.dir = x->quarantine;
	return st == D4_OK ? rest_new(&set, &x->rest) : st;
}

static void
open_tidy(const struct misp_conf *c)
{
	char *events = d4_path(c->dir, "events");

	tidy(c->dir);
	if (events != NULL)
		tidy(events);
	free(events);
}

enum d4_status
exporter_open(const struct misp_conf *c, struct exporter *x)
{
	enum d4_status st;

	x->conf = c;
	st = finding_init(&x->maker);
	x->maker.told = on_refused;
	x->maker.arg = x;
	if (st == D4_OK)
		st = d4_dir_make(c->dir, 0750);
	open_tidy(c);
	if (st == D4_OK)
		st = d4_account_open(c->dir, "misp-export", &x->account);
	if (st == D4_OK)
		st = store_open(c->dir, c->namespace, c->mappers, &x->store);
	if (st == D4_OK)
		st = airlock_open(c, x->account, &x->airlock);
	if (st == D4_OK)
		st = open_rest(x);
	if (st == D4_OK && c->feed != NULL)
		st = feed_open(c, &x->feed);
	if (st == D4_OK && c->warninglists != NULL) {
		st = warninglists_load(c->warninglists, NULL, &x->lists);
		if (st != D4_OK)
			d4_warn("warninglists=%s", c->warninglists);
	} else if (st != D4_OK)
		d4_warn("start dir=%s airlock=%s error=\"%s\"", c->dir,
		    c->airlock, d4_status_text(st));
	return st;
}

void
exporter_close(struct exporter *x)
{
	rest_free(x->rest);
	feed_free(x->feed);
	warninglists_free(x->lists);
	http_free(x->http);
	airlock_close(x->airlock);
	store_free(x->store);
	d4_account_close(x->account);
	finding_fini(&x->maker);
	terms_fini(&x->terms);
	d4_buf_fini(&x->told);
	free(x->quarantine);
	free(x->released);
	misp_conf_free(x->reloaded);
}

/* ---- taking ---- */

/* What the relay releases now; nothing when that cannot be told. */
bool
exporter_terms(struct exporter *x)
{
	char name[96];
	enum d4_status st;

	(void)snprintf(name, sizeof(name), "%s/release.json", x->conf->partner);
	if (x->released == NULL)
		x->released = d4_path(x->conf->spool, name);
	if (x->released == NULL)
		return false;
	st = terms_load(x->released, &x->terms);
	if (st != D4_OK && st != x->terms_said && st != D4_ENOENT)
		d4_warnx("alarm release=%s error=\"%s\" (nothing is sent)",
		    x->released, d4_status_text(st));
	x->terms_said = st;
	return st == D4_OK;
}

/* Durable with the cursors (airlock_confirm). */
static void
on_benign(void *arg, const char *name, uint64_t n)
{
	const struct exporter *x = arg;
	json_t *o =
	    json_pack("{s:s, s:I}", "list", name, "seen", (json_int_t)n);

	if (o == NULL ||
	    d4_account_write(x->account, false, "misp.benign", o) != D4_OK)
		d4_warn("account");
}

enum d4_status
exporter_absorb(struct exporter *x, bool *more)
{
	const struct airlock_taker taker = {absorb_entry, x};
	struct airlock_batch batch;
	enum d4_status st;
	uint64_t over;

	*more = false;
	over = x->over;
	st = airlock_read(x->airlock, &x->terms, TURN_ENTRIES, &taker, &batch);
	if (st == D4_OK && x->over != over)
		exporter_over(x);
	if (st == D4_OK)
		warninglists_told(x->lists, on_benign, x);
	if (st == D4_OK)
		st = store_save(x->store);
	if (st == D4_OK)
		st = airlock_confirm(x->airlock);
	if (st != D4_OK) {
		/* What is in memory and not on disk is read again. */
		store_forget(x->store);
		airlock_rewind(x->airlock);
		return st;
	}
	store_shrink(x->store, x->conf->memory);
	*more = batch.more;
	return D4_OK;
}

/* ---- sending ---- */

static bool
exporter_event(struct exporter *x, size_t i)
{
	enum rest_end end;
	struct event *e;

	if (store_load(x->store, i, &e) != D4_OK)
		return true;
	end = rest_deliver(x->rest, e, &x->terms);
	if (store_save(x->store) != D4_OK)
		d4_warn("state dir=%s", x->conf->dir);
	store_shrink(x->store, x->conf->memory);
	return end == REST_DONE;
}

static void
exporter_send(struct exporter *x)
{
	uint64_t now = d4_mono_ms();
	bool go = x->rest != NULL && rest_ready(x->rest) &&
	          (x->flushed_ms == 0 ||
		      now - x->flushed_ms >= x->conf->flush_us / 1000);

	if (!go)
		return;
	for (size_t i = 0; i < store_n(x->store) && go; i++) {
		if (store_at(x->store, i)->due)
			go = exporter_event(x, i);
	}
	/* A round that broke off goes on as soon as the back-off is over. */
	if (go)
		x->flushed_ms = d4_mono_ms();
}

static void
exporter_feed(struct exporter *x)
{
	uint64_t now = d4_mono_ms();
	enum d4_status st;

	if (x->feed == NULL ||
	    (x->fed_ms != 0 && now - x->fed_ms < x->conf->flush_us / 1000))
		return;
	st = feed_turn(x->feed, x->store, &x->terms, d4_now_us() / 1000000);
	if (st != D4_OK)
		d4_warnx("alarm feed=%s error=\"%s\"", x->conf->feed,
		    d4_status_text(st));
	x->fed_ms = now;
}

/* ---- life ---- */

static bool
exporter_turn(struct exporter *x)
{
	enum d4_status st = D4_OK;
	bool more = false;

	request_obey(x);
	if (exporter_terms(x) && thawed(x)) {
		st = exporter_absorb(x, &more);
		if (st != D4_OK)
			d4_warn("alarm airlock=stopped error=\"%s\"",
			    d4_status_text(st));
		exporter_choose(x, more);
		exporter_send(x);
		if (on_may(x))
			exporter_feed(x);
	}
	exporter_old(x);
	exporter_lost(x);
	exporter_tell(x);
	return more;
}

/* false: we are to stop. */
static bool
exporter_wait(struct exporter *x, int ms)
{
	struct pollfd p[2] = {{.fd = x->stop, .events = POLLIN},
	    {.fd = x->hup, .events = POLLIN}};
	struct signalfd_siginfo si;

	if (poll(p, 2, ms) > 0 && p[0].revents != 0)
		return false;
	while (x->hup >= 0 && p[1].revents != 0 &&
	       read(x->hup, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		reload(x);
		p[1].revents = 0; /* one is as good as many */
	}
	return true;
}

void
exporter_run(struct exporter *x)
{
	bool more = false;

	do
		more = exporter_turn(x);
	while (exporter_wait(x, more ? 0 : TURN_MS));
}
