/* Small IPFIX streams made for tests. */
#ifndef TEST_IPFIX_H
#define TEST_IPFIX_H

#include <stdint.h>
#include <string.h>
#include "libd4/wire.h"

/* struct ipfix_out -- bytes so far; message and set: where they began. */
struct ipfix_out {
	uint8_t *p;
	size_t n, message, set;
	uint32_t seq;
};

static inline void
ipfix_put16(struct ipfix_out *o, unsigned v)
{
	d4_put_be16(o->p + o->n, (uint16_t)v);
	o->n += 2;
}

/* ipfix_message -- a header; ipfix_end writes its length. */
static inline void
ipfix_message(struct ipfix_out *o, uint32_t domain)
{
	o->message = o->n;
	ipfix_put16(o, 10);
	ipfix_put16(o, 0);
	d4_put_be32(o->p + o->n, 1700000000 + o->seq);
	d4_put_be32(o->p + o->n + 4, o->seq++);
	d4_put_be32(o->p + o->n + 8, domain);
	o->n += 12;
}

static inline void
ipfix_set(struct ipfix_out *o, unsigned id)
{
	o->set = o->n;
	ipfix_put16(o, id);
	ipfix_put16(o, 0);
}

/* ipfix_end -- of set and message. */
static inline void
ipfix_end(struct ipfix_out *o)
{
	if (o->set > o->message)
		d4_put_be16(o->p + o->set + 2, (uint16_t)(o->n - o->set));
	d4_put_be16(o->p + o->message + 2, (uint16_t)(o->n - o->message));
}

/* ipfix_template -- of n fields of 4 bytes; every third is an enterprise's. */
static inline void
ipfix_template(struct ipfix_out *o, unsigned id, unsigned n)
{
	ipfix_put16(o, id);
	ipfix_put16(o, n);
	for (unsigned i = 0; i < n; i++) {
		ipfix_put16(o, (i % 3 == 2 ? 0x8000u : 0) + 1 + i);
		ipfix_put16(o, 4);
		if (i % 3 == 2) {
			ipfix_put16(o, 0);
			ipfix_put16(o, 6871);
		}
	}
}

/* ipfix_option -- an options template with one scope field and n more. */
static inline void
ipfix_option(struct ipfix_out *o, unsigned id, unsigned n)
{
	ipfix_put16(o, id);
	ipfix_put16(o, n + 1);
	ipfix_put16(o, 1);
	for (unsigned i = 0; i <= n; i++) {
		ipfix_put16(o, 100 + i);
		ipfix_put16(o, 4);
	}
}

/* ipfix_put_template -- a message that defines one template. */
static inline void
ipfix_put_template(
    struct ipfix_out *o, uint32_t domain, unsigned id, unsigned n)
{
	ipfix_message(o, domain);
	ipfix_set(o, 2);
	ipfix_template(o, id, n);
	ipfix_end(o);
}

/* ipfix_put_data -- a message with a data set of n bytes. */
static inline void
ipfix_put_data(struct ipfix_out *o, uint32_t domain, unsigned id, size_t n)
{
	ipfix_message(o, domain);
	ipfix_set(o, id);
	memset(o->p + o->n, 'd', n);
	o->n += n;
	ipfix_end(o);
}

#endif
