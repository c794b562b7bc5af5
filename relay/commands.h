/* The commands of d4-relay that are not the daemon. */
#ifndef RELAY_COMMANDS_H
#define RELAY_COMMANDS_H

#include <jansson.h>
#include "relay/conf.h"

/* Each answers the exit status of the program. */
int cmd_spool(const struct relay_conf *c, int argc, char **argv);
int cmd_spool_status(const struct relay_conf *c, int argc, char **argv);
int cmd_status(const struct relay_conf *c, int argc, char **argv);
int cmd_partner(const struct relay_conf *c, int argc, char **argv);
int cmd_freeze(const struct relay_conf *c, int argc, char **argv);
int cmd_thaw(const struct relay_conf *c, int argc, char **argv);
int cmd_breaker(const struct relay_conf *c, int argc, char **argv);
int cmd_quarantine(const struct relay_conf *c, int argc, char **argv);

/* freeze_print -- "frozen PARTNER since ... by ...: ..."; one a line. */
void freeze_print(const json_t *list);

/* breaker_print -- of breakers_list; three lines each. */
void breaker_print(const json_t *list);

/*
 * status_merge -- the status of wash and post, by lane: in = forward + drop +
 * quarantine + waiting. answer: of the control socket. NULL: out of memory.
 * Shape:  lanes[] with the states of post; denied[] with the rule; queues,
 *         policy, policy_error, reading, redis, airlock as wash says.
 */
json_t *status_merge(const json_t *answer);

#endif
