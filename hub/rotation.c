#include <stdio.h>
#include "hub/rotation.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

/* Only the rotation that is over: another one may have begun. */
static const char rotated_script[] =
    "if redis.call('HGET',KEYS[1],'previous_until')==ARGV[1] then "
    "return redis.call('HDEL',KEYS[1],'previous','previous_until') end "
    "return 0";

static void
rotation_over(struct d4_redis *redis, const struct sensor *s)
{
	char hex[D4_UUID_HEX], key[64], until[24], text[D4_UUID_TEXT];
	struct d4_slice argv[] = {d4_slice_str("EVAL"),
	    d4_slice_str(rotated_script), d4_slice_str("1"), {NULL, 0},
	    {NULL, 0}};

	d4_uuid_hex(&s->uuid, hex);
	d4_uuid_text(&s->uuid, text);
	(void)snprintf(key, sizeof(key), "d4:sensor:%s", hex);
	(void)snprintf(
	    until, sizeof(until), "%llu", (unsigned long long)s->previous_s);
	argv[3] = d4_slice_str(key);
	argv[4] = d4_slice_str(until);
	if (d4_redis_send(redis, argv, 5, NULL, NULL) == D4_OK)
		d4_info(
		    "rotation=over uuid=%s: only its new key is valid", text);
}

void
rotation_watch(struct d4_redis *redis, const struct sensor *s, bool was)
{
	char text[D4_UUID_TEXT], until[D4_TIME_TEXT];

	if (s->before.hmac == NULL) {
		if (s->previous_s != 0 &&
		    s->previous_s <= d4_now_us() / 1000000)
			rotation_over(redis, s);
		return;
	}
	if (was)
		return;
	d4_uuid_text(&s->uuid, text);
	d4_time_text(s->previous_s * 1000000, until);
	d4_info("rotation=running uuid=%s until=%s: its old key is valid, too",
	    text, until);
}
