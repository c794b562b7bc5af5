#include "libd4/cutter.h"

enum d4_status
d4_cutter_new(const struct d4_cutter_kind *kind, struct d4_cutter **out)
{
	return kind->make(out);
}

void
d4_cutter_free(struct d4_cutter *c)
{
	if (c != NULL)
		c->kind->destroy(c);
}

enum d4_status
d4_cutter_feed(struct d4_cutter *c, struct d4_slice *in, struct d4_run *out)
{
	if (c->failed != D4_R_NONE)
		return D4_EMALFORMED;
	return c->kind->feed(c, in, out);
}

enum d4_status
d4_cutter_finish(struct d4_cutter *c, struct d4_run *out)
{
	return c->kind->finish(c, out);
}

struct d4_slice
d4_cutter_opening(const struct d4_cutter *c)
{
	return c->kind->opening(c);
}

uint32_t
d4_cutter_variant(const struct d4_cutter *c)
{
	return c->kind->variant(c);
}

size_t
d4_cutter_held(const struct d4_cutter *c)
{
	return c->kind->held(c);
}

size_t
d4_cutter_split(const struct d4_cutter *c, struct d4_slice data)
{
	return data.n == 0 ? 0 : c->kind->split(c, data);
}

size_t
d4_cutter_fit(
    const struct d4_cutter *c, struct d4_slice data, size_t room, uint64_t *n)
{
	struct d4_slice at = data;
	size_t len;

	*n = 0;
	if (c->kind->fit != NULL)
		return c->kind->fit(
		    d4_slice_of(data.p, data.n < room ? data.n : room), n);
	while ((len = d4_cutter_split(c, at)) != 0 &&
	       len <= room - (data.n - at.n)) {
		(void)d4_slice_skip(&at, len);
		++*n;
	}
	return data.n - at.n;
}
