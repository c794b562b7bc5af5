/*
 * Import of a d4-core's sensors: what is copied. Pure; the values come from
 * whoever registered there and are untrusted.
 */
#ifndef HUB_IMPORT_H
#define HUB_IMPORT_H

#include "hub/dossier.h"

#define IMPORT_TEXT   1000u /* bytes of a description, more are cut off */
#define IMPORT_FIELDS 7u    /* of metadata_uuid, as import_fields has them */

/* import_fields -- names of the fields that are asked for, in that order. */
extern const char *const import_fields[IMPORT_FIELDS];

/*
 * struct import_sensor -- Shape: field[0] is the key, never empty; an empty
 * one was not there. known_key: others know the key: it had none and its
 * server stood in with the default one, or it has that, or d4-core's own.
 * Owns: nothing; the slices live as long as the reply and default_key.
 */
struct import_sensor {
	char uuid[D4_UUID_HEX];
	struct d4_slice field[IMPORT_FIELDS];
	bool known_key;
};

/*
 * import_sensor_read -- name: a member of a set of UUIDs; fields: the answer
 * to HMGET. default_key: server:hmac_default_key, may be empty.
 * Errors: D4_EMALFORMED the name is no UUID, or the fields are none.
 *         D4_EINVAL the key cannot be one.
 */
D4_USED enum d4_status import_sensor_read(const redisReply *name,
    const redisReply *fields, struct d4_slice default_key,
    struct import_sensor *out);

/* What a list of d4-core may hold. */
enum import_kind { IMPORT_UUIDS, IMPORT_ADDRESSES };

/* import_member -- whether a member of such a list is taken. */
bool import_member(enum import_kind kind, const redisReply *member);

#endif
