/* Keeps the embedded Redis running, and logs why if it does not run. */
#ifndef HUB_KEEPER_H
#define HUB_KEEPER_H

#include "libd4/kit/embedded.h"

/*
 * struct keeper -- Shape: redis is NULL when there is none to keep. began_ms:
 * when it was started last; rest_ms: it is not started before (monotonic);
 * pause_ms: how long the last rest was.
 */
struct keeper {
	struct d4_embedded *redis;
	uint64_t began_ms, rest_ms, pause_ms;
};

/*
 * keeper_start -- for the first time. The last line of its log goes into
 * ours when it fails. Errors: as d4_embedded_start.
 */
D4_USED enum d4_status keeper_start(struct keeper *k);

/*
 * keeper_revive -- true when it runs, or was started again. One that died soon
 * after its start (disk full) is restarted with growing delays, from half a
 * second to ten.
 */
bool keeper_revive(struct keeper *k);

#endif
