#include "sanitizers/json_copy.h"

enum d4_reason
san_json_flush(struct san_json_copy *c)
{
	if (!san_json_put(c->out, c->from, (size_t)(c->to - c->from)))
		return D4_R_INTERNAL;
	c->from = c->to;
	return D4_R_NONE;
}

enum d4_reason
san_json_note_gone(
    struct san_json_copy *c, const uint8_t *from, const uint8_t *to)
{
	if (!san_json_put(c->gone, from, (size_t)(to - from)) ||
	    !san_json_put(c->gone, "\n", 1))
		return D4_R_INTERNAL;
	return D4_R_NONE;
}
