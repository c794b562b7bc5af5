#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/json.h"
#include "libd4/type.h"
#include "relay/sink_item.h"

#define ITEM_NUMBER "0123456789"

void
sink_time_text(uint64_t s, char out[24])
{
	char t[D4_TIME_TEXT];

	d4_time_text(s * 1000000, t);
	(void)snprintf(out, 24, "%.19sZ", t);
}

/* 20240229T235959Z */
static void
item_stamp(uint64_t s, char out[17])
{
	char t[24];
	size_t n = 0;

	sink_time_text(s, t);
	for (const char *p = t; *p != '\0' && n < 16; p++) {
		if (*p != '-' && *p != ':')
			out[n++] = *p;
	}
	out[n] = '\0';
}

static const char *
item_ext(uint8_t type)
{
	switch (type) {
	case D4_TYPE_PCAP:
		return "pcap";
	case D4_TYPE_PCAPNG:
		return "pcapng";
	case D4_TYPE_YAF:
		return "ipfix";
	case D4_TYPE_NDJSON:
		return "ndjson";
	default:
		return "txt";
	}
}

/* An extended type is a sensor's word: only what a file name can bear. */
static void
item_type(char *out, size_t n, const char *type)
{
	size_t i;

	for (i = 0; i + 1 < n && type[i] != '\0'; i++) {
		char c = type[i];
		bool lower = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (!lower && c != '-')
			c = '_';
		out[i] = c;
	}
	out[i] = '\0';
}

void
sink_item_init(struct sink_item *it, const struct d4_spool_lane *lane,
    const char *type, uint64_t period_s, uint64_t number)
{
	char stamp[17];

	*it = (struct sink_item){.bytes = 0};
	item_type(it->type, sizeof(it->type), type);
	d4_uuid_text(&lane->wire_uuid, it->uuid);
	(void)snprintf(it->cls, sizeof(it->cls), "%s", lane->cls);
	(void)snprintf(it->policy, sizeof(it->policy), "%s", lane->policy);
	item_stamp(period_s, stamp);
	(void)snprintf(it->name, sizeof(it->name), "%s-%s-%s-%llu.%s", it->type,
	    it->uuid, stamp, (unsigned long long)number, item_ext(lane->type));
}

void
sink_item_pack(struct sink_item *it, enum d4_pack_kind pack)
{
	size_t n = strlen(it->name);

	(void)snprintf(
	    it->name + n, sizeof(it->name) - n, "%s", d4_pack_ext(pack));
}

/* ---- reading a name from its end: what is in front is the type ---- */

/* Takes n characters of a set off the end; n 0: one and more. */
static bool
item_take(const char *name, size_t *end, const char *set, size_t n)
{
	size_t at = *end;

	while (at > 0 && strchr(set, name[at - 1]) != NULL &&
	       (n == 0 || *end - at < n))
		at--;
	if (at == *end || (n != 0 && *end - at != n))
		return false;
	*end = at;
	return true;
}

static bool
item_stem(const char *name, size_t end)
{
	return item_take(name, &end, ITEM_NUMBER, 0) &&
	       item_take(name, &end, "-", 1) && item_take(name, &end, "Z", 1) &&
	       item_take(name, &end, ITEM_NUMBER, 6) &&
	       item_take(name, &end, "T", 1) &&
	       item_take(name, &end, ITEM_NUMBER, 8) &&
	       item_take(name, &end, "-", 1) &&
	       item_take(name, &end, ITEM_NUMBER "abcdef-", 36) &&
	       item_take(name, &end, "-", 1) &&
	       item_take(
		   name, &end, ITEM_NUMBER "abcdefghijklmnopqrstuvwxyz_-", 0) &&
	       end == 0;
}

bool
sink_item_name(const char *name)
{
	static const char *const exts[] = {
	    ".pcap", ".pcapng", ".ipfix", ".ndjson", ".txt"};
	size_t stem = strcspn(name, ".");
	size_t ext = stem + (name[stem] == '.');
	bool known = false;

	ext += strcspn(name + ext, ".");
	for (size_t i = 0; i < sizeof(exts) / sizeof(exts[0]); i++)
		known =
		    known || (strlen(exts[i]) == ext - stem &&
				 memcmp(name + stem, exts[i], ext - stem) == 0);
	for (unsigned p = D4_PACK_PLAIN; p <= D4_PACK_ZSTD; p++) {
		if (known && strlen(name) < SINK_NAME &&
		    strcmp(name + ext, d4_pack_ext((enum d4_pack_kind)p)) == 0)
			return item_stem(name, stem);
	}
	return false;
}

/* ---- JSON ---- */

json_t *
sink_item_json(const struct sink_item *it)
{
	char from[24], to[24];

	sink_time_text(it->from_s, from);
	sink_time_text(it->to_s, to);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s}",
	    "name", it->name, "type", it->type, "uuid", it->uuid, "class",
	    it->cls, "policy", it->policy, "sha256", it->sha256, "bytes",
	    (json_int_t)it->bytes, "records", (json_int_t)it->records, "from",
	    from, "to", to);
}

/* Only as sink_time_text writes it: what is read is written again. */
static bool
item_time(const json_t *o, const char *key, uint64_t *out)
{
	char t[24], again[24];
	struct tm tm = {0};
	time_t s;

	if (!d4_json_text(o, key, t, sizeof(t)) ||
	    strptime(t, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return false;
	s = timegm(&tm);
	if (s < 0 || s > UINT32_MAX)
		return false;
	sink_time_text((uint64_t)s, again);
	*out = (uint64_t)s;
	return strcmp(t, again) == 0;
}

enum d4_status
sink_item_parse(const json_t *o, struct sink_item *out)
{
	struct sink_item it = {.bytes = 0};

	if (!d4_json_text(o, "name", it.name, sizeof(it.name)) ||
	    !sink_item_name(it.name) ||
	    !d4_json_text(o, "type", it.type, sizeof(it.type)) ||
	    !d4_json_text(o, "uuid", it.uuid, sizeof(it.uuid)) ||
	    !d4_json_text(o, "class", it.cls, sizeof(it.cls)) ||
	    !d4_json_text(o, "policy", it.policy, sizeof(it.policy)) ||
	    !d4_json_text(o, "sha256", it.sha256, sizeof(it.sha256)) ||
	    !d4_json_number(o, "bytes", INT64_MAX, &it.bytes) ||
	    !d4_json_number(o, "records", INT64_MAX, &it.records) ||
	    !item_time(o, "from", &it.from_s) || !item_time(o, "to", &it.to_s))
		return D4_EMALFORMED;
	*out = it;
	return D4_OK;
}
