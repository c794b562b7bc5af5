/*
 * The master key, and the secrets of forgettable partners, over a reload. Wash
 * reads it before it enters its sandbox, and cannot again: with another key it
 * has to begin again (ADR 0008).
 */
#ifndef RELAY_MASTER_H
#define RELAY_MASTER_H

#include "relay/process.h"

#define MASTER_MARK 17u /* hex digits of a digest, with NUL */

/* struct master -- which key wash works with; "" nobody said, "-" none. */
struct master {
	char mark[MASTER_MARK];
};

struct gate_vault;

/* master_tell -- in wash, to the supervisor; key NULL: there is none. */
void master_tell(
    int channel, const uint8_t *key, const struct gate_vault *vault);

/* master_word -- takes wash's word; false: it is another one. */
bool master_word(struct master *m, struct d4_slice word);

/*
 * master_reload -- tells wash to read the policy again; where that leads to
 * another key, to none, or to other secrets, wash ends and is started again.
 */
void master_reload(
    const struct master *m, struct process *wash, const char *policy);

#endif
