#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include "libd4/enroll.h"

#define ENROLL_WORD "d4-enroll:"

static bool
enroll_alnum(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* All of s is alphanumeric or one of `also`, 1..max-1 bytes. */
static bool
enroll_word(struct d4_slice s, const char *also, size_t max)
{
	if (s.n == 0 || s.n >= max)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == 0)
			return false;
		if (!enroll_alnum(s.p[i]) && strchr(also, s.p[i]) == NULL)
			return false;
	}
	return true;
}

static void
enroll_copy(struct d4_slice s, char *out)
{
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

/* Decimal digits without leading zero, 1..max. */
static bool
enroll_number(struct d4_slice s, unsigned max, unsigned *out)
{
	unsigned v = 0;

	if (s.n == 0 || s.n > 5 || s.p[0] == '0')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - (unsigned)'0');
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

static bool
enroll_host(struct d4_slice s, struct d4_enroll *e)
{
	if (!enroll_word(s, "._:%-", sizeof(e->host)))
		return false;
	enroll_copy(s, e->host);
	return true;
}

static bool
enroll_port(struct d4_slice s, struct d4_enroll *e)
{
	unsigned v;

	if (!enroll_number(s, 65535, &v))
		return false;
	e->port = (uint16_t)v;
	return true;
}

static bool
enroll_uuid(struct d4_slice s, struct d4_enroll *e)
{
	char text[D4_UUID_TEXT];

	if (!enroll_word(s, "-", sizeof(text)))
		return false;
	enroll_copy(s, text);
	return d4_uuid_parse(text, &e->uuid) == D4_OK &&
	       d4_uuid_is_v4(&e->uuid);
}

static bool
enroll_key(struct d4_slice s, struct d4_enroll *e)
{
	if (!d4_key_ok(s))
		return false;
	enroll_copy(s, e->key);
	return true;
}

static bool
enroll_pin(struct d4_slice s, struct d4_enroll *e)
{
	size_t digits = 0;

	memset(e->pin, 0, sizeof(e->pin));
	for (size_t i = 0; i < s.n; i++) {
		int v = d4_hex_value(s.p[i]);

		if (s.p[i] == ':' && digits % 2 == 0)
			continue;
		if (v < 0 || digits == 2 * sizeof(e->pin))
			return false;
		v |= e->pin[digits / 2] << 4;
		e->pin[digits++ / 2] = (uint8_t)v;
	}
	return digits == 2 * sizeof(e->pin);
}

static bool
enroll_type(struct d4_slice s, struct d4_enroll *e)
{
	unsigned v;

	if (s.n > 4 && memcmp(s.p, "254.", 4) == 0) {
		(void)d4_slice_skip(&s, 4);
		if (!enroll_word(s, "._-", sizeof(e->ext)))
			return false;
		e->type = 254;
		enroll_copy(s, e->ext);
		return true;
	}
	if (!enroll_number(s, 255, &v))
		return false;
	e->type = (uint8_t)v;
	e->ext[0] = '\0';
	return true;
}

static const struct enroll_field {
	const char *name;
	bool (*read)(struct d4_slice s, struct d4_enroll *e);
	const char *why;
} fields[] = {
    {"host=", enroll_host, "host is not a name or address"},
    {"port=", enroll_port, "port is not 1 to 65535"},
    {"uuid=", enroll_uuid, "uuid is not a version 4 UUID"},
    {"key=", enroll_key, "key is not 1 to 100 of [A-Za-z0-9_-]"},
    {"fingerprint=", enroll_pin, "fingerprint is not a SHA-256"},
    {"type=", enroll_type, "type is not 1 to 255 or 254.NAME"},
};

#define ENROLL_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* Takes the bytes up to a space, and the space. */
static struct d4_slice
enroll_next(struct d4_slice *in)
{
	const uint8_t *sp = in->n != 0 ? memchr(in->p, ' ', in->n) : NULL;
	struct d4_slice word;

	if (sp == NULL)
		return d4_slice_skip(in, in->n);
	word = d4_slice_skip(in, (size_t)(sp - in->p));
	(void)d4_slice_skip(in, 1);
	return word;
}

static enum d4_status
enroll_field(
    struct d4_slice word, unsigned *seen, struct d4_enroll *e, const char **why)
{
	for (unsigned i = 0; i < ENROLL_FIELDS; i++) {
		size_t n = strlen(fields[i].name);

		if (word.n < n || memcmp(word.p, fields[i].name, n) != 0)
			continue;
		*why = "a field is written twice";
		if ((*seen & 1u << i) != 0)
			return D4_EMALFORMED;
		*seen |= 1u << i;
		(void)d4_slice_skip(&word, n);
		*why = fields[i].why;
		return fields[i].read(word, e) ? D4_OK : D4_EMALFORMED;
	}
	*why = "a word is no known field";
	return D4_EMALFORMED;
}

static enum d4_status
enroll_fields(struct d4_slice in, struct d4_enroll *e, const char **why)
{
	unsigned seen = 0;
	enum d4_status st;

	while (in.n != 0) {
		st = enroll_field(enroll_next(&in), &seen, e, why);
		if (st != D4_OK)
			return st;
	}
	for (unsigned i = 0; i < ENROLL_FIELDS; i++) {
		if ((seen & 1u << i) == 0) {
			*why = "a field is missing";
			return D4_EMALFORMED;
		}
	}
	return D4_OK;
}

enum d4_status
d4_enroll_parse(struct d4_slice line, struct d4_enroll *out, const char **why)
{
	struct d4_enroll e = {.port = 0};
	size_t n = strlen(ENROLL_WORD);
	struct d4_slice word;
	enum d4_status st;

	*why = "longer than an enrolment line can be";
	if (line.n >= D4_ENROLL_LINE)
		return D4_EMALFORMED;
	if (line.n != 0 && line.p[line.n - 1] == '\n')
		line.n--;
	*why = "not an enrolment line (d4-enroll:v1 ...)";
	if (line.n < n || memcmp(line.p, ENROLL_WORD, n) != 0)
		return D4_EMALFORMED;
	(void)d4_slice_skip(&line, n);
	word = enroll_next(&line);
	*why = "an enrolment line of another version";
	if (!d4_slice_eqs(word, "v1"))
		return D4_EVERSION;
	st = enroll_fields(line, &e, why);
	if (st == D4_OK)
		*out = e;
	OPENSSL_cleanse(&e, sizeof(e));
	return st;
}

enum d4_status
d4_enroll_format(const struct d4_enroll *e, char out[D4_ENROLL_LINE])
{
	char uuid[D4_UUID_TEXT], pin[2 * D4_ENROLL_PIN + 1];
	struct d4_enroll check;
	const char *why;
	enum d4_status st;
	int n;

	d4_uuid_text(&e->uuid, uuid);
	d4_slice_hex(d4_slice_of(e->pin, D4_ENROLL_PIN), pin);
	n = snprintf(out, D4_ENROLL_LINE,
	    ENROLL_WORD "v1 host=%s port=%u uuid=%s key=%s fingerprint=%s "
			"type=%u%s%s\n",
	    e->host, (unsigned)e->port, uuid, e->key, pin, (unsigned)e->type,
	    e->ext[0] != '\0' ? "." : "", e->ext);
	if (n < 0 || (size_t)n >= D4_ENROLL_LINE)
		return D4_EINVAL;
	st = d4_enroll_parse(d4_slice_of(out, (size_t)n), &check, &why);
	OPENSSL_cleanse(&check, sizeof(check));
	return st == D4_OK ? D4_OK : D4_EINVAL;
}
