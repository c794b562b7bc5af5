#include <string.h>
#include "libd4/type.h"
#include "sanitizers/dnscap.h"
#include "sanitizers/canary.h"
#include "sanitizers/epoch.h"
#include "sanitizers/ipfix.h"
#include "sanitizers/json.h"
#include "sanitizers/maltrail.h"
#include "sanitizers/packet_family.h"
#include "sanitizers/pdns.h"
#include "sanitizers/text.h"
#include "sanitizers/watch.h"

/* All words of a pipeline, in the order of the man page. */
static const struct san_step_kind *const table_steps[] = {
    &san_step_match,
    &san_step_bpf,
    &san_step_sample,
    &san_step_addr,
    &san_step_link,
    &san_step_tags,
    &san_step_payload,
    &san_step_tunnels,
    &san_step_tcp_ts,
    &san_step_fixup,
    &san_step_checksums,
    &san_step_inner,
    &san_step_time,
    &san_step_epoch,
    &san_step_canary,
    &san_step_pdns,
    &san_step_cof,
    &san_step_dnscap,
    &san_step_json,
    &san_step_text,
    &san_step_maltrail,
    &san_step_watch,
};

/* Which plain type is of which family; the others have no sanitizer. */
static const struct san_family *const table_types[256] = {
    [D4_TYPE_PCAP] = &san_family_packets,
    [D4_TYPE_LOG] = &san_family_text,
    [D4_TYPE_DNSCAP] = &san_family_packets,
    [D4_TYPE_PCAPNG] = &san_family_pcapng,
    [D4_TYPE_NDJSON] = &san_family_json,
    [D4_TYPE_YAF] = &san_family_ipfix,
    [D4_TYPE_PDNS] = &san_family_pdns,
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

/* NULL: no family. Nobody sees what is in a file that a line holds in base64.
 */
static const struct san_family *
table_ext(const char *ext)
{
	const struct d4_type_row *row = d4_type_handler(ext);

	if (row != NULL && row->content == D4_CONTENT_BASE64)
		return &san_family_watch;
	if (row != NULL && row->content == D4_CONTENT_JSON)
		return &san_family_json;
	for (size_t i = 0; i < TABLE_N(table_json_end); i++) {
		if (table_ends(ext, table_json_end[i]))
			return &san_family_json;
	}
	return strcmp(ext, "maltrail") == 0 ? &san_family_maltrail
	                                    : &san_family_text;
}

const struct san_family *
san_family_of(uint8_t type, const char *ext)
{
	return type == D4_TYPE_EXTENDED ? table_ext(ext) : table_types[type];
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
