#include <string.h>
#include "libd4/fnv.h"
#include "libd4/type.h"
#include "misp-export/mapper.h"

size_t
mapper_rels(const struct mapper *m)
{
	size_t n = 0;

	while (m->rel[n].type != NULL)
		n++;
	return n;
}

static uint64_t
print_text(uint64_t h, const char *s)
{
	/* With its NUL: a text and none are two things. */
	return s == NULL ? d4_fnv64(h, d4_slice_of("\xff", 1))
	                 : d4_fnv64(h, d4_slice_of(s, strlen(s) + 1));
}

uint64_t
mapper_print(const struct mapper *m)
{
	uint64_t h = print_text(D4_FNV64, m->object);

	for (const struct map_rel *rel = m->rel; rel->type != NULL; rel++) {
		h = print_text(h, rel->relation);
		h = print_text(h, rel->type);
		h = print_text(h, rel->category);
		h = print_text(h, rel->path);
		h = d4_fnv64(h, d4_slice_of(&rel->flags, sizeof(rel->flags)));
	}
	return h >> 1;
}

/* The first of "a|b|c" that the record has. */
static struct d4_slice
mapper_path(const char *paths, struct record *r)
{
	struct d4_slice got = {NULL, 0};
	char path[128];

	while (*paths != '\0' && got.p == NULL) {
		size_t n = strcspn(paths, "|");

		if (n < sizeof(path)) {
			memcpy(path, paths, n);
			path[n] = '\0';
			got = record_get(r, path);
		}
		paths += n + (paths[n] == '|' ? 1 : 0);
	}
	return got;
}

bool
mapper_takes(const struct mapper *m, struct record *r)
{
	struct d4_slice got;
	size_t n;

	if (m->when == NULL)
		return true;
	got = mapper_path(m->when, r);
	if (got.p == NULL || m->is == NULL)
		return got.p != NULL && got.n > 0;
	n = strlen(m->is);
	if (n > 0 && m->is[n - 1] == '*')
		return got.n >= n - 1 && memcmp(got.p, m->is, n - 1) == 0;
	return d4_slice_eqs(got, m->is);
}

struct d4_slice
mapper_value(const struct map_rel *rel, struct record *r)
{
	if ((rel->flags & MAP_CONST) != 0)
		return d4_slice_str(rel->path);
	return mapper_path(rel->path, r);
}

/* Bytes that may stand in a comment; others are left out. */
static size_t
comment_add(char *out, size_t n, size_t at, struct d4_slice in)
{
	for (size_t i = 0; i < in.n && at + 1 < n; i++) {
		if (in.p[i] >= ' ' && in.p[i] < 0x7f)
			out[at++] = (char)in.p[i];
	}
	return at;
}

void
mapper_comment(const struct mapper *m, struct record *r, char *out, size_t n)
{
	const char *p = m->comment != NULL ? m->comment : "";
	char path[128];
	size_t at = 0, len;

	while (*p != '\0') {
		len = strcspn(p, "{");
		at = comment_add(out, n, at, d4_slice_of(p, len));
		p += len;
		len = *p == '{' ? strcspn(p + 1, "}") : 0;
		if (*p == '\0' || p[1 + len] == '\0')
			break;
		if (len < sizeof(path)) {
			memcpy(path, p + 1, len);
			path[len] = '\0';
			at = comment_add(out, n, at, mapper_path(path, r));
		}
		p += len + 2;
	}
	out[at] = '\0';
}

/* What is made of a type when the rule does not say. */
static const struct {
	uint8_t type;
	const char *ext, *id;
} defaults[] = {
    {D4_TYPE_PDNS, "", "passive-dns"},
    {D4_TYPE_PCAP, "", "ddos"},
    {D4_TYPE_LOG, "", "authentication-failure-report"},
    {D4_TYPE_NDJSON, "", "network-connection"},
    {D4_TYPE_YAF, "", "flow"},
    {D4_TYPE_EXTENDED, "ja3-jl", "ja3"},
    {D4_TYPE_EXTENDED, "maltrail", "maltrail"},
    {D4_TYPE_EXTENDED, "cowrie", "cowrie"},
};

const char *
mappers_default(uint8_t type, const char *ext)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (defaults[i].type == type &&
		    strcmp(defaults[i].ext, ext) == 0)
			return defaults[i].id;
	}
	return NULL;
}

bool
mappers_is_default(const char *id)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (strcmp(defaults[i].id, id) == 0)
			return true;
	}
	return false;
}
