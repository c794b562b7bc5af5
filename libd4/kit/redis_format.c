#include <string.h>
#include "libd4/kit/redis_format.h"

/* "c123\r\n" at p; returns behind it. */
static uint8_t *
put_length(uint8_t *p, char c, size_t v)
{
	char digits[24];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	*p++ = (uint8_t)c;
	while (n > 0)
		*p++ = (uint8_t)digits[--n];
	*p++ = '\r';
	*p++ = '\n';
	return p;
}

size_t
redis_format_size(const struct d4_slice *argv, size_t n)
{
	size_t sum = 24;

	for (size_t i = 0; i < n; i++)
		sum += argv[i].n + 26;
	return sum;
}

enum d4_status
redis_format(
    struct d4_buf *out, const struct d4_slice *argv, size_t n, bool lend)
{
	size_t size = redis_format_size(argv, n);
	enum d4_status st;
	uint8_t *p;

	if (lend)
		size -= argv[n - 1].n;
	st = d4_buf_reserve(out, size);
	if (st != D4_OK)
		return st;
	p = put_length(out->p + out->n, '*', n);
	for (size_t i = 0; i < n; i++) {
		p = put_length(p, '$', argv[i].n);
		if (argv[i].n != 0 && !(lend && i + 1 == n)) {
			memcpy(p, argv[i].p, argv[i].n);
			p += argv[i].n;
		}
		*p++ = '\r';
		*p++ = '\n';
	}
	out->n = (size_t)(p - out->p);
	return D4_OK;
}

/* The analyzer loses sight of a va_list behind a pointer (C11 7.16 p3). */
/* NOLINTBEGIN(clang-analyzer-valist.Uninitialized) */

/* One conversion at fmt, behind its '%'; returns how long it is, or 0. */
static size_t
put_value(struct d4_buf *text, const char *fmt, va_list *ap)
{
	if (fmt[0] == 's')
		return d4_buf_adds(text, va_arg(*ap, const char *)) == D4_OK
		           ? 1
		           : 0;
	if (strncmp(fmt, "llu", 3) == 0)
		return d4_buf_addf(text, "%llu",
			   va_arg(*ap, unsigned long long)) == D4_OK
		           ? 3
		           : 0;
	return 0;
}

/* NOLINTEND(clang-analyzer-valist.Uninitialized) */

/* One word of fmt into text; *fmt is left at its end. */
static enum d4_status
put_word(struct d4_buf *text, const char **fmt, va_list *ap)
{
	const char *f = *fmt;
	enum d4_status st = D4_OK;

	while (*f != '\0' && *f != ' ' && st == D4_OK) {
		size_t n;

		if (*f != '%') {
			st = d4_buf_add(text, f++, 1);
			continue;
		}
		n = put_value(text, f + 1, ap);
		st = n == 0 ? D4_EINVAL : D4_OK;
		f += 1 + n;
	}
	*fmt = f;
	return st;
}

enum d4_status
redis_words(struct d4_buf *text, const char *fmt, va_list ap,
    struct d4_slice argv[REDIS_WORDS], size_t *n)
{
	size_t end[REDIS_WORDS], words = 0, from = 0;
	enum d4_status st;
	va_list copy;

	va_copy(copy, ap);
	for (st = D4_OK; st == D4_OK && *fmt != '\0'; words++) {
		if (words == REDIS_WORDS) {
			st = D4_EINVAL;
			break;
		}
		st = put_word(text, &fmt, &copy);
		end[words] = text->n;
		while (*fmt == ' ')
			fmt++;
	}
	va_end(copy);
	if (st != D4_OK)
		return st;
	/* Only now: the text may have moved while it grew. */
	for (size_t i = 0; i < words; i++) {
		argv[i] = d4_slice_of(text->p + from, end[i] - from);
		from = end[i];
	}
	*n = words;
	return D4_OK;
}
