/*
 * Bytes: `slice` borrows, `buf` owns. Nothing else in the project points at
 * payload bytes.
 */
#ifndef D4_SLICE_H
#define D4_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "libd4/status.h"

/* A borrowed run of bytes; p may be NULL when n is 0. */
struct d4_slice {
	const uint8_t *p;
	size_t n;
};

/*
 * An owned, growing run of bytes with a hard limit.
 * Shape:  p[0..n) is content, cap what is allocated, max the limit in bytes
 *         (0: no bytes may ever be added).
 */
struct d4_buf {
	uint8_t *p;
	size_t n;
	size_t cap;
	size_t max;
};

static inline struct d4_slice
d4_slice_of(const void *p, size_t n)
{
	return (struct d4_slice){(const uint8_t *)p, n};
}

static inline struct d4_slice
d4_buf_slice(const struct d4_buf *b)
{
	return (struct d4_slice){b->p, b->n};
}

/* d4_slice_skip -- drops the first n bytes (n <= s->n) and returns them. */
static inline struct d4_slice
d4_slice_skip(struct d4_slice *s, size_t n)
{
	struct d4_slice head = {s->p, n};

	s->p = n ? s->p + n : s->p;
	s->n -= n;
	return head;
}

/* d4_slice_str -- borrows a C string without its NUL. */
struct d4_slice d4_slice_str(const char *s);

/* d4_slice_eq -- same bytes; NOT constant time, see d4_hmac_check. */
bool d4_slice_eq(struct d4_slice a, struct d4_slice b);

/* d4_slice_eqs -- same bytes as a C string. */
bool d4_slice_eqs(struct d4_slice a, const char *s);

/* d4_slice_hex -- 2 * s.n lower-case hex digits and a NUL into out. */
void d4_slice_hex(struct d4_slice s, char *out);

/* d4_hex_value -- 0 to 15 of a hex digit, either case; -1: it is none. */
int d4_hex_value(uint8_t c);

/* d4_buf_init -- an empty buffer that may grow to max bytes; no allocation. */
void d4_buf_init(struct d4_buf *b, size_t max);

/* d4_buf_fini -- frees the content; the buffer may be initialised again. */
void d4_buf_fini(struct d4_buf *b);

/* d4_buf_wipe -- d4_buf_fini after OPENSSL_cleanse; for secrets. */
void d4_buf_wipe(struct d4_buf *b);

/*
 * d4_buf_reserve -- makes room for n more bytes behind b->n.
 * Errors: D4_ETOOBIG over b->max.  D4_ENOMEM.  On error *b is as before.
 */
D4_USED enum d4_status d4_buf_reserve(struct d4_buf *b, size_t n);

/* d4_buf_add -- appends a copy of n bytes. Errors: as d4_buf_reserve. */
D4_USED enum d4_status d4_buf_add(struct d4_buf *b, const void *p, size_t n);

/* d4_buf_adds -- appends a C string without its NUL. */
D4_USED enum d4_status d4_buf_adds(struct d4_buf *b, const char *s);

/*
 * d4_buf_addf -- appends formatted text (no NUL is counted).
 * Errors: as d4_buf_reserve.
 */
D4_USED enum d4_status d4_buf_addf(struct d4_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* d4_buf_drop -- removes the first n bytes (n <= b->n), moving the rest. */
void d4_buf_drop(struct d4_buf *b, size_t n);

/*
 * d4_buf_clear -- empties; the memory is kept for the next use unless more
 * than `keep` bytes are allocated.
 */
void d4_buf_clear(struct d4_buf *b, size_t keep);

#endif
