#include <stdint.h>
#include <stdlib.h>
#include "relay/journal.h"
#include "relay/release.h"

/*
 * What one of the relay's processes reads of another: the release file, and
 * counts of a journal. A release that was refused is empty; one that was
 * taken finds each of its lanes and reads its own text again.
 */
static void
try_release(struct d4_slice text)
{
	struct release r = {.n = 0}, again = {.n = 0};
	struct d4_buf out;

	if (release_parse(text, &r) != D4_OK && r.n != 0)
		abort();
	d4_buf_init(&out, RELEASE_MAX);
	for (size_t i = 0; i < r.n; i++) {
		if (release_find(&r, r.lane[i].id) == NULL)
			abort();
	}
	if (r.n > 0 && release_text(&r, &out) == D4_OK &&
	    (release_parse(d4_buf_slice(&out), &again) != D4_OK ||
		again.n != r.n))
		abort();
	d4_buf_fini(&out);
	release_fini(&r);
	release_fini(&again);
}

static void
try_totals(struct d4_slice text)
{
	json_t *o = json_loadb((const char *)text.p, text.n, 0, NULL), *own;
	struct totals t, again;

	if (o == NULL)
		return;
	totals_init(&t);
	totals_init(&again);
	if (totals_add_json(&t, o) == D4_OK) {
		own = totals_json(&t, false);
		if (own == NULL || totals_add_json(&again, own) != D4_OK)
			abort();
		json_decref(own);
	}
	totals_fini(&t);
	totals_fini(&again);
	json_decref(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_slice text = d4_slice_of(data, size);
	struct stream_id id;

	(void)!stream_id_parse((const char *)data, size, &id);
	try_release(text);
	try_totals(text);
	return 0;
}
