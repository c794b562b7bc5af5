/*
 * What a process gives up for good: landlock for files, seccomp for sockets
 * and exec, no new privileges, no dumps. See docs/adr/0008-sandbox.md.
 */
#ifndef KIT_SANDBOX_H
#define KIT_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>
#include "libd4/status.h"

/*
 * struct d4_sandbox -- what stays allowed.
 * Shape:  read, write: NULL-ended lists of files or folders, or NULL for none
 *         (write implies read, create, rename, remove). What is open already
 *         stays usable. connect: new IPv4/IPv6 sockets, TCP and (for DNS)
 *         UDP, outgoing only (post). serve: accept on sockets that listen
 *         already (hub). best_effort: go on where the kernel lacks a
 *         mechanism (`sandbox: best-effort`).
 */
struct d4_sandbox {
	const char *const *read;
	const char *const *write;
	bool connect;
	bool serve;
	bool best_effort;
};

/*
 * d4_sandbox_enter -- applies all of it to this process; no way back. Call it
 * while there is one thread. Afterwards exec, ptrace, io_uring, mount, unix
 * sockets, signals to others and the like are refused with EPERM; a child
 * inherits all of it.
 * Errors: D4_ENOTSUP a mechanism is missing and best_effort is not set; *why
 *         names it.  D4_EIO a path cannot be opened (errno is set) or a call
 *         failed; *why names it (the caller's path or a static text).
 */
D4_USED enum d4_status d4_sandbox_enter(
    const struct d4_sandbox *box, const char **why);

/*
 * d4_user_drop -- to a service user and its group (initgroups, setresuid);
 * NULL or not root: stays. Errors: D4_ENOENT no such user.  D4_EIO.
 */
D4_USED enum d4_status d4_user_drop(const char *user);

/*
 * d4_die_with -- this process is killed as soon as its parent is gone, also
 * when it stands still. Call it behind d4_user_drop: the kernel forgets it
 * when the account changes. parent: getpid() of before the fork.
 * Errors: D4_ECLOSED the parent is gone already.  D4_EIO.
 */
D4_USED enum d4_status d4_die_with(pid_t parent);

#endif
