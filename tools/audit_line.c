/* The audit's map of a line: which field or JSON key a byte belongs to. */
#include <ctype.h>
#include <string.h>
#include "libd4/type.h"
#include "tools/audit.h"

static void
line_pdns(struct d4_slice line, size_t at, char out[AUDIT_PLACE])
{
	static const char *const fields[] = {"time", "client", "server",
	    "class", "qname", "rrtype", "answer", "ttl", "count"};
	size_t field = 0;

	for (size_t i = 0; i + 1 < line.n && i < at; i++) {
		if (line.p[i] != '|' || line.p[i + 1] != '|')
			continue;
		field++;
		i++;
	}
	(void)snprintf(out, AUDIT_PLACE, "%s",
	    field < sizeof(fields) / sizeof(fields[0]) ? fields[field]
						       : "behind the fields");
}

/* line_string -- past the string that begins at i; *end: its last byte. */
static size_t
line_string(struct d4_slice line, size_t i, size_t *end)
{
	size_t at = i + 1;

	while (at < line.n && line.p[at] != '"')
		at += line.p[at] == '\\' ? 2 : 1;
	*end = at < line.n ? at : line.n;
	return *end + 1;
}

static void
line_key(struct d4_slice key, char out[AUDIT_PLACE])
{
	size_t n = 0;

	out[n++] = '.';
	for (size_t i = 0; i < key.n && n + 1 < AUDIT_PLACE; i++)
		out[n++] = isprint(key.p[i]) ? (char)key.p[i] : '?';
	out[n] = '\0';
}

/* line_json -- the key that was read last before `at`, or stands there. */
static void
line_json(struct d4_slice line, size_t at, char out[AUDIT_PLACE])
{
	size_t i = 0;

	(void)snprintf(out, AUDIT_PLACE, "value");
	while (i < line.n && i <= at) {
		size_t begin = i, end = i;

		if (line.p[i] != '"') {
			i++;
			continue;
		}
		i = line_string(line, begin, &end);
		if (begin <= at && at <= end && i < line.n &&
		    line.p[i] == ':') {
			(void)snprintf(out, AUDIT_PLACE, "a key");
			return;
		}
		if (i < line.n && line.p[i] == ':')
			line_key(
			    d4_slice_of(line.p + begin + 1, end - begin - 1),
			    out);
	}
}

void
audit_line_name(
    struct d4_slice line, uint8_t type, size_t at, char out[AUDIT_PLACE])
{
	if (type == D4_TYPE_PDNS)
		line_pdns(line, at, out);
	else if (line.n > 0 && line.p[0] == '{')
		line_json(line, at, out);
	else
		(void)snprintf(out, AUDIT_PLACE, "line");
}
