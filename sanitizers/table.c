#include <string.h>
#include "libd4/type.h"
#include "sanitizers/json.h"
#include "sanitizers/maltrail.h"
#include "sanitizers/packet_family.h"
#include "sanitizers/pdns.h"
#include "sanitizers/text.h"

/* All families. */
static const struct san_family *const table_families[] = {
    &san_family_packets,
    &san_family_pdns,
    &san_family_json,
    &san_family_text,
    &san_family_maltrail,
};

/* All words of a pipeline, in the order of the man page. */
static const struct san_step_kind *const table_steps[] = {
    &san_step_match,
    &san_step_bpf,
    &san_step_sample,
    &san_step_addr,
    &san_step_link,
    &san_step_tags,
    &san_step_payload,
    &san_step_tcp_ts,
    &san_step_fixup,
    &san_step_checksums,
    &san_step_inner,
    &san_step_time,
    &san_step_pdns,
    &san_step_json,
    &san_step_text,
    &san_step_maltrail,
};

/* Which plain type is of which family; the others have no sanitizer yet. */
static const enum san_family_bit table_types[256] = {
    [D4_TYPE_PCAP] = SAN_PACKETS,
    [D4_TYPE_DNSCAP] = SAN_PACKETS,
    [D4_TYPE_LOG] = SAN_TEXT,
    [D4_TYPE_NDJSON] = SAN_JSON,
    [D4_TYPE_PDNS] = SAN_PDNS,
};

/* Names that nobody has a handler for and that end so are lines of JSON. */
static const char *const table_json_end[] = {"-jl", "-json", "-ndjson"};

#define TABLE_N(t) (sizeof(t) / sizeof((t)[0]))

static bool
table_ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* 0: no family. Nobody sees what is in a file that a line holds in base64. */
static unsigned
table_ext(const char *ext)
{
	const struct d4_type_row *row = d4_type_handler(ext);

	if (row != NULL && row->content == D4_CONTENT_BASE64)
		return 0;
	if (row != NULL && row->content == D4_CONTENT_JSON)
		return SAN_JSON;
	for (size_t i = 0; i < TABLE_N(table_json_end); i++) {
		if (table_ends(ext, table_json_end[i]))
			return SAN_JSON;
	}
	return strcmp(ext, "maltrail") == 0 ? SAN_MALTRAIL : SAN_TEXT;
}

const struct san_family *
san_family_of(uint8_t type, const char *ext)
{
	unsigned bit = table_types[type];

	if (type == D4_TYPE_EXTENDED)
		bit = table_ext(ext);
	for (size_t i = 0; i < TABLE_N(table_families); i++) {
		if (table_families[i]->bit == bit)
			return table_families[i];
	}
	return NULL;
}

const struct san_step_kind *
san_step_at(size_t i)
{
	return i < TABLE_N(table_steps) ? table_steps[i] : NULL;
}

const struct san_step_kind *
san_step_find(const char *name)
{
	const struct san_step_kind *k;

	for (size_t i = 0; (k = san_step_at(i)) != NULL; i++) {
		if (strcmp(k->name, name) == 0)
			return k;
	}
	return NULL;
}
