/* The release file: any bytes; what is taken is written and read the same. */
#include <assert.h>
#include <string.h>
#include "relay/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(const struct release_lane *a, const struct release_lane *b)
{
	assert(strcmp(a->id, b->id) == 0 && strcmp(a->rule, b->rule) == 0);
	assert(strcmp(a->policy, b->policy) == 0);
	assert(strcmp(a->pipeline, b->pipeline) == 0);
	assert(strcmp(a->sink, b->sink) == 0);
	assert(a->after == b->after && a->max_volume == b->max_volume);
	assert(a->max_rate_bits == b->max_rate_bits);
	assert(a->delay_us == b->delay_us);
	assert(a->not_before_s == b->not_before_s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct release one = {.n = 0}, two = {.n = 0};
	struct d4_buf text;

	if (release_parse(d4_slice_of(data, size), &one) != D4_OK) {
		assert(one.n == 0 && one.lane == NULL);
		return 0;
	}
	d4_buf_init(&text, RELEASE_MAX);
	if (release_text(&one, &text) == D4_OK) {
		assert(release_parse(d4_buf_slice(&text), &two) == D4_OK);
		assert(two.n == one.n);
		for (size_t i = 0; i < one.n; i++) {
			assert(
			    release_find(&one, one.lane[i].id) == &one.lane[i]);
			same(&one.lane[i], &two.lane[i]);
		}
	}
	assert(release_find(&one, "") == NULL);
	d4_buf_fini(&text);
	release_fini(&one);
	release_fini(&two);
	return 0;
}
