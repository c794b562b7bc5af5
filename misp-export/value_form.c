#include <ctype.h>
#include <string.h>
#include "libd4/prefix.h"
#include "misp-export/value_form.h"

#define FORM_NAME  253u /* bytes of a name */
#define FORM_LABEL 63u

static enum value_why
form_add(struct d4_buf *b, const void *p, size_t n)
{
	return d4_buf_add(b, p, n) == D4_OK ? VALUE_OK : VALUE_TOOBIG;
}

static enum value_why
form_lower(struct d4_buf *b, struct d4_slice in)
{
	enum value_why why = form_add(b, in.p, in.n);

	for (size_t i = 0; i < b->n; i++)
		b->p[i] = (uint8_t)tolower(b->p[i]);
	return why;
}

/* Decimal digits alone, up to 18 of them. */
static bool
form_digits(struct d4_slice in, uint64_t *out)
{
	uint64_t v = 0;

	if (in.n == 0 || in.n > 18)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] < '0' || in.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(in.p[i] - '0');
	}
	*out = v;
	return true;
}

static enum value_why
form_number(struct d4_buf *b, uint64_t v)
{
	return d4_buf_addf(b, "%llu", (unsigned long long)v) == D4_OK
	           ? VALUE_OK
	           : VALUE_TOOBIG;
}

enum value_why
value_form_number(struct d4_slice in, size_t n, struct d4_buf *b)
{
	uint64_t v;

	(void)n;
	return form_digits(in, &v) ? form_number(b, v) : VALUE_NUMBER;
}

enum value_why
value_form_port(struct d4_slice in, size_t n, struct d4_buf *b)
{
	uint64_t v;

	(void)n;
	if (!form_digits(in, &v) || v == 0 || v > 65535)
		return VALUE_PORT;
	return form_number(b, v);
}

enum value_why
value_form_as(struct d4_slice in, size_t n, struct d4_buf *b)
{
	uint64_t v;

	(void)n;
	if (in.n > 2 && tolower(in.p[0]) == 'a' && tolower(in.p[1]) == 's')
		(void)d4_slice_skip(&in, 2);
	if (!form_digits(in, &v) || v == 0 || v > UINT32_MAX)
		return VALUE_NUMBER;
	return form_number(b, v);
}

enum value_why
value_form_float(struct d4_slice in, size_t n, struct d4_buf *b)
{
	size_t dots = 0, digits = 0, i = in.p[0] == '-' ? 1 : 0;

	(void)n;
	for (; i < in.n; i++) {
		if (in.p[i] == '.')
			dots++;
		else if (in.p[i] >= '0' && in.p[i] <= '9')
			digits++;
		else
			return VALUE_NUMBER;
	}
	if (digits == 0 || digits > 18 || dots > 1)
		return VALUE_NUMBER;
	return form_add(b, in.p, in.n);
}

enum value_why
value_form_bool(struct d4_slice in, size_t n, struct d4_buf *b)
{
	(void)n;
	if (d4_slice_eqs(in, "true") || d4_slice_eqs(in, "1") ||
	    d4_slice_eqs(in, "True"))
		return form_add(b, "1", 1);
	if (d4_slice_eqs(in, "false") || d4_slice_eqs(in, "0") ||
	    d4_slice_eqs(in, "False"))
		return form_add(b, "0", 1);
	return VALUE_FORM;
}

enum value_why
value_form_ip(struct d4_slice in, size_t n, struct d4_buf *b)
{
	char text[D4_ADDR_TEXT];
	struct d4_addr a;

	(void)n;
	if (d4_addr_parse(in, &a) != D4_OK)
		return VALUE_IP;
	d4_addr_text(&a, text);
	return form_add(b, text, strlen(text));
}

/* One label: letters, digits, - and _. */
static bool
form_label(struct d4_slice l)
{
	if (l.n == 0 || l.n > FORM_LABEL)
		return false;
	for (size_t i = 0; i < l.n; i++) {
		if (!isalnum(l.p[i]) && l.p[i] != '-' && l.p[i] != '_')
			return false;
	}
	return true;
}

/* The last one: no underscore, two bytes or more, not digits alone. */
static bool
form_top(struct d4_slice l)
{
	bool letter = false;

	for (size_t i = 0; i < l.n; i++) {
		if (l.p[i] == '_')
			return false;
		letter = letter || isalpha(l.p[i]);
	}
	return letter && l.n >= 2;
}

/*
 * A trailing dot is what DNS calls the root: the same name without it, which
 * MISP takes. A name without a dot, a wildcard, or IDN not in its ASCII form
 * is none to MISP.
 */
enum value_why
value_form_name(struct d4_slice in, size_t n, struct d4_buf *b)
{
	struct d4_slice label = {in.p, 0};
	size_t labels = 0;

	(void)n;
	if (in.n > 1 && in.p[in.n - 1] == '.')
		in.n--;
	if (in.n > FORM_NAME)
		return VALUE_NAME;
	for (size_t i = 0; i <= in.n; i++) {
		if (i < in.n && in.p[i] != '.')
			continue;
		label.n = (size_t)(in.p + i - label.p);
		if (!form_label(label))
			return VALUE_NAME;
		labels++;
		if (i == in.n)
			break;
		label.p = in.p + i + 1;
	}
	if (labels < 2 || !form_top(label))
		return VALUE_NAME;
	return form_lower(b, in);
}

/* A hex digit in lower case, 0: it is none. */
static char
form_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'F')
		return "abcdef"[c - 'A'];
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
		return (char)c;
	return '\0';
}

enum value_why
value_form_hex(struct d4_slice in, size_t n, struct d4_buf *b)
{
	for (size_t i = 0; i < in.n; i++) {
		char c = form_digit(in.p[i]);

		if (in.p[i] == ':')
			continue;
		if (c == 0)
			return VALUE_HEX;
		if (form_add(b, &c, 1) != VALUE_OK)
			return VALUE_TOOBIG;
	}
	return b->n == n ? VALUE_OK : VALUE_HEX;
}

/* "xx:xx:xx:xx:xx:xx" of twelve digits. */
static enum value_why
form_mac(struct d4_buf *b, const char digit[12])
{
	enum value_why why = VALUE_OK;

	for (size_t i = 0; i < 12 && why == VALUE_OK; i += 2) {
		if (i > 0)
			why = form_add(b, ":", 1);
		if (why == VALUE_OK)
			why = form_add(b, digit + i, 2);
	}
	return why;
}

enum value_why
value_form_mac(struct d4_slice in, size_t n, struct d4_buf *b)
{
	char digit[12];
	size_t digits = 0;

	(void)n;
	for (size_t i = 0; i < in.n; i++) {
		char c = form_digit(in.p[i]);

		if (in.p[i] == ':' || in.p[i] == '-' || in.p[i] == '.')
			continue;
		if (c == 0 || digits == sizeof(digit))
			return VALUE_FORM;
		digit[digits++] = c;
	}
	return digits == sizeof(digit) ? form_mac(b, digit) : VALUE_FORM;
}

enum value_why
value_form_mail(struct d4_slice in, size_t n, struct d4_buf *b)
{
	const uint8_t *at = memchr(in.p, '@', in.n);
	struct d4_slice host;

	(void)n;
	if (at == NULL || at == in.p || memchr(in.p, ' ', in.n) != NULL)
		return VALUE_FORM;
	host = d4_slice_of(at + 1, in.n - (size_t)(at + 1 - in.p));
	if (host.n == 0 || memchr(host.p, '@', host.n) != NULL ||
	    value_form_name(host, 0, b) != VALUE_OK)
		return VALUE_FORM;
	b->n = 0;
	return form_lower(b, in);
}

/* "2026-11-20T00:00:00" with a fraction and a zone or without. */
static bool
form_stamp(struct d4_slice in, size_t *zone)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	size_t i;

	if (in.n < sizeof(shape) - 1)
		return false;
	for (i = 0; i < sizeof(shape) - 1; i++) {
		if (shape[i] == 'd' ? !isdigit(in.p[i])
				    : in.p[i] != (uint8_t)shape[i] &&
					  !(shape[i] == 'T' && in.p[i] == ' '))
			return false;
	}
	if (i < in.n && in.p[i] == '.') {
		for (i++; i < in.n && isdigit(in.p[i]); i++)
			continue;
	}
	*zone = i;
	return true;
}

static bool
form_zone(struct d4_slice z)
{
	if (z.n == 0 || d4_slice_eqs(z, "Z"))
		return true;
	return (z.n == 6 && (z.p[0] == '+' || z.p[0] == '-') &&
		   isdigit(z.p[1]) && isdigit(z.p[2]) && z.p[3] == ':' &&
		   isdigit(z.p[4]) && isdigit(z.p[5])) ||
	       (z.n == 5 && (z.p[0] == '+' || z.p[0] == '-') &&
		   isdigit(z.p[1]) && isdigit(z.p[2]) && isdigit(z.p[3]) &&
		   isdigit(z.p[4]));
}

enum value_why
value_form_time(struct d4_slice in, size_t n, struct d4_buf *b)
{
	size_t zone = 0;

	(void)n;
	if (!form_stamp(in, &zone) ||
	    !form_zone(d4_slice_of(in.p + zone, in.n - zone)))
		return VALUE_TIME; /* seconds since 1970 among them */
	return form_add(b, in.p, in.n);
}
