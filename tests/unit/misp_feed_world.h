/* A feed in a folder of its own, and what stands in it. */
#ifndef MISP_FEED_WORLD_H
#define MISP_FEED_WORLD_H

#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "misp-export/conf.h"
#include "misp-export/feed.h"
#include "test.h"
#include "tmpdir.h"

#define NOW     1763726400u /* 2025-11-21 12:00 UTC */
#define DAY     86400u
#define ORG     "5b642239-4db4-4580-adf4-4ebd950d210f"
#define LANE    "0123456789abcdef"
#define OTHER   "fedcba9876543210"
#define PIPE    "p1"
#define BY_NAME "www.example.org"

/* A feed in a folder of its own, an event of passive DNS in its store. */
struct world {
	char dir[64], feed_dir[96];
	struct misp_conf conf;
	struct store *store;
	struct feed *feed;
	struct terms terms;
	struct terms_lane lane;
	struct event *event;
	struct event_name name;
};

static void
world_event(struct world *w)
{
	struct event_lane of = {.id = LANE, .pipeline = PIPE};
	uint64_t seq;

	assert_int_equal(store_get(w->store, &w->name, &w->event), D4_OK);
	w->event->distribution = 1;
	assert_int_equal(event_lane(w->event, &of, &seq), 0);
}

static int
setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	tmpdir_make(w.dir, sizeof(w.dir));
	(void)snprintf(w.feed_dir, sizeof(w.feed_dir), "%s/feed", w.dir);
	w.conf = (struct misp_conf){.feed = w.feed_dir,
	    .feed_org = (char *)(uintptr_t) "Sensors",
	    .feed_org_uuid = (char *)(uintptr_t)ORG,
	    .feed_label = (char *)(uintptr_t) "green",
	    .feed_keep_us = 30ull * DAY * 1000000,
	    .info = (char *)(uintptr_t) "D4 ",
	    .memory = 1000};
	assert_int_equal(store_open(w.dir, ORG, NULL, &w.store), D4_OK);
	assert_int_equal(feed_open(&w.conf, &w.feed), D4_OK);
	w.lane = (struct terms_lane){
	    .id = LANE, .pipeline = PIPE, .label = 1, .distribution = -1};
	w.terms = (struct terms){&w.lane, 1};
	w.name = (struct event_name){.source = "resolver",
	    .kind = "passive-dns",
	    .label = 1,
	    .start_s = NOW - NOW % DAY,
	    .span_s = DAY};
	world_event(&w);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	feed_free(w->feed);
	store_free(w->store);
	tmpdir_remove(w->dir);
	return 0;
}

static void
take(struct world *w, const char *name, uint64_t at_s)
{
	const struct event_limits limits = {100, 1, 0};
	const struct mapper *m = mappers_find(NULL, "passive-dns");
	struct finding f = {.mapper = m,
	    .value = {{0, false, name}, {1, false, "A"},
		{2, false, "192.0.2.1"}},
	    .n = 3,
	    .key = name,
	    .key_n = strlen(name),
	    .time_us = at_s * 1000000,
	    .count = 1};

	assert_int_equal(event_take(w->event, &f, 0, &limits), D4_OK);
	assert_int_equal(store_save(w->store), D4_OK);
}

static void
turn(struct world *w, uint64_t now_s)
{
	assert_int_equal(feed_turn(w->feed, w->store, &w->terms, now_s), D4_OK);
}

/* A file of the feed as JSON; NULL: it is not there. */
static json_t *
file(const struct world *w, const char *name)
{
	char *path = d4_path(w->feed_dir, name);
	json_t *o = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	struct stat st;

	if (o != NULL) {
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0644);
	}
	free(path);
	return o;
}

static json_t *
event_file(const struct world *w)
{
	char name[D4_UUID_TEXT + 8];

	d4_uuid_text(&w->event->uuid, name);
	(void)snprintf(name + D4_UUID_TEXT - 1, 8, ".json");
	return file(w, name);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
