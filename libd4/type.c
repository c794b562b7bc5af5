#include <stddef.h>
#include <string.h>
#include "libd4/type.h"

/*
 * Payload bytes of a frame: 62 + 16,322 is one full TLS record (wire.md R4);
 * 10,000 keeps a session's entries on a stock server small (wire.md R8).
 */
#define TYPE_RECORD 16322u
#define TYPE_BATCH  10000u

/* A handler of type 254: its records are lines, as d4-core's workers cut. */
#define TYPE_HANDLER(word, what, files)                                      \
	{                                                                    \
		.type = D4_TYPE_EXTENDED, .ext = (word), .name = "extended", \
		.cutter = &d4_cutter_lines, .content = D4_CONTENT_##what,    \
		.resend_all = true, .paths = (files),                        \
		.frame_max = TYPE_RECORD, .file = ".txt"                     \
	}

static const struct d4_type_row type_rows[] = {
    {.type = D4_TYPE_PCAP,
	.name = "pcap",
	.cutter = &d4_cutter_pcap,
	.opening = D4_OPENING_ONCE,
	.content = D4_CONTENT_BINARY,
	.resend_all = false, /* a packet sent twice falsifies every count */
	.paths = true,
	.frame_max = TYPE_RECORD,
	.file = ".cap"},
    {.type = D4_TYPE_LOG,
	.name = "log",
	.cutter = &d4_cutter_lines,
	.content = D4_CONTENT_TEXT,
	.resend_all = true,
	.frame_max = TYPE_BATCH,
	.file = ".syslog.txt"},
    {.type = D4_TYPE_DNSCAP,
	.name = "dnscap",
	.cutter = &d4_cutter_dnscap,
	.opening = D4_OPENING_ONCE,
	.content = D4_CONTENT_BINARY,
	.resend_all = false, /* as for pcap */
	.paths = true,
	.frame_max = TYPE_RECORD,
	.file = ".dnscap.txt",
	.file_opened = ".dnscap.cap"},
    {.type = D4_TYPE_PCAPNG,
	.name = "pcapng",
	.cutter = &d4_cutter_pcapng,
	.opening = D4_OPENING_EACH,
	.content = D4_CONTENT_BINARY,
	.resend_all = false, /* as for pcap */
	.paths = true,
	.frame_max = TYPE_RECORD,
	.file = ".pcapng"},
    {.type = D4_TYPE_NDJSON,
	.name = "ndjson",
	.cutter = &d4_cutter_lines,
	.content = D4_CONTENT_JSON,
	.resend_all = true,
	.frame_max = TYPE_RECORD,
	.file = ".jsonl"},
    {.type = D4_TYPE_YAF,
	.name = "yaf",
	.cutter = &d4_cutter_ipfix,
	.opening = D4_OPENING_EACH,
	.content = D4_CONTENT_BINARY,
	.resend_all = false, /* as for pcap */
	.paths = true,
	.frame_max = TYPE_RECORD,
	.file = ".ipfix"},
    {.type = D4_TYPE_PDNS,
	.name = "passivedns",
	.cutter = &d4_cutter_lines,
	.content = D4_CONTENT_TEXT,
	.resend_all = true,
	.frame_max = TYPE_BATCH,
	.file = ".passivedns.txt"},
    TYPE_HANDLER("lines", TEXT, false),
    TYPE_HANDLER("ja3-jl", JSON, true),
    TYPE_HANDLER("maltrail", TEXT, false),
    TYPE_HANDLER("filewatcher", BASE64, true),
    TYPE_HANDLER("filewatcherjson", JSON, true),
    TYPE_HANDLER("suricata-eve", JSON, false),
    TYPE_HANDLER("fascia", JSON, false),
    TYPE_HANDLER("d4-telemetry", JSON, false),
};

/* What has no row: the meta header, and extended types at large. */
static const char *const type_names[256] = {
    [D4_TYPE_META] = "meta",
    [D4_TYPE_EXTENDED] = "extended",
};

#define TYPE_ROWS (sizeof(type_rows) / sizeof(type_rows[0]))

const struct d4_type_row *
d4_type_find(uint8_t type)
{
	for (size_t i = 0; i < TYPE_ROWS; i++) {
		if (type_rows[i].type == type && type_rows[i].ext == NULL)
			return &type_rows[i];
	}
	return NULL;
}

const struct d4_type_row *
d4_type_handler(const char *handler)
{
	for (size_t i = 0; i < TYPE_ROWS; i++) {
		if (type_rows[i].ext != NULL &&
		    strcmp(type_rows[i].ext, handler) == 0)
			return &type_rows[i];
	}
	return NULL;
}

const struct d4_type_row *
d4_type_of(uint8_t type, const char *ext)
{
	const struct d4_type_row *row;

	if (type != D4_TYPE_EXTENDED)
		return d4_type_find(type);
	row = d4_type_handler(ext);
	return row != NULL ? row : d4_type_handler("lines");
}

const struct d4_type_row *
d4_type_handlers(size_t i)
{
	for (size_t row = 0; row < TYPE_ROWS; row++) {
		if (type_rows[row].ext != NULL && i-- == 0)
			return &type_rows[row];
	}
	return NULL;
}

const char *
d4_type_name(uint8_t type)
{
	const struct d4_type_row *row = d4_type_find(type);
	const char *name = row != NULL ? row->name : type_names[type];

	return name != NULL ? name : "unknown";
}
