/* What MISP says that it has: any JSON; what comes back is ours and whole. */
#include <assert.h>
#include "misp-export/event_file.h"
#include "misp-export/remember.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct event_name name = {.source = "resolver",
    .kind = "passive-dns",
    .label = 1,
    .start_s = 1763683200,
    .span_s = 86400};

static void
fuzz_items(struct remember *r, const json_t *list)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		(void)!remember_sighting(r, o);
		(void)!remember_item(r, o);
	}
}

/* It can be written down and read back. */
static void
fuzz_write(const struct event *e)
{
	struct event *back = NULL;
	struct d4_buf text;
	uint64_t lost;

	d4_buf_init(&text, EVENT_FILE_MAX);
	if (event_write(e, &text) == D4_OK)
		assert(event_read(d4_buf_slice(&text), NULL, &lost, &back) ==
		       D4_OK);
	event_free(back);
	d4_buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct d4_uuid space = {{7}};
	json_t *o = json_loadb((const char *)data, size, 0, NULL);
	const char *info = json_string_value(json_object_get(o, "info"));
	struct event_name found;
	struct event *e = NULL;
	struct remember r;
	uint64_t top;

	if (info != NULL)
		(void)remember_name(&space, info, &space, &found, &top);
	if (event_new(&space, &name, &e) == D4_OK &&
	    remember_init(&r, e, NULL) == D4_OK) {
		fuzz_items(&r, json_object_get(o, "items"));
		if (remember_end(&r, e, 1, 3) == D4_OK)
			fuzz_write(e);
		remember_fini(&r);
	}
	event_free(e);
	json_decref(o);
	return 0;
}
