/*
 * --dry-run: what would be sent now, of what waits in the airlock and of what
 * was taken already; nothing is sent, nothing is written down.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "misp-export/absorb.h"
#include "misp-export/commands.h"

#define DRY_ENTRIES 100000u /* of the airlock that are looked at */

/* A folder for the accounts of a run that has none. */
struct dry_dir {
	char path[32];
};

static enum d4_status
dry_open(struct misp_conf *c, struct dry_dir *dir, struct exporter *x)
{
	enum d4_status st;

	*x = (struct exporter){.conf = c, .stop = -1, .hup = -1};
	(void)snprintf(dir->path, sizeof(dir->path), "/tmp/d4-misp-XXXXXX");
	if (mkdtemp(dir->path) == NULL)
		return D4_EIO;
	st = d4_account_open(dir->path, "misp-export", &x->account);
	if (st == D4_OK)
		st = finding_init(&x->maker);
	if (st == D4_OK)
		st = store_look(c->dir, c->namespace, c->mappers, &x->store);
	if (st == D4_OK)
		st = airlock_open(c, x->account, &x->airlock);
	return st;
}

static void
dry_close(struct dry_dir *dir, struct exporter *x)
{
	char file[64];

	exporter_close(x);
	(void)snprintf(file, sizeof(file), "%s/misp-export.jsonl", dir->path);
	(void)unlink(file);
	(void)rmdir(dir->path);
}

static void
dry_item(const struct item *it)
{
	(void)printf("  + %s",
	    it->mapper->object != NULL ? it->mapper->object : "attribute");
	for (size_t i = 0; i < it->n; i++) {
		const struct map_rel *rel = &it->mapper->rel[it->value[i].rel];

		(void)printf(" %s=%s%s%s",
		    rel->relation != NULL ? rel->relation : rel->type,
		    it->value[i].text,
		    it->value[i].mapped ? " (pseudonym)" : "",
		    it->ids && !it->value[i].mapped &&
			    (rel->flags & MAP_IDS) != 0
			? " (indicator)"
			: "");
	}
	(void)printf(" seen=%llu\n", (unsigned long long)it->count);
}

static void
dry_text(
    const struct event *e, const struct misp_conf *c, struct event_may *may)
{
	static const char *const far[] = {"own organisation", "community",
	    "connected communities", "all", "sharing group"};
	char info[256];

	event_info(e, c->info, info, sizeof(info));
	(void)printf("%s\n  tlp:%s PAP:%s distribution=%d (%s) publish=%s\n",
	    info, terms_label_text(e->name.label), terms_pap_text(e->name.pap),
	    may->distribution, far[may->distribution],
	    may->publish ? "yes" : "no");
	for (size_t i = 0; i < e->n; i++) {
		if (item_due(e->items[i]) && item_released(e->items[i], may))
			dry_item(e->items[i]);
	}
}

static void
dry_json(
    const struct event *e, const struct misp_conf *c, struct event_may *may)
{
	const struct event_send send = {.distribution = may->distribution,
	    .group = c->group != NULL ? c->group : "",
	    .prefix = c->info};
	json_t *o = event_head(e, &send);

	for (size_t i = 0; o != NULL && i < e->n; i++) {
		if (item_due(e->items[i]) && item_released(e->items[i], may))
			(void)event_add_item(o, e->items[i]);
	}
	(void)json_dumpf(o, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(o);
}

static void
dry_event(const struct exporter *x, struct event *e, bool json)
{
	const struct event_ask ask = {.terms = &x->terms,
	    .now_us = d4_now_us(),
	    .group = x->conf->group != NULL};
	struct event_may may;

	event_released(e, &ask, &may);
	event_narrow(e, &may);
	if (!event_due(e) || may.distribution < 0 || may.lanes == 0)
		return;
	if (json)
		dry_json(e, x->conf, &may);
	else
		dry_text(e, x->conf, &may);
}

static int
dry_print(struct exporter *x, bool json)
{
	struct event *e;

	for (size_t i = 0; i < store_n(x->store); i++) {
		if (store_load(x->store, i, &e) != D4_OK)
			return 1;
		dry_event(x, e, json);
	}
	for (unsigned i = 1; i < VALUE_WHY_N; i++) {
		if (x->maker.refused[i] > 0)
			(void)fprintf(stderr, "refused %s: %llu values\n",
			    value_why_text((enum value_why)i),
			    (unsigned long long)x->maker.refused[i]);
	}
	return 0;
}

int
cmd_dry(struct misp_conf *c, int argc, char **argv)
{
	bool json = argc == 2 && strcmp(argv[1], "json") == 0;
	struct airlock_taker taker = {.take = absorb_entry};
	struct airlock_batch batch;
	struct dry_dir dir = {.path = ""};
	struct exporter x;
	int code = 1;

	if (argc > 2 || (argc == 2 && !json)) {
		(void)fputs("usage: d4-misp-export --dry-run [json]\n", stderr);
		return 64;
	}
	taker.arg = &x;
	if (dry_open(c, &dir, &x) != D4_OK)
		(void)fprintf(stderr,
		    "d4-misp-export: %s or %s cannot be "
		    "read\n",
		    c->dir, c->cursors);
	else if (!exporter_terms(&x))
		(void)fputs(
		    "the relay releases nothing to this partner now\n", stderr);
	else if (airlock_read(
		     x.airlock, &x.terms, DRY_ENTRIES, &taker, &batch) == D4_OK)
		code = dry_print(&x, json);
	dry_close(&dir, &x);
	return code;
}
