/*
 * The freeze: who may be sent nothing, whatever the policy releases. One folder
 * with a file for each frozen partner; the file's existence is the freeze,
 * whatever its content. So nothing can be damaged, `touch` is enough in an
 * emergency, and no other program needs to run. See docs/adr/0020-freeze.md.
 */
#ifndef KIT_FREEZE_H
#define KIT_FREEZE_H

#include <stdbool.h>
#include <jansson.h>
#include <sys/types.h>
#include "libd4/status.h"

#define D4_FREEZE_ALL     "ALL" /* the name for everyone; ids are lower case */
#define D4_FREEZE_ID      64u   /* bytes of a partner's id */
#define D4_FREEZE_BECAUSE 500u  /* bytes of a reason */

enum d4_freeze {
	D4_THAWED,
	D4_FROZEN,     /* the partner itself */
	D4_FROZEN_ALL, /* everyone */
	D4_FROZEN_SHUT /* unknown, therefore frozen */
};

/*
 * d4_frozen -- may something be sent to the partner now? Asked right before
 * each burst of writing: three stat(2), no memory, no cache, no Redis.
 * A missing folder, a name that cannot be looked up, an invalid id:
 * D4_FROZEN_SHUT. folder NULL: nothing is ever frozen (tests, tools).
 */
enum d4_freeze d4_frozen(const char *folder, const char *partner);

/* d4_freeze_text -- "", "frozen", "all frozen", "frozen: cannot be read". */
const char *d4_freeze_text(enum d4_freeze f);

/* Who asks and why; because may be NULL. Borrowed. */
struct d4_freeze_note {
	uid_t uid;
	const char *because;
};

/*
 * d4_freeze_set -- freezes a partner, or D4_FREEZE_ALL, durably; the folder
 * must exist. If the note cannot be written (disk full), an empty file is made
 * instead.
 * Errors: D4_EINVAL no id, or a reason that is too long or no plain text.
 *         D4_EIO, D4_ENOSPC: it is not frozen; errno is set.  D4_ENOMEM.
 */
D4_USED enum d4_status d4_freeze_set(
    const char *folder, const char *partner, const struct d4_freeze_note *note);

/* d4_freeze_has -- D4_OK by that name; D4_ENOENT not.  D4_EINVAL, D4_EIO. */
D4_USED enum d4_status d4_freeze_has(const char *folder, const char *partner);

/*
 * d4_freeze_lift -- ends a freeze, durably.
 * Errors: D4_EINVAL no id.  D4_ENOENT it was not frozen.  D4_EIO, D4_ENOSPC.
 */
D4_USED enum d4_status d4_freeze_lift(const char *folder, const char *partner);

/*
 * d4_freeze_list -- [{"partner", "since", "by":{"uid","name"}, "because"}],
 * partner "*" for everyone; sorted. What a note does not say is left out, and
 * since is then the file's time. A folder that cannot be read is one entry
 * "*". Owns: the caller's; NULL out of memory.
 */
json_t *d4_freeze_list(const char *folder);

/* d4_freeze_who -- {"uid", "name", "login"} of a user; login: auditd's. */
json_t *d4_freeze_who(uid_t uid);

#endif
