/* A configuration and its certificates, gathered part by part (SIGHUP). */
#ifndef HUB_RELOAD_H
#define HUB_RELOAD_H

#include "hub/worker.h"

/* One text of each kind, NUL-terminated; secrets are wiped. */
struct reload {
	struct d4_buf conf, cert, key, client_ca, secret;
};

void reload_init(struct reload *r);
void reload_fini(struct reload *r);

/* reload_part -- a message of one of the five kinds. */
D4_USED enum d4_status reload_part(
    struct reload *r, enum worker_message kind, struct d4_slice text);

/*
 * reload_make -- what the parts say. Errors: D4_EINVAL *why (static or
 * thread-local) names it. D4_ENOMEM.
 */
D4_USED enum d4_status reload_make(const struct reload *r, const char *file,
    const char **why, struct hub_options **opt, struct d4_tls_ctx **tls);

/*
 * reload_secret -- the shared secret, where the mode wants one; for the first
 * start, too. Errors: D4_EINVAL *why.
 */
D4_USED enum d4_status reload_secret(struct hub_options *o, const char **why);

/*
 * reload_read -- the parts from the files: the supervisor's side.
 * Errors: D4_EINVAL *why.
 */
D4_USED enum d4_status reload_read(
    struct reload *r, const char *path, const char **why);

#endif
