#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "libd4/prefix.h"
#include "libd4/uuid.h"
#include "misp-export/value.h"
#include "misp-export/value_form.h"

static const char *const whys[] = {
#define VALUE_TEXT(id, name) [id] = (name),
    VALUE_WHYS(VALUE_TEXT)
#undef VALUE_TEXT
};

const char *
value_why_text(enum value_why why)
{
	return why < VALUE_WHY_N ? whys[why] : "value";
}

/* ---- text ---- */

/* Bytes that a character has by its first one; 0: none begins so. */
static size_t
text_length(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first >= 0xf5)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Too long a form, a surrogate, or beyond Unicode. */
static bool
text_odd(const uint8_t *p)
{
	switch (p[0]) {
	case 0xe0:
		return p[1] < 0xa0;
	case 0xed:
		return p[1] >= 0xa0;
	case 0xf0:
		return p[1] < 0x90;
	case 0xf4:
		return p[1] >= 0x90;
	default:
		return false;
	}
}

/* Bytes of the character at p; 0: none that UTF-8 knows. */
static size_t
text_char(const uint8_t *p, size_t n)
{
	size_t want = text_length(p[0]);

	if (want == 0 || want > n)
		return 0;
	for (size_t i = 1; i < want; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return want > 1 && text_odd(p) ? 0 : want;
}

enum value_why
value_text(struct d4_slice in, size_t most)
{
	size_t n;

	if (in.n == 0)
		return VALUE_EMPTY;
	if (in.n > most)
		return VALUE_TOOBIG;
	for (size_t i = 0; i < in.n; i += n) {
		n = text_char(in.p + i, in.n - i);
		if (n == 0)
			return VALUE_UTF8;
		if (n == 4)
			return VALUE_FOUR;
		if ((in.p[i] < ' ' && in.p[i] != '\t' && in.p[i] != '\n') ||
		    in.p[i] == 0x7f)
			return VALUE_CONTROL;
	}
	return VALUE_OK;
}

/* ---- the types ---- */

/* Each adds what it makes of the trimmed value to an empty buffer. */
static const struct {
	const char *type, *category;
	enum value_why (*form)(struct d4_slice in, size_t n, struct d4_buf *b);
	size_t n;
} types[] = {
    {"AS", "Network activity", value_form_as, 0},
    {"boolean", "Other", value_form_bool, 0},
    {"comment", "Other", NULL, 0},
    {"community-id", "Network activity", NULL, 0},
    {"counter", "Other", value_form_number, 0},
    {"datetime", "Other", value_form_time, 0},
    {"domain", "Network activity", value_form_name, 0},
    {"email-dst", "Network activity", value_form_mail, 0},
    {"float", "Other", value_form_float, 0},
    {"hassh-md5", "Network activity", value_form_hex, 32},
    {"hassserver-md5", "Network activity", value_form_hex, 32},
    {"hostname", "Network activity", value_form_name, 0},
    {"ip-dst", "Network activity", value_form_ip, 0},
    {"ip-src", "Network activity", value_form_ip, 0},
    {"ja3-fingerprint-md5", "Network activity", value_form_hex, 32},
    {"link", "External analysis", NULL, 0},
    {"mac-address", "Network activity", value_form_mac, 0},
    {"md5", "Payload delivery", value_form_hex, 32},
    {"other", "Other", NULL, 0},
    {"port", "Network activity", value_form_port, 0},
    {"sha1", "Payload delivery", value_form_hex, 40},
    {"sha256", "Payload delivery", value_form_hex, 64},
    {"size-in-bytes", "Other", value_form_number, 0},
    {"ssh-fingerprint", "Network activity", NULL, 0},
    {"text", "Other", NULL, 0},
    {"uri", "Network activity", NULL, 0},
    {"url", "Network activity", NULL, 0},
    {"user-agent", "Network activity", NULL, 0},
    {"x509-fingerprint-md5", "Network activity", value_form_hex, 32},
    {"x509-fingerprint-sha1", "Network activity", value_form_hex, 40},
    {"x509-fingerprint-sha256", "Network activity", value_form_hex, 64},
};

#define TYPES (sizeof(types) / sizeof(types[0]))

static size_t
value_type(const char *type)
{
	size_t i = 0;

	while (i < TYPES && strcmp(types[i].type, type) != 0)
		i++;
	return i;
}

const char *
value_category(const char *type)
{
	size_t i = value_type(type);

	return i < TYPES ? types[i].category : NULL;
}

static struct d4_slice
value_trim(struct d4_slice in)
{
	while (in.n > 0 && isspace(in.p[0]))
		(void)d4_slice_skip(&in, 1);
	while (in.n > 0 && isspace(in.p[in.n - 1]))
		in.n--;
	return in;
}

enum value_why
value_normal(const char *type, struct d4_slice in, struct d4_buf *out)
{
	size_t i = value_type(type);
	enum value_why why;

	out->n = 0;
	if (i == TYPES)
		return VALUE_TYPE;
	in = value_trim(in);
	why = value_text(in, VALUE_MAX);
	if (why != VALUE_OK)
		return why;
	if (types[i].form != NULL)
		why = types[i].form(in, types[i].n, out);
	else if (d4_buf_add(out, in.p, in.n) != D4_OK)
		why = VALUE_TOOBIG;
	if (why != VALUE_OK)
		out->n = 0;
	return why;
}

void
value_time(uint64_t us, char out[VALUE_TIME_TEXT])
{
	time_t s = (time_t)(us / 1000000 % 253402300800ULL);
	struct tm tm = {0};

	(void)gmtime_r(&s, &tm);
	(void)snprintf(out, VALUE_TIME_TEXT,
	    "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
	    (unsigned)(tm.tm_year + 1900) % 10000,
	    (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100,
	    (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
	    (unsigned)tm.tm_sec % 100, (unsigned)(us % 1000000));
}

bool
value_uuid(const struct d4_uuid *u)
{
	unsigned version = u->b[6] >> 4;

	return version >= 1 && version <= 5 && (u->b[8] & 0xc0) == 0x80;
}
