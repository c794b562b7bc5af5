/*
 * What the commands of d4-relay have in common: arguments, errors, accounting
 * logs.
 */
#ifndef RELAY_CMD_WORDS_H
#define RELAY_CMD_WORDS_H

#include <jansson.h>
#include "relay/conf.h"

/*
 * struct cmd_words -- what follows a command: options, and arg[0..n)
 * without them. because, partner: NULL where they were not given.
 */
struct cmd_words {
	bool json, all;
	const char *partner, *because;
	char **arg;
	size_t n;
};

/*
 * cmd_words -- reads them; takes: the options that the command knows: j(son),
 * a(ll), p(artner), b(ecause). false: another one (said on stderr).
 */
D4_USED bool cmd_words(
    int argc, char **argv, const char *takes, struct cmd_words *out);

/* cmd_fails -- says on stderr why `what` (`of` or NULL) failed; 1. */
int cmd_fails(const char *what, const char *of, enum d4_status st);

/*
 * cmd_noted -- DIR/BOOK.jsonl, durably: the event with its fields (taken; NULL:
 * out of memory), who requested it, and why.
 * Errors: D4_EINVAL a reason that is not a text.  D4_EIO, D4_ENOSPC: errno is
 *         set.
 */
D4_USED enum d4_status cmd_noted(const struct relay_conf *c, const char *book,
    const char *event, const char *because, json_t *fields);

#endif
