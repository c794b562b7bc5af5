#include <string.h>
#include "libd4/nearest.h"
#include "libd4/yaml.h"

struct unit {
	const char *name;
	uint64_t factor;
	uint64_t divisor;
};

const struct d4_yaml *
d4_yaml_get(const struct d4_yaml *map, const char *key)
{
	size_t i;

	if (map == NULL || map->kind != D4_YAML_MAP)
		return NULL;
	for (i = 0; i < map->n; i++)
		if (strcmp(map->key[i]->text, key) == 0)
			return map->item[i];
	return NULL;
}

/* A list or a map has no text to read. */
static enum d4_status
check_scalar(const struct d4_yaml *n, struct d4_diag *diag, const char *remedy)
{
	if (n->kind == D4_YAML_SCALAR)
		return D4_OK;
	return d4_diag_set(diag, n->at, remedy, "a %s where a value belongs",
	    n->kind == D4_YAML_LIST ? "list" : "map");
}

enum d4_status
d4_yaml_bool(const struct d4_yaml *n, struct d4_diag *diag, bool *out)
{
	const char *remedy = "write true or false";
	enum d4_status st = check_scalar(n, diag, remedy);

	if (st != D4_OK)
		return st;
	if (strcmp(n->text, "true") != 0 && strcmp(n->text, "false") != 0)
		return d4_diag_set(
		    diag, n->at, remedy, "`%.64s` is no boolean", n->text);
	*out = n->text[0] == 't';
	return D4_OK;
}

/*
 * Decimal digits at the front of text, without a leading zero (YAML 1.1 would
 * read 010 as eight). NULL: none, or over 64 bits.
 */
static const char *
take_digits(const char *text, uint64_t *out)
{
	const char *p = text;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return NULL;
	}
	if (p == text || (text[0] == '0' && p != text + 1))
		return NULL;
	*out = v;
	return p;
}

enum d4_status
d4_yaml_u64(const struct d4_yaml *n, const uint64_t range[2],
    struct d4_diag *diag, uint64_t *out)
{
	const char *remedy = "write a whole number in decimal digits";
	enum d4_status st = check_scalar(n, diag, remedy);
	const char *end;
	uint64_t v;

	if (st != D4_OK)
		return st;
	end = take_digits(n->text, &v);
	if (end == NULL || *end != '\0')
		return d4_diag_set(diag, n->at, remedy,
		    "`%.64s` is not a whole number of at most 64 bits",
		    n->text);
	if (v < range[0] || v > range[1])
		return d4_diag_set(diag, n->at, "use a value of the range",
		    "%llu is not in the range %llu to %llu",
		    (unsigned long long)v, (unsigned long long)range[0],
		    (unsigned long long)range[1]);
	*out = v;
	return D4_OK;
}

/* Digits and one of the units; false: no such value. */
static bool
read_unit(const char *text, const struct unit *units, uint64_t *out)
{
	uint64_t v;
	const char *end = take_digits(text, &v);

	if (end == NULL)
		return false;
	for (; units->name != NULL; units++) {
		if (strcmp(end, units->name) != 0)
			continue;
		if (__builtin_mul_overflow(v, units->factor, &v))
			return false;
		*out = v / units->divisor;
		return true;
	}
	return false;
}

enum d4_status
d4_yaml_duration_us(
    const struct d4_yaml *n, struct d4_diag *diag, uint64_t *out)
{
	static const struct unit units[] = {
	    {"ns", 1, 1000},
	    {"us", 1, 1},
	    {"ms", 1000, 1},
	    {"s", 1000000, 1},
	    {"m", UINT64_C(60) * 1000000, 1},
	    {"h", UINT64_C(3600) * 1000000, 1},
	    {"d", UINT64_C(86400) * 1000000, 1},
	    {NULL, 0, 1},
	};
	const char *remedy =
	    "write digits and a unit (ns us ms s m h d), e.g. 90s";
	enum d4_status st = check_scalar(n, diag, remedy);

	if (st != D4_OK)
		return st;
	if (!read_unit(n->text, units, out))
		return d4_diag_set(
		    diag, n->at, remedy, "`%.64s` is no duration", n->text);
	return D4_OK;
}

enum d4_status
d4_yaml_bytes(const struct d4_yaml *n, struct d4_diag *diag, uint64_t *out)
{
	static const struct unit units[] = {
	    {"", 1, 1},
	    {"B", 1, 1},
	    {"kB", 1000, 1},
	    {"MB", 1000000, 1},
	    {"GB", UINT64_C(1000000000), 1},
	    {"TB", UINT64_C(1000000000000), 1},
	    {"KiB", UINT64_C(1) << 10, 1},
	    {"MiB", UINT64_C(1) << 20, 1},
	    {"GiB", UINT64_C(1) << 30, 1},
	    {"TiB", UINT64_C(1) << 40, 1},
	    {NULL, 0, 1},
	};
	const char *remedy =
	    "write digits and a unit (B kB MB GB TB KiB MiB GiB TiB)";
	enum d4_status st = check_scalar(n, diag, remedy);

	if (st != D4_OK)
		return st;
	if (!read_unit(n->text, units, out))
		return d4_diag_set(
		    diag, n->at, remedy, "`%.64s` is no size", n->text);
	return D4_OK;
}

static bool
is_known(const char *word, const char *const *known)
{
	for (; *known != NULL; known++)
		if (strcmp(word, *known) == 0)
			return true;
	return false;
}

enum d4_status
d4_yaml_keys(
    const struct d4_yaml *map, const char *const *known, struct d4_diag *diag)
{
	char hint[D4_DIAG_TEXT];
	size_t i;

	if (map->kind != D4_YAML_MAP)
		return d4_diag_set(diag, map->at, "write `key: value` pairs",
		    "a %s where a map belongs",
		    map->kind == D4_YAML_LIST ? "list" : "value");
	for (i = 0; i < map->n; i++) {
		if (is_known(map->key[i]->text, known))
			continue;
		d4_nearest_hint(map->key[i]->text, known, hint, sizeof(hint));
		return d4_diag_set(diag, map->key[i]->at, hint,
		    "unknown key `%.64s`", map->key[i]->text);
	}
	return D4_OK;
}
