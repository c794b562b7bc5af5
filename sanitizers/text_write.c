/* What becomes of a find: an address, a token, a mask. */
#include <string.h>
#include "sanitizers/defang.h"
#include "sanitizers/find_hidden.h"
#include "sanitizers/text_run.h"

#define WRITE_TOKEN 8u    /* bytes of a token */
#define WRITE_VALUE 1024u /* bytes of a value that is made lower-case */

/* One find on its way out. */
struct write {
	struct san_text_run *r;
	struct d4_slice value; /* as it stands in the line */
	uint8_t next;          /* what stands behind it, or 0 */
	const struct san_span *span;
	struct d4_buf *out;
};

static const char write_digits[] = "0123456789abcdef";

static enum d4_reason
write_add(struct d4_buf *out, const void *p, size_t n)
{
	return d4_buf_add(out, p, n) == D4_OK ? D4_R_NONE : D4_R_INTERNAL;
}

static enum d4_reason
write_mask(const struct write *w)
{
	return write_add(w->out, "***", 3);
}

/* write_octet -- its digits to p; behind them. */
static uint8_t *
write_octet(uint8_t *p, unsigned v)
{
	if (v >= 100)
		*p++ = (uint8_t)('0' + v / 100);
	if (v >= 10)
		*p++ = (uint8_t)('0' + v / 10 % 10);
	*p++ = (uint8_t)('0' + v % 10);
	return p;
}

/* Bytes between two numbers: %2e has a digit of its own. */
static size_t
write_gap(struct d4_slice value, size_t i)
{
	bool last = i + 1 < value.n && san_is_digit(value.p[i + 1]) &&
	            (value.p[i] == '.' || value.p[i] == '-');
	size_t n = last ? 1 : san_dot(value, i);

	return n != 0 ? n : 1;
}

/* The octets go where numbers stood; what was between them stays. */
static enum d4_reason
write_quad(const struct write *w, const struct d4_addr *to)
{
	struct d4_slice v = w->value;
	bool turned = w->span->form == SAN_FORM_REVERSED;
	unsigned k = 0;
	uint8_t *p;

	/* A number has a digit at least, and becomes three at most. */
	if (d4_buf_reserve(w->out, 3 * v.n) != D4_OK)
		return D4_R_INTERNAL;
	p = w->out->p + w->out->n;
	for (size_t i = 0; i < v.n;) {
		if (!san_is_digit(v.p[i])) {
			size_t n = write_gap(v, i);

			while (n-- > 0)
				*p++ = v.p[i++];
			continue;
		}
		while (i < v.n && san_is_digit(v.p[i]))
			i++;
		p = write_octet(p, to->b[(turned ? 3 - k : k) & 3]);
		k++;
	}
	w->out->n = (size_t)(p - w->out->p);
	return D4_R_NONE;
}

static enum d4_reason
write_ip6(const struct write *w, const struct d4_addr *to)
{
	char text[D4_ADDR_TEXT];
	uint8_t nibbles[64];

	if (w->span->form == SAN_FORM_PLAIN) {
		d4_addr_text(to, text);
		return write_add(w->out, text, strlen(text));
	}
	for (size_t i = 0; i < 32; i++) {
		uint8_t b = to->b[15 - i / 2];

		nibbles[2 * i] =
		    (uint8_t)write_digits[i % 2 == 0 ? b & 15 : b >> 4];
		nibbles[2 * i + 1] = '.';
	}
	return write_add(w->out, nibbles, 63);
}

/* Method det: what was IPv4 is longer now, and a port wants brackets. */
static enum d4_reason
write_wider(const struct write *w, const struct d4_addr *to)
{
	char text[D4_ADDR_TEXT + 2] = "[";

	if (w->span->form == SAN_FORM_REVERSED)
		return write_mask(w);
	if (w->next != ':')
		return write_ip6(w, to);
	d4_addr_text(to, text + 1);
	text[strlen(text)] = ']';
	return write_add(w->out, text, strlen(text));
}

static enum d4_reason
write_addr(const struct write *w)
{
	struct d4_addr to;
	enum d4_reason why;

	if (w->span->form == SAN_FORM_MASK)
		return write_mask(w);
	why = san_line_map(w->r->line, &w->span->addr, &to);
	if (why != D4_R_NONE)
		return why;
	if (w->span->kind == SAN_KIND_IP4 && to.family == 6)
		return write_wider(w, &to);
	return w->span->kind == SAN_KIND_IP4 ? write_quad(w, &to)
	                                     : write_ip6(w, &to);
}

/* Six bytes of hex digits, whatever stands between; written the same way. */
static enum d4_reason
write_mac(const struct write *w)
{
	uint8_t mac[6] = {0}, to[6];
	enum d4_status st = D4_OK;
	size_t k = 0;

	for (size_t i = 0; i < w->value.n; i++) {
		int v = san_hex_digit(w->value.p[i]);

		if (v < 0)
			continue;
		mac[k / 2 % 6] = (uint8_t)(mac[k / 2 % 6] << 4 | v);
		k++;
	}
	if (san_token_mac(w->r->mac, mac, to) != D4_OK)
		return D4_R_INTERNAL;
	k = 0;
	for (size_t i = 0; st == D4_OK && i < w->value.n; i++) {
		uint8_t c = w->value.p[i];

		if (san_hex_digit(c) >= 0) {
			uint8_t b = to[k / 2 % 6];

			c = (uint8_t)write_digits[k % 2 == 0 ? b >> 4 : b & 15];
			k++;
		}
		st = d4_buf_add(w->out, &c, 1);
	}
	return st == D4_OK ? D4_R_NONE : D4_R_INTERNAL;
}

/* The domain that keeps tokens of different things apart. */
static const char *
write_domain(const struct write *w)
{
	static const char *const of[SAN_KINDS] = {
	    [SAN_KIND_IP4] = "ip",
	    [SAN_KIND_IP6] = "ip",
	    [SAN_KIND_EMAIL] = "email",
	    [SAN_KIND_CREDENTIALS] = "credentials",
	    [SAN_KIND_IBAN] = "iban",
	    [SAN_KIND_MAC] = "mac",
	    [SAN_KIND_HOST] = "host",
	    [SAN_KIND_USER] = "user",
	    [SAN_KIND_PHONE] = "phone",
	};

	return w->span->kind == SAN_KIND_REGEX
	           ? w->r->conf->regex[w->span->regex].domain
	           : of[w->span->kind];
}

/* One thing, one token: names are compared in lower case. */
static struct d4_slice
write_folded(const struct write *w, uint8_t room[WRITE_VALUE])
{
	bool fold = w->span->kind == SAN_KIND_EMAIL ||
	            w->span->kind == SAN_KIND_HOST ||
	            w->span->kind == SAN_KIND_IBAN;

	if (!fold || w->value.n > WRITE_VALUE)
		return w->value;
	for (size_t i = 0; i < w->value.n; i++) {
		uint8_t c = w->value.p[i];

		room[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	return d4_slice_of(room, w->value.n);
}

static enum d4_reason
write_tok(const struct write *w)
{
	char hex[2 * WRITE_TOKEN], text[D4_ADDR_TEXT];
	uint8_t mac[SAN_TOKEN_LEN], room[WRITE_VALUE];
	struct d4_slice value = write_folded(w, room);

	if (w->span->form == SAN_FORM_MASK)
		return write_mask(w);
	if (w->span->kind == SAN_KIND_MAC)
		return write_mac(w);
	if (w->span->kind <= SAN_KIND_IP6) {
		d4_addr_text(&w->span->addr, text);
		value = d4_slice_str(text);
	}
	if (san_token_hash(w->r->token, write_domain(w), value, mac) != D4_OK)
		return D4_R_INTERNAL;
	for (size_t i = 0; i < WRITE_TOKEN; i++) {
		hex[2 * i] = write_digits[mac[i] >> 4];
		hex[2 * i + 1] = write_digits[mac[i] & 15];
	}
	return write_add(w->out, hex, sizeof(hex));
}

enum d4_reason
san_text_write(struct san_text_run *r, struct d4_slice line,
    const struct san_span *s, struct d4_buf *out)
{
	enum san_act act = s->kind == SAN_KIND_REGEX
	                       ? r->conf->regex[s->regex].act
	                       : r->conf->act[s->kind];
	struct write w = {.r = r,
	    .value = d4_slice_of(line.p + s->from, s->to - s->from),
	    .next = s->to < line.n ? line.p[s->to] : 0,
	    .span = s,
	    .out = out};

	switch (act) {
	case SAN_ACT_KEEP:
		return write_add(out, w.value.p, w.value.n);
	case SAN_ACT_ADDR:
		return write_addr(&w);
	case SAN_ACT_TOK:
		return write_tok(&w);
	case SAN_ACT_MASK:
		return write_mask(&w);
	case SAN_ACT_DROP:
		return D4_R_TEXT_DROP;
	}
	return D4_R_INTERNAL;
}
