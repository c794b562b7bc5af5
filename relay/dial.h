/* Unix sockets of sinks, opened by the supervisor: post has none. */
#ifndef RELAY_DIAL_H
#define RELAY_DIAL_H

#include "relay/process.h"

/*
 * dial_answer -- connects to the socket that relay.yaml names for a partner
 * and tells post: "dialed PARTNER 0" with the descriptor, else "dialed
 * PARTNER ERRNO". Never waits.
 */
void dial_answer(struct process *post, struct d4_slice partner);

#endif
