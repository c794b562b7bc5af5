/* Any bytes as type-2 payloads: cut in two, gathered, parsed. */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "libd4/meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct d4_slice json)
{
	struct d4_meta m;
	size_t i;

	if (d4_meta_parse(json, &m) != D4_OK)
		return;
	assert(m.type[0] != '\0' && strlen(m.type) < sizeof(m.type));
	assert(strchr(m.type, '/') == NULL && m.type[0] != '.');
	assert(m.n_tag <= D4_META_TAGS && m.n_path <= D4_META_HOPS);
	for (i = 0; i < m.n_tag; i++)
		assert(strlen(m.tag[i]) < D4_META_TAG);
	for (i = 0; i < m.n_path; i++)
		assert(m.path[i][0] != '\0');
	d4_meta_fini(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_meta_gather whole, cut;
	struct d4_slice all = d4_slice_of(data, size), rest = all;
	enum d4_status st, st2;

	check(all);
	d4_meta_gather_init(&whole);
	d4_meta_gather_init(&cut);
	st = d4_meta_gather_add(&whole, all);
	st2 = d4_meta_gather_add(&cut, d4_slice_skip(&rest, size / 2));
	if (st2 >= D4_OK)
		st2 = d4_meta_gather_add(&cut, rest);
	assert(st == st2);
	if (st == D4_OK) {
		assert(d4_slice_eq(
		    d4_buf_slice(&whole.json), d4_buf_slice(&cut.json)));
		check(d4_buf_slice(&whole.json));
	}
	d4_meta_gather_fini(&whole);
	d4_meta_gather_fini(&cut);
	return 0;
}
