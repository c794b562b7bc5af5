/*
 * The control socket: one JSON object a line in, one out, on a unix socket
 * (0660). {"cmd":"status"} -> {"ok":true, ...} or {"ok":false,"error":"..."}.
 */
#ifndef KIT_CTL_H
#define KIT_CTL_H

#include <sys/types.h>
#include <event2/event.h>
#include <jansson.h>
#include "libd4/status.h"

#define D4_CTL_LINE 65536u /* bytes of a request */

/*
 * One command; a table ends with name NULL. run returns a new object (taken),
 * or NULL after setting *error to a static text.
 */
struct d4_ctl_command {
	const char *name;
	const char *help;
	json_t *(*run)(void *arg, const json_t *request, const char **error);
};

struct d4_ctl;

/*
 * d4_ctl_new -- listens on path (an old socket there is replaced when nobody
 * answers on it; folders above it that are missing are made). Errors: D4_EEXIST
 * somebody answers.  D4_EIO errno is set.
 */
D4_USED enum d4_status d4_ctl_new(struct event_base *base, const char *path,
    const struct d4_ctl_command *table, void *arg, struct d4_ctl **out);
void d4_ctl_free(struct d4_ctl *c);

/* d4_ctl_close -- accepts no new clients; connected ones are still served. */
void d4_ctl_close(struct d4_ctl *c);

/*
 * d4_ctl_serve -- the same on a socket that listens already (ctl_socket.h),
 * taken; its path stays. -1: none, only those that are adopted.
 * d4_ctl_adopt -- adds a client on a connected unix socket (taken), for as long
 * as it is open. Errors: D4_ENOMEM; D4_ETOOBIG too many clients.
 */
D4_USED enum d4_status d4_ctl_serve(struct event_base *base, int fd,
    const struct d4_ctl_command *table, void *arg, struct d4_ctl **out);
D4_USED enum d4_status d4_ctl_adopt(struct d4_ctl *c, int fd);

/*
 * struct d4_ctl_call -- one request that is answered later.
 * Shape:  request: lives until the answer. uid, pid: who asks, as the kernel
 *         says.
 */
struct d4_ctl_call {
	const json_t *request;
	uid_t uid;
	pid_t pid;
};

/*
 * d4_ctl_other -- commands that are not in the table go to fn, which has to
 * give each call exactly one answer, at once or later, also after d4_ctl_free.
 */
void d4_ctl_other(struct d4_ctl *c,
    void (*fn)(void *arg, struct d4_ctl_call *call), void *arg);

/*
 * d4_ctl_answer, d4_ctl_fail -- the end of a call: an object (taken; NULL: out
 * of memory), or an error's text. Whoever asked may be gone.
 */
void d4_ctl_answer(struct d4_ctl_call *call, json_t *answer);
void d4_ctl_fail(struct d4_ctl_call *call, const char *why);

/*
 * d4_ctl_ask -- client: sends one request and waits for its answer, 5 s.
 * Errors: D4_EIO errno is set.  D4_ETIMEOUT.  D4_EMALFORMED.
 * Owns:   *answer is the caller's.
 */
D4_USED enum d4_status d4_ctl_ask(
    const char *path, const json_t *request, json_t **answer);

#endif
