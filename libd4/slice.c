#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "libd4/slice.h"

struct d4_slice
d4_slice_str(const char *s)
{
	return d4_slice_of(s, strlen(s));
}

bool
d4_slice_eq(struct d4_slice a, struct d4_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
d4_slice_eqs(struct d4_slice a, const char *s)
{
	return d4_slice_eq(a, d4_slice_str(s));
}

int
d4_hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
d4_slice_hex(struct d4_slice s, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		*out++ = digits[s.p[i] >> 4];
		*out++ = digits[s.p[i] & 15];
	}
	*out = '\0';
}

void
d4_buf_init(struct d4_buf *b, size_t max)
{
	*b = (struct d4_buf){.max = max};
}

void
d4_buf_fini(struct d4_buf *b)
{
	free(b->p);
	*b = (struct d4_buf){.max = b->max};
}

void
d4_buf_wipe(struct d4_buf *b)
{
	if (b->p != NULL)
		OPENSSL_cleanse(b->p, b->cap);
	d4_buf_fini(b);
}

enum d4_status
d4_buf_reserve(struct d4_buf *b, size_t n)
{
	size_t want, cap;
	uint8_t *p;

	if (b->cap >= b->n && n <= b->cap - b->n && n <= b->max - b->n)
		return D4_OK;
	if (b->n > b->max || n > b->max - b->n)
		return D4_ETOOBIG;
	want = b->n + n;
	cap = b->cap < 256 ? 256 : b->cap;
	while (cap < want)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	p = realloc(b->p, cap);
	if (p == NULL)
		return D4_ENOMEM;
	b->p = p;
	b->cap = cap;
	return D4_OK;
}

enum d4_status
d4_buf_add(struct d4_buf *b, const void *p, size_t n)
{
	enum d4_status st;

	if (n == 0)
		return D4_OK;
	st = d4_buf_reserve(b, n);
	if (st != D4_OK)
		return st;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return D4_OK;
}

enum d4_status
d4_buf_adds(struct d4_buf *b, const char *s)
{
	return d4_buf_add(b, s, strlen(s));
}

enum d4_status
d4_buf_addf(struct d4_buf *b, const char *fmt, ...)
{
	enum d4_status st;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(len >= 0);
	/* One byte more: vsnprintf insists on its NUL. */
	st = d4_buf_reserve(b, (size_t)len + 1);
	if (st != D4_OK)
		return st;
	va_start(ap, fmt);
	(void)vsnprintf((char *)b->p + b->n, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)len;
	return D4_OK;
}

void
d4_buf_drop(struct d4_buf *b, size_t n)
{
	assert(n <= b->n);
	b->n -= n;
	if (b->n != 0)
		memmove(b->p, b->p + n, b->n);
}

void
d4_buf_clear(struct d4_buf *b, size_t keep)
{
	if (b->cap > keep)
		d4_buf_fini(b);
	b->n = 0;
}
