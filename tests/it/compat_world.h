/* The compat process' rooms over a real redis-server, without the process. */
#ifndef IT_COMPAT_WORLD_H
#define IT_COMPAT_WORLD_H

#include "hub/compat_parts.h"
#include "libd4/kit/embedded.h"
#include "test.h"

/* r: d4-core's side: another connection, which may all. */
struct box {
	char dir[64];
	struct d4_embedded e;
	struct hub_options opt;
	struct compat c;
	redisContext *r;
};

#define SENSOR "a1020000000000000000000000000000"

int box_setup(void **state);
int box_teardown(void **state);

/* box_begin -- as a process does: it has what Redis and the disk hold. */
void box_begin(struct box *b);
void box_end(struct box *b);

/* ---- d4-core's side ---- */

void core_say(struct box *b, const char *text);
long long core_number(struct box *b, const char *text);
/* core_items -- of a list, as an analyzer gets them, with commas. */
void core_items(struct box *b, const char *key, char out[512]);
/* core_messages -- of a session stream, with a bar behind each. */
void core_messages(struct box *b, const char *key, char out[512]);

/* ---- the hub's side ---- */

/* hub_puts -- an entry as the shelf does; seq: of its first record. */
void hub_puts(struct box *b, uint8_t type, const char *ext, uint64_t seq,
    const char *data);
/* noted -- how often an event stands in the account. */
unsigned noted(const struct box *b, const char *event);

#define T(f) cmocka_unit_test_setup_teardown(f, box_setup, box_teardown)

#endif
