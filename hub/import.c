#include <string.h>
#include "hub/import.h"

const char *const import_fields[IMPORT_FIELDS] = {"hmac_key", "description",
    "user_mail", "first_seen", "last_seen", "user_id", "third_party"};

/* A text of 32 hex digits or with dashes; no NUL in it. */
static bool
uuid_of(const redisReply *r, struct d4_uuid *out)
{
	return r->type == REDIS_REPLY_STRING && strlen(r->str) == r->len &&
	       d4_uuid_parse(r->str, out) == D4_OK;
}

static struct d4_slice
field_of(const redisReply *r, size_t max)
{
	if (r->type != REDIS_REPLY_STRING)
		return d4_slice_of(NULL, 0);
	return d4_slice_of(r->str, r->len < max ? r->len : max);
}

static bool
same(struct d4_slice a, struct d4_slice b)
{
	return b.n != 0 && d4_slice_eq(a, b);
}

enum d4_status
import_sensor_read(const redisReply *name, const redisReply *fields,
    struct d4_slice default_key, struct import_sensor *out)
{
	struct import_sensor s = {.known_key = false};
	struct d4_slice *key = &s.field[0];
	struct d4_uuid uuid;

	if (!uuid_of(name, &uuid) || fields->type != REDIS_REPLY_ARRAY ||
	    fields->elements != IMPORT_FIELDS)
		return D4_EMALFORMED;
	d4_uuid_hex(&uuid, s.uuid);
	for (size_t i = 1; i < IMPORT_FIELDS; i++)
		s.field[i] = field_of(fields->element[i], IMPORT_TEXT);
	*key = field_of(fields->element[0], SIZE_MAX);
	/* As d4-core does: a sensor without a key has the default one. */
	if (key->n == 0) {
		*key = default_key;
		s.known_key = true;
	}
	if (key->n == 0 || key->n > DOSSIER_KEY_MAX)
		return D4_EINVAL;
	s.known_key = s.known_key || same(*key, default_key) ||
	              d4_slice_eqs(*key, DOSSIER_KNOWN_KEY);
	*out = s;
	return D4_OK;
}

bool
import_member(enum import_kind kind, const redisReply *member)
{
	struct d4_prefix p;
	struct d4_uuid u;

	if (kind == IMPORT_UUIDS)
		return uuid_of(member, &u) && member->len == D4_UUID_HEX - 1;
	return member->type == REDIS_REPLY_STRING &&
	       d4_prefix_parse(d4_slice_of(member->str, member->len), &p) ==
	           D4_OK;
}
