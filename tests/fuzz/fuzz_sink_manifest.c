/* A manifest: any bytes; every name that is taken is one of ours. */
#include <assert.h>
#include <string.h>
#include "relay/sink_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sink_settings conf = {.path = "/",
	    .dataset = {.title = "t",
		.licence = "l",
		.producer = "p",
		.frequency = "f",
		.source = "s"}};
	struct sink_set one = {.conf = &conf}, two = {.conf = &conf};
	struct d4_buf text;

	d4_buf_init(&text, SINK_SET_MAX);
	if (sink_manifest_parse(d4_slice_of(data, size), &one) == D4_OK) {
		for (size_t i = 0; i < one.n; i++) {
			assert(sink_item_name(one.item[i].name));
			assert(strchr(one.item[i].name, '/') == NULL);
		}
		assert(sink_manifest_text(&one, 0, &text) == D4_OK);
		assert(sink_manifest_parse(d4_buf_slice(&text), &two) == D4_OK);
		assert(one.n == two.n && one.bytes == two.bytes);
		assert(one.n == 0 || memcmp(one.item, two.item,
					 one.n * sizeof(*one.item)) == 0);
	}
	sink_set_fini(&one);
	sink_set_fini(&two);
	d4_buf_fini(&text);
	return 0;
}
