/* Items by themselves: a copy of a finding, and the names of its parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "misp-export/event.h"

static size_t
item_room(const struct finding *f)
{
	size_t n = sizeof(struct item) + f->n * sizeof(struct item_value);

	for (size_t i = 0; i < f->n; i++)
		n += strlen(f->value[i].text) + 1;
	return n + strlen(f->comment) + 1;
}

static char *
item_text(char *at, const char *text, const char **out)
{
	size_t n = strlen(text) + 1;

	memcpy(at, text, n);
	*out = at;
	return at + n;
}

struct item *
item_new(const struct finding *f, const struct d4_uuid *uuid)
{
	struct item *it = calloc(1, item_room(f));
	char *at;

	if (it == NULL)
		return NULL;
	it->uuid = *uuid;
	it->mapper = f->mapper;
	it->n = f->n;
	at = (char *)(it->value + f->n);
	for (size_t i = 0; i < f->n; i++) {
		it->value[i].rel = f->value[i].rel;
		it->value[i].mapped = f->value[i].mapped;
		at = item_text(at, f->value[i].text, &it->value[i].text);
	}
	(void)item_text(at, f->comment, &it->comment);
	return it;
}

bool
item_due(const struct item *it)
{
	switch (it->state) {
	case ITEM_OPEN:
	case ITEM_RECALL:
		return true;
	case ITEM_DONE:
		return it->moved || (it->seen & ~it->told) != 0;
	case ITEM_QUARANTINE:
	case ITEM_RECALLED:
	case ITEM_BELOW:
		break;
	}
	return false;
}

enum d4_status
item_attribute(
    const struct item *it, size_t rel, const char *text, struct d4_uuid *out)
{
	const char *part[] = {
	    "attribute", it->mapper->rel[rel].relation, text, NULL};

	if (it->mapper->object == NULL) {
		*out = it->uuid;
		return D4_OK;
	}
	if (part[1] == NULL)
		part[1] = "";
	return identity_of(&it->uuid, part, out);
}

enum d4_status
item_sighted(const struct item *it, struct d4_uuid *out)
{
	size_t best = 0;

	for (size_t i = it->n; i-- > 0;) {
		if ((it->mapper->rel[it->value[i].rel].flags & MAP_SIGHT) != 0)
			best = i;
	}
	if (it->n == 0) /* remembered only: it is not said what of it */
		return D4_EINVAL;
	return item_attribute(
	    it, it->value[best].rel, it->value[best].text, out);
}

enum d4_status
item_sighting_of(const struct event *e, const struct d4_uuid *attribute,
    unsigned bucket, struct d4_uuid *out)
{
	char number[16];
	const char *part[] = {"sighting", number, e->name.source, NULL};

	(void)snprintf(number, sizeof(number), "%u", bucket);
	return identity_of(attribute, part, out);
}

enum d4_status
item_sighting(const struct event *e, const struct item *it, unsigned bucket,
    struct d4_uuid *out)
{
	struct d4_uuid attribute;
	enum d4_status st = item_sighted(it, &attribute);

	return st == D4_OK ? item_sighting_of(e, &attribute, bucket, out) : st;
}
