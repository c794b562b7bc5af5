/*
 * What of a record is kept, copied in runs as long as possible, and beside it
 * what is not.
 */
#ifndef SAN_JSON_COPY_H
#define SAN_JSON_COPY_H

#include <string.h>
#include "libd4/reason.h"
#include "libd4/slice.h"

/*
 * struct san_json_copy -- a record on its way.
 * Shape:  from..to: bytes of the record that are kept but not yet copied to
 *         out. gone: parts that are not kept, a newline behind each; NULL:
 *         nobody asks for them.
 */
struct san_json_copy {
	struct d4_buf *out, *gone;
	const uint8_t *from, *to;
};

/* san_json_room -- for n bytes more; false: *out is full, out of memory. */
static inline bool
san_json_room(struct d4_buf *out, size_t n)
{
	return (n <= out->max - out->n && n <= out->cap - out->n) ||
	       d4_buf_reserve(out, n) == D4_OK;
}

/* san_json_put -- appends n bytes; false: as san_json_room. */
static inline bool
san_json_put(struct d4_buf *out, const void *p, size_t n)
{
	if (n == 0)
		return true;
	if (!san_json_room(out, n))
		return false;
	memcpy(out->p + out->n, p, n);
	out->n += n;
	return true;
}

/* san_json_flush -- copies what is kept so far. Errors: INTERNAL. */
enum d4_reason san_json_flush(struct san_json_copy *c);

/* san_json_gone -- a part of the record that is not copied. */
enum d4_reason san_json_note_gone(
    struct san_json_copy *c, const uint8_t *from, const uint8_t *to);

static inline enum d4_reason
san_json_gone(struct san_json_copy *c, const uint8_t *from, const uint8_t *to)
{
	return c->gone == NULL || from == to ? D4_R_NONE
	                                     : san_json_note_gone(c, from, to);
}

/* san_json_keep -- bytes of the record, in their order; the rest is gone. */
static inline enum d4_reason
san_json_keep(struct san_json_copy *c, const uint8_t *from, const uint8_t *to)
{
	enum d4_reason why = D4_R_NONE;

	if (from != c->to) {
		why = san_json_gone(c, c->to, from);
		if (why == D4_R_NONE)
			why = san_json_flush(c);
		c->from = from;
	}
	c->to = to;
	return why;
}

#endif
