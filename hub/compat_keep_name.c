#include <ctype.h>
#include <string.h>
#include "hub/compat_keep.h"

#define PARTS_ 9u
#define HOUR   3600u

const char *const keep_types[KEEP_TYPES] = {
    "1", "ja3-jl", "filewatcher", "filewatcherjson"};

/* The parts of a path, as offsets; how many, 0: too many or an empty one. */
static size_t
parts_of(const char *path, const char *at[PARTS_], size_t len[PARTS_])
{
	size_t n = 0;

	for (;; path++) {
		size_t k = strcspn(path, "/");

		if (k == 0 || n == PARTS_)
			return 0;
		at[n] = path;
		len[n++] = k;
		path += k;
		if (*path == '\0')
			return n;
	}
}

static bool
is(const char *at, size_t n, const char *word)
{
	return strlen(word) == n && strncmp(at, word, n) == 0;
}

static bool
is_digits(const char *at, size_t n, size_t want)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
	}
	return n == want;
}

static bool
is_uuid(const char *at, size_t n)
{
	return n == 32 && strspn(at, "0123456789abcdef") == 32;
}

static bool
ends(const char *at, size_t n, const char *word)
{
	size_t k = strlen(word);

	return n > k && strncmp(at + n - k, word, k) == 0;
}

static int
type_named(const char *at, size_t n)
{
	for (int i = 0; i < (int)KEEP_TYPES; i++) {
		if (is(at, n, keep_types[i]))
			return i;
	}
	return -1;
}

/* datas/ja3-jl/jsons/x.json, datas/ja3-jl/certs/x.crt, datas/EXT/files/x */
static int
type_of_all(const char *const at[PARTS_], const size_t len[PARTS_])
{
	int type = type_named(at[1], len[1]);

	if (type == 1)
		return (is(at[2], len[2], "jsons") &&
			   ends(at[3], len[3], ".json")) ||
		               (is(at[2], len[2], "certs") &&
				   ends(at[3], len[3], ".crt"))
		           ? type
		           : -1;
	return type > 1 && is(at[2], len[2], "files") ? type : -1;
}

/* UUID/1/Y/m/d/UUID-x.cap.gz, UUID/254/Y/m/d/EXT/files/x */
int
keep_type(const char *path)
{
	const char *at[PARTS_];
	size_t len[PARTS_], n = parts_of(path, at, len);
	int type;

	if (n == 4 && is(at[0], len[0], "datas"))
		return type_of_all(at, len);
	if (n < 6 || !is_uuid(at[0], len[0]) || !is_digits(at[2], len[2], 4) ||
	    !is_digits(at[3], len[3], 2) || !is_digits(at[4], len[4], 2))
		return -1;
	if (n == 6 && is(at[1], len[1], "1"))
		return strncmp(at[5], at[0], 32) == 0 &&
		               ends(at[5], len[5], ".cap.gz")
		           ? 0
		           : -1;
	if (n != 8 || !is(at[1], len[1], "254") || !is(at[6], len[6], "files"))
		return -1;
	type = type_named(at[5], len[5]);
	return type > 1 ? type : -1;
}

bool
keep_may_hold(const char *path)
{
	const char *at[PARTS_];
	size_t len[PARTS_], n = parts_of(path, at, len);
	bool all = n != 0 && is(at[0], len[0], "datas");

	if (n == 0 || (!all && !is_uuid(at[0], len[0])))
		return false;
	if (n == 1)
		return true;
	if (all)
		return n == 2 ? type_named(at[1], len[1]) > 0 : n == 3;
	return is(at[1], len[1], "1") || is(at[1], len[1], "254");
}

bool
keep_type_folder(const char *path, const char *data)
{
	const char *at[PARTS_];
	size_t len[PARTS_], n;

	path += strlen(data);
	n = parts_of(path + (*path == '/'), at, len);
	return n >= 3 && is_uuid(at[0], len[0]) &&
	       (is(at[1], len[1], "1") || is(at[1], len[1], "254")) &&
	       is_digits(at[2], len[2], 4);
}

/* ---- hours ---- */

void
keep_hours_add(struct keep_hours *h, uint64_t t_s, uint64_t bytes)
{
	uint64_t back = t_s < h->now_s ? h->now_s / HOUR - t_s / HOUR : 0;

	h->bytes[back < KEEP_HOURS ? back : KEEP_HOURS - 1] += bytes;
}

uint64_t
keep_hours_sum(const struct keep_hours *h)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < KEEP_HOURS; i++)
		sum += h->bytes[i];
	return sum;
}

uint64_t
keep_hours_cut(const struct keep_hours *h, uint64_t max)
{
	uint64_t sum = h->bytes[0], hour = h->now_s / HOUR;

	for (size_t i = 1; i < KEEP_HOURS && max != 0; i++) {
		if (sum + h->bytes[i] > max && h->bytes[i] != 0)
			return (hour - i + 1) * HOUR;
		sum += h->bytes[i];
	}
	return 0;
}
