/* Where a Redis is, and as whom to log in. */
#ifndef KIT_REDIS_URL_H
#define KIT_REDIS_URL_H

#include "libd4/slice.h"

#define REDIS_SECRET_MAX 256u /* bytes of a password */

/*
 * struct redis_url -- a url taken apart.
 * Shape:  port is NULL for a unix path. user is NULL without login.
 * Owns:   text, which all point into, and secret, which is wiped.
 */
struct redis_url {
	char *text;
	const char *host; /* or the path */
	const char *port;
	const char *user;
	struct d4_buf secret;
};

/* Errors: D4_EINVAL; D4_ENOMEM; of the secret: as d4_secret_read. */
D4_USED enum d4_status redis_url_parse(const char *url, struct redis_url *out);
void redis_url_fini(struct redis_url *u);

/*
 * redis_url_socket -- a socket with its connect begun; flags are SOCK_*.
 * Errors: D4_EIO errno is set (EINPROGRESS is not an error).
 */
D4_USED enum d4_status redis_url_socket(
    const struct redis_url *u, int flags, int *out);

/*
 * redis_ask -- one command on a blocking socket; the answer's first line is
 * cut to n with NUL ("+PONG", "-LOADING ...").
 * Errors: D4_EIO no answer in 5 s, or the socket is gone.
 */
D4_USED enum d4_status redis_ask(
    int fd, const struct d4_slice *argv, size_t n_argv, char *line, size_t n);

#endif
