#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "misp-export/record.h"

static const struct record_reader readers[] = {
    {.name = "pdns", .line = record_pdns},
    {.name = "json", .line = record_json},
    {.name = "sshd", .line = record_sshd},
    {.name = "maltrail", .line = record_maltrail},
    {.name = "packet", .packets = true},
    {.name = "ipfix", .flows = true},
};

const struct record_reader *
record_reader_find(const char *name)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (strcmp(readers[i].name, name) == 0)
			return &readers[i];
	}
	return NULL;
}

void
record_init(struct record *r)
{
	r->n = r->text_n = 0;
	r->json = NULL;
	r->time_us = 0;
	r->yearless = false;
	r->count = 1;
}

void
record_fini(struct record *r)
{
	json_decref(r->json);
	r->json = NULL;
}

void
record_add(struct record *r, const char *name, struct d4_slice value)
{
	if (r->n == RECORD_FIELDS)
		return;
	r->field[r->n].name = name;
	r->field[r->n++].value = value;
}

/* Room for a made-up text; n 0: there is none. */
static char *
record_room(struct record *r, size_t *n)
{
	*n = sizeof(r->text) - r->text_n;
	return r->text + r->text_n;
}

/* What was written there, if it fitted. */
static struct d4_slice
record_keep(struct record *r, int n)
{
	size_t room;
	char *at = record_room(r, &room);

	if (n < 0 || (size_t)n >= room)
		return (struct d4_slice){NULL, 0};
	r->text_n += (size_t)n + 1;
	return d4_slice_of(at, (size_t)n);
}

void
record_text(struct record *r, const char *name, const char *text)
{
	size_t room;
	char *at = record_room(r, &room);
	struct d4_slice out = record_keep(r, snprintf(at, room, "%s", text));

	if (out.p != NULL)
		record_add(r, name, out);
}

void
record_number(struct record *r, const char *name, unsigned number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", number);
	record_text(r, name, text);
}

/* ---- JSON ---- */

static const json_t *
json_step(const json_t *at, const char *name, size_t n)
{
	size_t index = 0;
	char key[256];

	if (n == 0 || n >= sizeof(key))
		return NULL;
	memcpy(key, name, n);
	key[n] = '\0';
	if (json_is_object(at))
		return json_object_get(at, key);
	if (!json_is_array(at) || n > 6)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)key[i]))
			return NULL;
		index = index * 10 + (size_t)(key[i] - '0');
	}
	return json_array_get(at, index);
}

static const json_t *
json_find(const json_t *at, const char *path)
{
	for (size_t i = 0; i < RECORD_DEPTH && at != NULL && *path == '/';
	     i++) {
		size_t n = strcspn(path + 1, "/");

		at = json_step(at, path + 1, n);
		path += n + 1;
	}
	return *path == '\0' ? at : NULL;
}

static struct d4_slice
json_value(struct record *r, const json_t *v)
{
	size_t room;
	char *at = record_room(r, &room);

	if (json_is_string(v))
		return d4_slice_of(json_string_value(v), json_string_length(v));
	if (json_is_integer(v))
		return record_keep(r, snprintf(at, room, "%lld",
					  (long long)json_integer_value(v)));
	if (json_is_real(v))
		return record_keep(
		    r, snprintf(at, room, "%.6f", json_real_value(v)));
	if (json_is_boolean(v))
		return d4_slice_str(json_is_true(v) ? "true" : "false");
	return (struct d4_slice){NULL, 0};
}

struct d4_slice
record_get(struct record *r, const char *path)
{
	if (path[0] == '/' && r->json != NULL)
		return json_value(r, json_find(r->json, path));
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->field[i].name, path) == 0)
			return r->field[i].value;
	}
	return (struct d4_slice){NULL, 0};
}

/* ---- times ---- */

/* Digits from p on; how many, at most six of them. */
static size_t
time_digits(const char *p, uint64_t *out)
{
	size_t n = 0;

	*out = 0;
	while (n < 6 && isdigit((unsigned char)p[n]))
		*out = *out * 10 + (uint64_t)(p[n++] - '0');
	return n;
}

static uint64_t
time_fraction(const char *p)
{
	uint64_t us;
	size_t n;

	if (*p != '.')
		return 0;
	for (n = time_digits(p + 1, &us); n < 6; n++)
		us *= 10;
	return us;
}

/* "+01:00" or "Z" behind the fraction, in seconds east. */
static long
time_zone(const char *p)
{
	uint64_t h, m;
	long sign;

	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	sign = *p == '-' ? -1 : 1;
	if ((*p != '+' && *p != '-') || time_digits(p + 1, &h) != 2 ||
	    p[3] != ':' || time_digits(p + 4, &m) != 2)
		return 0;
	return sign * (long)(h % 24 * 3600 + m % 60 * 60);
}

uint64_t
record_time(struct d4_slice in)
{
	struct tm tm = {0};
	char text[48];
	const char *end;
	long long s;
	char *stop;

	if (in.n == 0 || in.n >= sizeof(text))
		return 0;
	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end == NULL) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
	}
	if (end != NULL) {
		s = (long long)timegm(&tm) - time_zone(end);
	} else {
		s = strtoll(text, &stop, 10);
		end = stop;
		if (stop == text || (*stop != '\0' && *stop != '.'))
			return 0;
	}
	if (s <= 0 || s > 253402300799LL)
		return 0;
	return (uint64_t)s * 1000000 + time_fraction(end);
}

void
record_year(struct record *r, uint64_t near_us)
{
	time_t near = (time_t)(near_us / 1000000);
	int64_t best = INT64_MAX;
	struct tm now;

	if (!r->yearless || gmtime_r(&near, &now) == NULL)
		return;
	for (int year = now.tm_year - 1; year <= now.tm_year + 1; year++) {
		struct tm tm = r->stamp;
		int64_t s, far;

		tm.tm_year = year;
		s = timegm(&tm);
		far = s > near ? s - near : near - s;
		/* The 29th of February is not in every year. */
		if (tm.tm_mon != r->stamp.tm_mon || s <= 0 || far >= best)
			continue;
		best = far;
		r->time_us = (uint64_t)s * 1000000;
	}
}
