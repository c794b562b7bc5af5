/* The subcommands of `d4-relay spool` that inspect one lane after the other. */
#ifndef RELAY_CMD_SPOOL_H
#define RELAY_CMD_SPOOL_H

#include <dirent.h>
#include <jansson.h>
#include "relay/conf.h"

/* What was asked for: partner, lane NULL all; and found: lanes, damages. */
struct spool_ask {
	const struct relay_conf *conf;
	const char *partner, *lane;
	bool json;
	uint64_t from, to;
	json_t *out;
	uint64_t bad;
};

/*
 * struct spool_way -- one word.
 * each:  looks at the lane in the folder and adds to its object what it
 *        found; 0, or 1 when it could not be read to its end.
 * print: such an object in words; NULL: each has written what there is.
 */
struct spool_way {
	const char *name;
	int (*each)(struct spool_ask *a, const char *dir, json_t *lane);
	void (*print)(const json_t *lane);
};

/* cmd_spool_way -- the word's row, or NULL. */
const struct spool_way *cmd_spool_way(const char *name);

/* cmd_spool_names -- for scandir: by the bytes of the names. */
int cmd_spool_names(const struct dirent **a, const struct dirent **b);

#endif
