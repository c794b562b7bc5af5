/*
 * Calls to MISP over libcurl's multi interface: keep-alive, TLS verified, gzip
 * bodies, every answer told apart from no answer. One call at a time: there
 * is one writer of an event.
 */
#ifndef MISP_HTTP_H
#define MISP_HTTP_H

#include <jansson.h>
#include "misp-export/conf.h"

#define HTTP_BODY (64u << 20) /* bytes of an answer */

/* What became of a call. */
enum http_end {
	HTTP_ANSWER,    /* there is a status */
	HTTP_TIMEOUT,   /* none in time: the server may still be at work */
	HTTP_BROKEN,    /* sent, perhaps all of it, and no whole answer */
	HTTP_UNREACHED, /* nothing was sent: no connection, TLS not trusted */
	HTTP_STOPPED,   /* we are to stop */
};

/*
 * struct http_reply -- an answer.
 * Shape:  type: "application/json"; location: where the header says so, else
 *         "". retry_s: seconds of Retry-After or X-Rate-Limit-Reset, 0 none.
 *         why: of an end that is not an answer.
 * Owns:   body: http_reply_init, http_reply_fini.
 */
struct http_reply {
	enum http_end end;
	long status;
	char type[64], location[256], why[256];
	uint64_t retry_s;
	struct d4_buf body;
};

void http_reply_init(struct http_reply *r);
void http_reply_fini(struct http_reply *r);

struct http;

/*
 * http_new -- stop: a descriptor that is readable when we are to stop, or -1.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status http_new(
    const struct misp_conf *c, int stop, struct http **out);
void http_free(struct http *h);

/* http_conf -- another configuration of the same server; borrowed. */
void http_conf(struct http *h, const struct misp_conf *c);

/* http_gzip -- whether bodies may be compressed (getVersion says). */
void http_gzip(struct http *h, bool on);

/*
 * http_call -- one call; body NULL: GET. Replaces *out, always filled.
 * path begins with "/".
 */
void http_call(struct http *h, const char *path, const json_t *body,
    struct http_reply *out);

/* http_wait -- so many microseconds, or until we are to stop: false. */
bool http_wait(struct http *h, uint64_t us);

#endif
