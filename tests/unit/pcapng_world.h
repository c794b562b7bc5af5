/* For the tests of pcapng: files that are made, run, and looked at. */
#ifndef TEST_PCAPNG_WORLD_H
#define TEST_PCAPNG_WORLD_H

#include "golden.h"
#include "libd4/wire.h"
#include "pcapng.h"

#define STEPS "[addr: {scope: telescope, others: keep}]"
#define KEEP  "[addr: {scope: telescope, others: keep}, payload: keep%s]"
#define ROOM  65536

/* A file that is being made. */
struct file {
	uint8_t bytes[ROOM];
	struct png_out o;
};

/* One option of up to eight bytes. */
struct option {
	uint16_t code, n;
	uint8_t value[8];
};

static inline void
begin(struct file *f, bool big)
{
	f->o = (struct png_out){.p = f->bytes, .big = big};
	png_put_section(&f->o, 12345);
}

static inline void
put_options(struct png_out *o, const struct option *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		png_put16(o, list[i].code);
		png_put16(o, list[i].n);
		png_fill(o, list[i].n, 0);
		memcpy(o->p + o->n - (list[i].n + 3u) / 4 * 4, list[i].value,
		    list[i].n);
	}
	if (n != 0)
		png_put32(o, 0);
}

static inline size_t
options_size(const struct option *list, size_t n)
{
	size_t sum = n != 0 ? 4 : 0;

	for (size_t i = 0; i < n; i++)
		sum += 4 + (list[i].n + 3u) / 4 * 4;
	return sum;
}

static inline void
put_face(struct file *f, uint16_t link, const struct option *list, size_t n)
{
	uint32_t len = 20 + (uint32_t)options_size(list, n);

	png_put32(&f->o, 1);
	png_put32(&f->o, len);
	png_put16(&f->o, link);
	png_put16(&f->o, 0);
	png_put32(&f->o, 300000);
	put_options(&f->o, list, n);
	png_put32(&f->o, len);
}

/* What an enhanced packet says of itself. */
struct said {
	uint32_t face;
	uint64_t time;
	const struct option *list;
	size_t n;
};

static inline void
put_packet(struct file *f, const struct said *s, struct d4_slice p)
{
	uint32_t len = 32 + (uint32_t)((p.n + 3) / 4 * 4) +
	               (uint32_t)options_size(s->list, s->n);

	png_put32(&f->o, 6);
	png_put32(&f->o, len);
	png_put32(&f->o, s->face);
	png_put32(&f->o, (uint32_t)(s->time >> 32));
	png_put32(&f->o, (uint32_t)s->time);
	png_put32(&f->o, (uint32_t)p.n);
	png_put32(&f->o, (uint32_t)p.n);
	png_fill(&f->o, (uint32_t)p.n, 0);
	memcpy(f->bytes + f->o.n - (p.n + 3) / 4 * 4, p.p, p.n);
	put_options(&f->o, s->list, s->n);
	png_put32(&f->o, len);
}

static inline void
put_simple(struct file *f, struct d4_slice p)
{
	png_put_simple(&f->o, (uint32_t)p.n, (uint32_t)p.n);
	memcpy(f->bytes + f->o.n - 4 - (p.n + 3) / 4 * 4, p.p, p.n);
}

static inline struct d4_slice
udp(void)
{
	static uint8_t p[GOLDEN_MAX];
	static size_t n;

	if (n == 0)
		n = golden_packet("udp", p);
	return d4_slice_of(p, n);
}

static inline enum d4_status
run(const char *steps, const struct file *f, size_t cut, struct d4_buf *out,
    struct d4_tally *tally)
{
	d4_buf_init(out, 4 * ROOM);
	return test_blocks(steps, 5, d4_slice_of(f->bytes, f->o.n), cut,
	    &(struct test_made){out, tally});
}

static inline uint32_t
get32(const struct d4_buf *b, bool big, size_t at)
{
	assert_true(at + 4 <= b->n);
	return big ? d4_get_be32(b->p + at) : d4_get_le32(b->p + at);
}

/* Where the i-th block begins; its length is the same at both ends. */
static inline size_t
block(const struct d4_buf *b, bool big, unsigned i)
{
	size_t at = 0;

	for (unsigned n = 0;; n++) {
		size_t len = get32(b, big, at + 4);

		assert_int_equal(get32(b, big, at + len - 4), len);
		if (n == i)
			return at;
		at += len;
	}
}

static inline bool
holds(const struct d4_buf *b, const void *p, size_t n)
{
	return memmem(b->p, b->n, p, n) != NULL;
}

#endif
