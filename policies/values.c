#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policies/fields.h"

bool
pol_id_ok(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n < POL_ID_LEN &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static enum d4_status
need_scalar(struct pol_reader *r, const struct d4_yaml *n)
{
	if (n->kind == D4_YAML_SCALAR)
		return D4_OK;
	return POL_BAD(r, n, "write one value", "a %s where a value belongs",
	    n->kind == D4_YAML_LIST ? "list" : "map");
}

static enum d4_status
need_id(struct pol_reader *r, const struct d4_yaml *n)
{
	enum d4_status st = need_scalar(r, n);

	if (st != D4_OK || pol_id_ok(n->text))
		return st;
	return POL_BAD(r, n, "use 1 to 64 of the characters a-z, 0-9 and -",
	    "`%.64s` is not an id", n->text);
}

enum d4_status
pol_read_id(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	enum d4_status st = need_id(r, n);

	if (st == D4_OK)
		memcpy(out, n->text, strlen(n->text) + 1);
	return st;
}

enum d4_status
pol_read_text(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	enum d4_status st = need_scalar(r, n);

	if (st != D4_OK)
		return st;
	if (n->text[strspn(n->text, " \t\n")] == '\0')
		return POL_BAD(r, n, "write why, or what", "an empty text");
	if (strlen(n->text) >= POL_TEXT_MAX)
		return POL_BAD(r, n, "make it shorter",
		    "a text of more than %u bytes", POL_TEXT_MAX - 1);
	*(const char **)out = n->text;
	return D4_OK;
}

enum d4_status
pol_read_bool(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	return d4_yaml_bool(n, r->diag, out);
}

enum d4_status
pol_read_word(struct pol_reader *r, const struct d4_yaml *n,
    const char *const *words, unsigned *out)
{
	enum d4_status st = need_scalar(r, n);
	unsigned i;

	if (st != D4_OK)
		return st;
	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], n->text) == 0) {
			*out = i;
			return D4_OK;
		}
	return pol_bad_word(r, n, "value", words);
}

enum d4_status
pol_read_tlp(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {
	    "clear", "green", "amber", "amber+strict", "red", "white", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(int *)out = i == 5 ? POL_CLEAR : (int)i;
	return st;
}

enum d4_status
pol_read_pap(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {
	    "clear", "green", "amber", "red", "white", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(enum pol_pap *)out = i == 4 ? POL_PAP_CLEAR : (enum pol_pap)i;
	return st;
}

enum d4_status
pol_read_class(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {"S0", "S1", "S2", "S3", "S4", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(int *)out = (int)i;
	return st;
}

enum d4_status
pol_read_date(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	enum d4_status st = need_scalar(r, n);

	if (st != D4_OK)
		return st;
	if (pol_date_read(n->text, out) != D4_OK)
		return POL_BAD(r, n, "write it as 2027-12-31 (UTC)",
		    "`%.64s` is not a date", n->text);
	return D4_OK;
}

enum d4_status
pol_read_uuid(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	enum d4_status st = need_scalar(r, n);

	if (st != D4_OK)
		return st;
	if (strlen(n->text) != D4_UUID_TEXT - 1 ||
	    d4_uuid_parse(n->text, out) != D4_OK)
		return POL_BAD(r, n, "write it as 8-4-4-4-12 hex digits",
		    "`%.64s` is no UUID", n->text);
	return D4_OK;
}

enum d4_status
pol_read_list(struct pol_reader *r, const struct d4_yaml *n)
{
	enum d4_status st;
	size_t i;

	if (n->kind != D4_YAML_LIST)
		return POL_BAD(r, n, "write it as [a, b]",
		    "a %s where a list belongs",
		    n->kind == D4_YAML_MAP ? "map" : "value");
	if (n->n == 0)
		return POL_BAD(r, n, "name something, or leave the key out",
		    "an empty list");
	for (i = 0; i < n->n; i++) {
		st = need_scalar(r, n->item[i]);
		if (st != D4_OK)
			return st;
	}
	return D4_OK;
}

static int
uuid_order(const void *a, const void *b)
{
	return memcmp(a, b, D4_UUID_LEN);
}

enum d4_status
pol_read_uuids(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct pol_uuids *u = out;
	enum d4_status st = pol_read_list(r, n);
	size_t i;

	if (st != D4_OK)
		return st;
	u->list = calloc(n->n, sizeof(*u->list));
	if (u->list == NULL)
		return D4_ENOMEM;
	u->n = n->n;
	for (i = 0; i < n->n && st == D4_OK; i++)
		st = pol_read_uuid(r, n->item[i], &u->list[i]);
	if (st == D4_OK)
		qsort(u->list, u->n, sizeof(*u->list), uuid_order);
	return st;
}

static enum d4_status
read_words(struct pol_reader *r, const struct d4_yaml *n, void *out,
    enum d4_status (*check)(struct pol_reader *, const struct d4_yaml *))
{
	enum d4_status st = pol_read_list(r, n);
	size_t i;

	for (i = 0; st == D4_OK && i < n->n; i++)
		st = check(r, n->item[i]);
	if (st == D4_OK)
		*(const struct d4_yaml **)out = n;
	return st;
}

enum d4_status
pol_read_ids(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	return read_words(r, n, out, need_id);
}

static enum d4_status
need_tag(struct pol_reader *r, const struct d4_yaml *n)
{
	size_t len = strlen(n->text);

	if (len == 0 || len >= POL_TEXT_MAX)
		return POL_BAD(r, n, "write 1 to 255 characters",
		    "`%.64s` is not a tag", n->text);
	return D4_OK;
}

enum d4_status
pol_read_tags(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	return read_words(r, n, out, need_tag);
}

static enum d4_status
need_meta_type(struct pol_reader *r, const struct d4_yaml *n)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";
	size_t len = strlen(n->text);

	if (len == 0 || len >= D4_META_TYPE || n->text[0] == '.' ||
	    strspn(n->text, chars) != len)
		return POL_BAD(r, n,
		    "use 1 to 63 of the characters a-z A-Z 0-9 . _ -",
		    "`%.64s` is not an extended type", n->text);
	return D4_OK;
}

enum d4_status
pol_read_meta_types(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	return read_words(r, n, out, need_meta_type);
}

/* 1 and 3 to 8: the plain types that carry data of their own. */
enum d4_status
pol_read_plain_types(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	const uint64_t range[2] = {1, UINT8_MAX};
	enum d4_status st = pol_read_list(r, n);
	uint16_t bits = 0;
	uint64_t type;
	size_t i;

	for (i = 0; st == D4_OK && i < n->n; i++) {
		st = d4_yaml_u64(n->item[i], range, r->diag, &type);
		if (st == D4_OK && (type == 2 || type > 8))
			st = POL_BAD(r, n->item[i],
			    "name extended types under `meta:`",
			    "%s is not a plain data type (1, 3 to 8)",
			    n->item[i]->text);
		if (st == D4_OK)
			bits |= (uint16_t)(1u << type);
	}
	if (st == D4_OK)
		*(uint16_t *)out = bits;
	return st;
}
