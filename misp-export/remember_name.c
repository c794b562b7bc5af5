/* Which event of ours it is that MISP has. */
#include <stdlib.h>
#include <string.h>
#include "misp-export/remember.h"

#define REMEMBER_TITLE 512u

/* Of every label and PAP: tags may be changed by people, names are not. */
static bool
name_verified(const struct d4_uuid *space, const struct d4_uuid *uuid,
    struct event_name *n)
{
	struct d4_uuid u;

	for (n->label = 0; n->label < TERMS_LABELS; n->label++) {
		for (n->pap = 0; n->pap <= 3; n->pap++) {
			if (event_uuid(space, n, &u) == D4_OK &&
			    d4_uuid_eq(&u, uuid))
				return true;
		}
	}
	return false;
}

/* What is in front of the source is the configuration's, perhaps another's. */
static bool
name_source(const struct d4_uuid *space, struct d4_slice front,
    const struct d4_uuid *uuid, struct event_name *n)
{
	size_t most = sizeof(n->source) - 1;

	for (size_t len = 1; len <= front.n && len <= most; len++) {
		memcpy(n->source, front.p + front.n - len, len);
		n->source[len] = '\0';
		if (name_verified(space, uuid, n))
			return true;
	}
	return false;
}

/* "2026-11-21" or "2026-11-21T10", and "(top N)" behind it. */
static bool
name_time(const char *text, struct event_name *n, uint64_t *top)
{
	size_t len = strcspn(text, " ");
	char full[32];
	char *end;

	if (len != 10 && len != 13)
		return false;
	memcpy(full, text, len);
	memcpy(
	    full + len, len == 10 ? "T00:00:00" : ":00:00", len == 10 ? 10 : 7);
	n->start_s = record_time(d4_slice_str(full)) / 1000000;
	n->span_s = len == 10 ? 86400 : 3600;
	*top = 0;
	if (strncmp(text + len, " (top ", 6) == 0)
		*top = strtoull(text + len + 6, &end, 10);
	return n->start_s != 0;
}

/* "KIND TIME..." behind a ": ". */
static bool
name_rest(const char *rest, struct event_name *n, uint64_t *top)
{
	size_t kind = strlen(rest);
	const char *tail = strstr(rest, " (top ");

	if (tail != NULL)
		kind = (size_t)(tail - rest);
	while (kind > 0 && rest[kind - 1] != ' ')
		kind--;
	if (kind < 2 || kind > sizeof(n->kind))
		return false;
	memcpy(n->kind, rest, kind - 1);
	n->kind[kind - 1] = '\0';
	return name_time(rest + kind, n, top);
}

bool
remember_name(const struct d4_uuid *space, const char *info,
    const struct d4_uuid *uuid, struct event_name *out, uint64_t *top)
{
	const char *colon = info;
	struct event_name n;

	if (strlen(info) > REMEMBER_TITLE)
		return false;
	while ((colon = strstr(colon, ": ")) != NULL) {
		struct d4_slice front =
		    d4_slice_of(info, (size_t)(colon - info));

		memset(&n, 0, sizeof(n));
		colon += 2;
		if (name_rest(colon, &n, top) &&
		    name_source(space, front, uuid, &n)) {
			*out = n;
			return true;
		}
	}
	return false;
}
