/* A member of a set and the fields of a sensor, as a d4-core's Redis has them.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "hub/import.h"
#include "tests/support/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	redisReply *reply =
	    reply_is_huge(bytes, size) ? NULL : reply_of(bytes, size);
	struct import_sensor s;

	if (reply == NULL)
		return 0;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
		const redisReply *name = reply->element[0];

		if (import_sensor_read(name, reply->element[1],
			d4_slice_str("default"), &s) == D4_OK) {
			assert(strlen(s.uuid) == D4_UUID_HEX - 1);
			assert(s.field[0].n != 0);
			assert(s.field[1].n <= IMPORT_TEXT);
		}
		(void)import_member(IMPORT_ADDRESSES, name);
		if (import_member(IMPORT_UUIDS, name))
			assert(name->len == D4_UUID_HEX - 1);
	}
	freeReplyObject(reply);
	return 0;
}
