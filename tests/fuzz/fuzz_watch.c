/*
 * What a hub, or the file of what was raised, says to d4-hub watch: any JSON.
 * No more events than the table holds, all printable.
 */
#include <assert.h>
#include <string.h>
#include "hub/metrics.h"
#include "hub/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(void *arg, const struct event *e)
{
	(void)arg;
	for (const char *p = e->subject; *p != '\0'; p++)
		assert(*p >= ' ' && *p <= '~');
	for (const char *p = e->text; *p != '\0'; p++)
		assert(*p >= ' ' && *p <= '~');
}

static void
fuzz_page(const json_t *o)
{
	struct d4_buf page;

	d4_buf_init(&page, METRICS_MAX);
	assert(metrics_hub(o, &page) == D4_OK);
	assert(metrics_events(o, &page) == D4_OK);
	assert(metrics_archives(o, &page) == D4_OK);
	assert(page.n == 0 || page.p[page.n - 1] == '\n');
	d4_buf_fini(&page);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct events_ops ops = {check, check};
	static const struct watch_conf conf = {.filling_us = 3600000000};
	json_t *o = json_loadb((const char *)data, size, 0, NULL);
	struct events *s = NULL;

	if (o == NULL)
		return 0;
	assert(events_new(&ops, NULL, &s) == D4_OK);
	events_load(s, o);
	for (unsigned i = 0; i < 4; i++) {
		events_begin(s);
		watch_status(s, &conf, o);
		watch_sensors(s, o);
		events_end(s, i + 1);
	}
	assert(events_raised(s) <= EVENTS_MAX);
	events_each(s, check, NULL);
	fuzz_page(o);
	events_free(s);
	json_decref(o);
	return 0;
}
