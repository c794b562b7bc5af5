/*
 * Connections for the tee: the worker may open none, so the supervisor does,
 * in a child of its own, because a name server or a server that does not
 * answer must not hold it up.
 */
#ifndef HUB_TEE_DIAL_H
#define HUB_TEE_DIAL_H

#include "hub/options.h"
#include "libd4/slice.h"

#define TEE_DIAL_S 10u /* seconds that a child lives at most */

struct tee_dial_answer {
	uint32_t id;
	const char *why;
};

/* tee_dial_ask -- the worker's question; false: not sent. */
bool tee_dial_ask(int pair, uint32_t id);

/*
 * tee_dial -- the supervisor's side: a child resolves the name, connects, and
 * sends the answer into pair.
 */
void tee_dial(const struct hub_options *opt, int pair, struct d4_slice msg);

/*
 * tee_dial_answered -- what the worker got; a text is ended with a NUL in msg.
 * Errors: D4_EMALFORMED; D4_ENOMEM.
 */
D4_USED enum d4_status tee_dial_answered(
    struct d4_buf *msg, struct tee_dial_answer *out);

#endif
