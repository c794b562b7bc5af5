/*
 * Accounting: what was lost or withheld, how much, when and why. One JSON
 * object a line, append-only, per process; the records that a signed ledger
 * will later be made of. A record is on disk before the action that depends on
 * it; a kill between the two repeats it, equal except for its t.
 */
#ifndef KIT_ACCOUNT_H
#define KIT_ACCOUNT_H

#include <stdbool.h>
#include <jansson.h>
#include "libd4/status.h"

struct d4_account;

/*
 * d4_account_open -- opens DIR/PROGRAM.jsonl for append, made 0640; a torn
 * last line of a crash is ended with a newline first.
 * Errors: D4_EIO errno is set.
 */
D4_USED enum d4_status d4_account_open(
    const char *dir, const char *program, struct d4_account **out);
void d4_account_close(struct d4_account *a);

/*
 * d4_account_write -- adds {"v":1,"t":UTC,"event":event} and the members of
 * fields (an object, taken; may be NULL). durable:
 * fdatasync before it returns.
 * Errors: D4_EIO, D4_ENOSPC: the caller must not go on as if it were noted.
 */
D4_USED enum d4_status d4_account_write(struct d4_account *a, bool durable,
    const char *event, json_t *fields_taken);

/*
 * d4_account_sync -- makes everything written so far durable. Errors: D4_EIO,
 * D4_ENOSPC.
 */
D4_USED enum d4_status d4_account_sync(struct d4_account *a);

#endif
