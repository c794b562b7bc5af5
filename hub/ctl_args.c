#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/ctl_args.h"
#include "hub/dossier.h"
#include "libd4/key.h"
#include "libd4/meta.h"
#include "libd4/yaml.h"

#define NAME_MAX_ 64u
#define TEXT_MAX  1000u
#define COUNT_MAX 1000000u

#define NAME_CHARS                             \
	"abcdefghijklmnopqrstuvwxyz"           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
	"._-"

static bool
name_ok(const char *text, size_t max)
{
	size_t n = strlen(text);

	return n != 0 && n <= max && strspn(text, NAME_CHARS) == n;
}

/* One line: no control characters; jansson has checked the UTF-8. */
static bool
text_ok(const char *text)
{
	if (strlen(text) > TEXT_MAX)
		return false;
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			return false;
	}
	return true;
}

static bool
word_ok(const char *words, const char *text)
{
	size_t n = strlen(text);

	while (n != 0 && words != NULL && *words != '\0') {
		size_t k = strcspn(words, " ");

		if (k == n && strncmp(words, text, n) == 0)
			return true;
		words += k + (words[k] == ' ');
	}
	return false;
}

/* Types are 1 to 255, in their shortest form; 254 wants a name. */
static bool
type_ok(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long t = digits - 1 < 3 ? strtoul(text, NULL, 10) : 0;

	if (t == 0 || t > 255 || text[0] == '0')
		return false;
	if (text[digits] == '\0')
		return true;
	return t == 254 && text[digits] == '.' &&
	       name_ok(text + digits + 1, D4_META_TYPE - 1);
}

static bool
day_ok(const char *text)
{
	return strlen(text) == 8 && strspn(text, "0123456789") == 8;
}

/* The plain ones: what is written is what is meant. */
static bool
plain_ok(const struct ctl_arg *a, const char *text)
{
	switch (a->kind) {
	case CTL_NAME:
		return name_ok(text, NAME_MAX_);
	case CTL_TEXT:
		return text_ok(text);
	case CTL_WORD:
		return word_ok(a->words, text);
	case CTL_TYPE:
		return type_ok(text);
	case CTL_DAY:
		return day_ok(text);
	case CTL_IN:
		return true;
	case CTL_KEY:
		return d4_key_ok(d4_slice_str(text));
	case CTL_NONE:
	case CTL_UUID:
	case CTL_BYTES:
	case CTL_COUNT:
	case CTL_TIME:
	case CTL_FROM:
	case CTL_CERT:
	case CTL_WHO:
	case CTL_FLAG:
	case CTL_OUT:
		return false;
	}
	return false;
}

static enum d4_status
put_number(enum ctl_kind kind, const char *text, struct d4_buf *out)
{
	struct d4_diag diag = {.file = ""};
	struct d4_yaml n = {
	    .kind = D4_YAML_SCALAR, .text = (char *)(uintptr_t)text};
	const uint64_t range[2] = {0, COUNT_MAX};
	enum d4_status st;
	uint64_t v = 0;

	if (kind == CTL_BYTES)
		st = d4_yaml_bytes(&n, &diag, &v);
	else if (kind == CTL_TIME)
		st = d4_yaml_duration_us(&n, &diag, &v);
	else
		st = d4_yaml_u64(&n, range, &diag, &v);
	if (st != D4_OK)
		return D4_EINVAL;
	if (kind == CTL_TIME)
		v /= 1000000;
	return d4_buf_addf(out, "%llu", (unsigned long long)v);
}

static enum d4_status
put_uuid(const char *prefix, const char *text, struct d4_buf *out)
{
	char hex[D4_UUID_HEX];
	struct d4_uuid u;

	if (d4_uuid_parse(text, &u) != D4_OK)
		return D4_EINVAL;
	d4_uuid_hex(&u, hex);
	return d4_buf_addf(out, "%s%s", prefix, hex);
}

/* An address alone is one of d4-core's list, in canonical form. */
static enum d4_status
put_who(const char *text, struct d4_buf *out)
{
	struct d4_prefix p;
	char addr[D4_ADDR_TEXT];

	if (put_uuid("uuid:", text, out) == D4_OK)
		return D4_OK;
	if (d4_prefix_parse(d4_slice_str(text), &p) != D4_OK)
		return D4_EINVAL;
	d4_addr_text(&p.addr, addr);
	if (p.len == (p.addr.family == 4 ? 32 : 128))
		return d4_buf_addf(out, "ip:%s", addr);
	return d4_buf_addf(out, "net:%s/%u", addr, p.len);
}

static enum d4_status
put_from(const char *text, struct d4_buf *out)
{
	struct d4_prefix_set set;
	enum d4_status st;

	if (strcmp(text, "any") == 0)
		return d4_buf_adds(out, text);
	st = dossier_prefixes(d4_slice_str(text), &set);
	if (st != D4_OK)
		return st == D4_ENOMEM ? st : D4_EINVAL;
	d4_prefix_set_fini(&set);
	return d4_buf_adds(out, text);
}

static enum d4_status
put_cert(const char *text, struct d4_buf *out)
{
	struct badges set;
	enum d4_status st;

	if (strcmp(text, "any") == 0)
		return d4_buf_adds(out, text);
	st = badges_read(d4_slice_str(text), &set);
	if (st != D4_OK)
		return st == D4_ENOMEM ? st : D4_EINVAL;
	badges_fini(&set);
	return d4_buf_adds(out, text);
}

enum d4_status
ctl_arg_check(const struct ctl_arg *a, const char *text, struct d4_buf *out)
{
	switch (a->kind) {
	case CTL_UUID:
		return put_uuid("", text, out);
	case CTL_BYTES:
	case CTL_COUNT:
	case CTL_TIME:
		return put_number(a->kind, text, out);
	case CTL_FROM:
		return put_from(text, out);
	case CTL_CERT:
		return put_cert(text, out);
	case CTL_WHO:
		return put_who(text, out);
	case CTL_NAME:
	case CTL_TEXT:
	case CTL_WORD:
	case CTL_TYPE:
	case CTL_DAY:
	case CTL_IN:
	case CTL_KEY:
		break;
	case CTL_NONE:
	case CTL_FLAG:
	case CTL_OUT:
		return D4_EINVAL;
	}
	return plain_ok(a, text) ? d4_buf_adds(out, text) : D4_EINVAL;
}

static enum d4_status
read_one(
    const struct ctl_arg *a, const json_t *value, struct ctl_given *g, size_t i)
{
	const char *text = json_string_value(value);
	enum d4_status st;

	if (a->kind == CTL_FLAG) {
		if (!json_is_boolean(value))
			return D4_EINVAL;
		return d4_buf_adds(&g->arg[i], json_is_true(value) ? "1" : "");
	}
	/* A NUL in the middle would be cut off unseen. */
	if (text == NULL || strlen(text) != json_string_length(value))
		return D4_EINVAL;
	st = ctl_arg_check(a, text, &g->arg[i]);
	if (st == D4_OK && a->kind == CTL_UUID) {
		g->has_uuid = true;
		st = d4_uuid_parse(text, &g->uuid);
	}
	return st;
}

static enum d4_status
wrong(char why[CTL_WHY], const char *what, const char *name)
{
	(void)snprintf(why, CTL_WHY, "%s: %.64s", what, name);
	return D4_EINVAL;
}

/* What would be valid. */
static const char *
expected(const struct ctl_arg *a)
{
	static const char *const texts[] = {
	    [CTL_UUID] = "a UUID",
	    [CTL_NAME] = "up to 64 letters, digits, . _ -",
	    [CTL_TEXT] = "one line, up to 1000 bytes",
	    [CTL_BYTES] = "a size: 4096, 100kB, 1MiB",
	    [CTL_COUNT] = "a number up to 1000000",
	    [CTL_TIME] = "a time: 30s, 12h, 7d",
	    [CTL_FROM] = "networks with commas, or any",
	    [CTL_CERT] = "uuid, name:NAME, sha256:HEX, or any",
	    [CTL_WHO] = "a UUID, an address, or ADDRESS/BITS",
	    [CTL_TYPE] = "a type: 8, or 254.NAME",
	    [CTL_DAY] = "a day: YYYYMMDD",
	    [CTL_FLAG] = "true or false",
	    [CTL_IN] = "a text",
	    [CTL_KEY] = "a key: 1 to 100 of [A-Za-z0-9_-]",
	};

	return a->kind == CTL_WORD ? a->words : texts[a->kind];
}

/* Every member is an argument. */
static const char *
stranger(const struct ctl_row *row, const json_t *request)
{
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)(uintptr_t)request, key, value)
	{
		size_t i = 0;

		while (i < ctl_args(row) && strcmp(row->arg[i].name, key) != 0)
			i++;
		if (i == ctl_args(row) && strcmp(key, "cmd") != 0)
			return key;
	}
	return NULL;
}

enum d4_status
ctl_args_read(const struct ctl_row *row, const json_t *request,
    struct ctl_given *out, char why[CTL_WHY])
{
	const char *extra = stranger(row, request);
	enum d4_status st = D4_OK;

	*out = (struct ctl_given){.has_uuid = false};
	for (size_t i = 0; i < CTL_ARGS; i++)
		d4_buf_init(&out->arg[i], CTL_ARG_MAX);
	if (extra != NULL)
		return wrong(why, "no such argument", extra);
	for (size_t i = 0; i < ctl_args(row) && st == D4_OK; i++) {
		const struct ctl_arg *a = &row->arg[i];
		const json_t *value = json_object_get(request, a->name);

		if (a->kind == CTL_OUT)
			continue;
		if (value != NULL)
			st = read_one(a, value, out, i);
		else if (a->must)
			st = wrong(why, "missing", a->name);
		if (st != D4_OK && value != NULL) {
			(void)snprintf(why, CTL_WHY,
			    "not valid: %.64s; remedy: write %s", a->name,
			    expected(a));
			st = D4_EINVAL;
		}
	}
	if (st != D4_OK)
		ctl_args_fini(out);
	return st;
}

void
ctl_args_fini(struct ctl_given *g)
{
	for (size_t i = 0; i < CTL_ARGS; i++)
		d4_buf_wipe(&g->arg[i]); /* a key may be in it */
}
