/* The messages that tell all templates of a stream. */
#include <string.h>
#include "libd4/cutter.h"
#include "libd4/ipfix_templates.h"
#include "libd4/wire.h"

#define OPENING_HEADER 16u /* bytes of a message's header */
#define OPENING_SET    4u  /* bytes of a set's header */

/* The end of the templates that share domain and (or 0) set with the i-th. */
static size_t
opening_end(const struct ipfix_templates *t, size_t i, bool set)
{
	size_t end = i;

	while (end < t->n && t->at[end].domain == t->at[i].domain &&
	       (!set || t->at[end].set == t->at[i].set))
		end++;
	return end;
}

/* Bytes of the templates from..to as sets; *stamp: the newest of them. */
static size_t
opening_size(
    const struct ipfix_templates *t, size_t from, size_t to, uint64_t *stamp)
{
	size_t sum = 0;

	*stamp = 0;
	for (size_t i = from; i < to; i++) {
		if (i == from || t->at[i].set != t->at[i - 1].set)
			sum += OPENING_SET;
		sum += t->at[i].record.n;
		if (t->at[i].stamp > *stamp)
			*stamp = t->at[i].stamp;
	}
	return sum;
}

static size_t
opening_total(const struct ipfix_templates *t)
{
	size_t sum = 0, end;
	uint64_t stamp;

	for (size_t i = 0; i < t->n; i = end) {
		end = opening_end(t, i, false);
		sum += OPENING_HEADER + opening_size(t, i, end, &stamp);
	}
	return sum;
}

/* Writes the sets of the templates from..to at `w`. */
static void
opening_sets(struct ipfix_templates *t, size_t from, size_t to, uint8_t *w)
{
	while (from < to) {
		size_t end = opening_end(t, from, true);
		uint64_t stamp;

		d4_put_be16(w, t->at[from].set);
		d4_put_be16(
		    w + 2, (uint16_t)opening_size(t, from, end, &stamp));
		w += OPENING_SET;
		for (; from < end; from++) {
			struct d4_slice *r = &t->at[from].record;

			memcpy(w, r->p, r->n);
			r->p = w;
			w += r->n;
		}
	}
}

/* The records move from where they were. */
enum d4_status
ipfix_templates_tell(struct ipfix_templates *t)
{
	size_t total = opening_total(t), end;
	struct d4_buf b;
	enum d4_status st;

	if (total > D4_OPENING_MAX)
		return D4_ETOOBIG;
	d4_buf_init(&b, D4_OPENING_MAX);
	st = d4_buf_reserve(&b, total);
	if (st != D4_OK)
		return st;
	for (size_t i = 0; i < t->n; i = end) {
		uint8_t *w = b.p + b.n;
		uint64_t stamp;
		size_t n;

		end = opening_end(t, i, false);
		n = OPENING_HEADER + opening_size(t, i, end, &stamp);
		d4_put_be16(w, 10);
		d4_put_be16(w + 2, (uint16_t)n);
		d4_put_be64(w + 4, stamp);
		d4_put_be32(w + 12, t->at[i].domain);
		opening_sets(t, i, end, w + OPENING_HEADER);
		b.n += n;
	}
	d4_buf_fini(&t->opening);
	t->opening = b;
	t->stale = false;
	return D4_OK;
}
