/*
 * What Redis answers about a sensor and for the lists of addresses: the input
 * is the protocol's bytes, so every type may stand in every place.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "hub/lists.h"
#include "hub/sensor.h"
#include "tests/support/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
take_one(const redisReply *reply)
{
	static const struct d4_uuid uuid = {{1}};
	struct dossier d;
	struct sensors table;
	struct sensor *s;

	if (dossier_read(reply, &d) != D4_OK)
		return;
	sensors_init(&table);
	s = sensors_get(&table, &uuid);
	if (s != NULL) {
		(void)sensor_take(s, &d, 1000);
		assert(!sensor_take(s, &(struct dossier){0}, 1000) ||
		       s->key.hmac == NULL);
	}
	dossier_fini(&d);
	sensors_fini(&table);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	redisReply *reply =
	    reply_is_huge(bytes, size) ? NULL : reply_of(bytes, size);
	struct d4_prefix_set set;
	size_t bad = 0;

	if (reply == NULL)
		return 0;
	take_one(reply);
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2) {
		const redisReply *const both[2] = {
		    reply->element[0], reply->element[1]};

		if (lists_networks(both, &set, &bad) == D4_OK)
			d4_prefix_set_fini(&set);
	}
	freeReplyObject(reply);
	return 0;
}
