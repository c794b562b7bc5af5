#include <stdio.h>
#include <string.h>
#include "hub/reload.h"
#include "libd4/kit/file.h"

static const char secret_wrong[] =
    "shared_secret: 16 to 100 of [A-Za-z0-9_-], mode 0600, our own";

void
reload_init(struct reload *r)
{
	d4_buf_init(&r->conf, WORKER_PART + 1);
	d4_buf_init(&r->cert, WORKER_PART + 1);
	d4_buf_init(&r->key, WORKER_PART + 1);
	d4_buf_init(&r->client_ca, WORKER_PART + 1);
	d4_buf_init(&r->secret, D4_KEY_MAX + 2);
}

void
reload_fini(struct reload *r)
{
	d4_buf_fini(&r->conf);
	d4_buf_fini(&r->cert);
	d4_buf_wipe(&r->key);
	d4_buf_fini(&r->client_ca);
	d4_buf_wipe(&r->secret);
}

static struct d4_buf *
part_of(struct reload *r, enum worker_message kind)
{
	switch (kind) {
	case WORKER_CONF:
		return &r->conf;
	case WORKER_CERT:
		return &r->cert;
	case WORKER_KEY:
		return &r->key;
	case WORKER_CLIENT_CA:
		return &r->client_ca;
	case WORKER_SECRET:
		return &r->secret;
	case WORKER_REDIS:
	case WORKER_NONE:
	case WORKER_STOP:
	case WORKER_LEAVE:
	case WORKER_ALONE:
	case WORKER_READY:
	case WORKER_UPGRADE:
	case WORKER_PEER:
	case WORKER_RELOAD:
	case WORKER_REFUSED:
	case WORKER_TEE:
	case WORKER_ALIVE:
	case WORKER_CREW:
		return NULL;
	}
	return NULL;
}

enum d4_status
reload_part(struct reload *r, enum worker_message kind, struct d4_slice text)
{
	struct d4_buf *b = part_of(r, kind);
	enum d4_status st;

	if (b == NULL)
		return D4_EINVAL;
	b->n = 0;
	st = d4_buf_add(b, text.p, text.n);
	/* The NUL behind it is not counted. */
	if (st == D4_OK)
		st = d4_buf_reserve(b, 1);
	if (st == D4_OK)
		b->p[b->n] = '\0';
	return st;
}

static enum d4_status
say(const char **why, const struct d4_diag *diag)
{
	static _Thread_local char text[1024];

	d4_diag_format(diag, text, sizeof(text));
	*why = text;
	return D4_EINVAL;
}

static const char *
text_of(const struct d4_buf *b)
{
	return b->n != 0 ? (const char *)b->p : NULL;
}

/* The library saw texts, not files: which of them, and what to do. */
static void
name_files(const struct hub_options *o, const char **why)
{
	static _Thread_local char text[1200];

	(void)snprintf(text, sizeof(text),
	    "%s; check that cert %s and key %s are of one pair%s%s", *why,
	    o->cert, o->key, o->client_ca != NULL ? ", and client_ca " : "",
	    o->client_ca != NULL ? o->client_ca : "");
	*why = text;
}

enum d4_status
reload_make(const struct reload *r, const char *file, const char **why,
    struct hub_options **opt, struct d4_tls_ctx **tls)
{
	struct d4_diag diag = {.file = file};
	struct hub_options *o = NULL;
	enum d4_status st;

	st = hub_options_read(d4_buf_slice(&r->conf), &diag, &o);
	if (st != D4_OK)
		return say(why, &diag);
	st =
	    d4_tls_ctx_new(&(struct d4_tls_settings){.server = true,
			       .cert = text_of(&r->cert),
			       .key = text_of(&r->key),
			       .client_ask = strcmp(o->client_cert, "ask") == 0,
			       .client_ca = text_of(&r->client_ca)},
		why, tls);
	if (st != D4_OK)
		name_files(o, why);
	if (st == D4_OK && hub_options_wants_secret(o)) {
		st = hub_options_secret(o, d4_buf_slice(&r->secret));
		if (st == D4_EINVAL)
			*why = secret_wrong;
	}
	if (st != D4_OK) {
		hub_options_free(o);
		return st;
	}
	*opt = o;
	return D4_OK;
}

static enum d4_status
part_read(struct reload *r, enum worker_message kind, const char *path,
    const char **why)
{
	static _Thread_local char text[600];
	struct d4_buf b;
	enum d4_status st;

	d4_buf_init(&b, WORKER_PART);
	st = kind == WORKER_KEY || kind == WORKER_SECRET
	         ? d4_secret_read(path, &b)
	         : d4_file_read(path, &b);
	if (st == D4_OK)
		st = reload_part(r, kind, d4_buf_slice(&b));
	d4_buf_wipe(&b);
	if (st == D4_OK)
		return D4_OK;
	(void)snprintf(text, sizeof(text), "%s: %s", path, d4_status_text(st));
	*why = text;
	return D4_EINVAL;
}

enum d4_status
reload_secret(struct hub_options *o, const char **why)
{
	struct d4_buf b;
	enum d4_status st;

	if (!hub_options_wants_secret(o))
		return D4_OK;
	d4_buf_init(&b, D4_KEY_MAX + 2);
	st = d4_secret_read(o->shared_secret, &b);
	if (st == D4_OK)
		st = hub_options_secret(o, d4_buf_slice(&b));
	d4_buf_wipe(&b);
	if (st == D4_OK)
		return D4_OK;
	*why = secret_wrong;
	return D4_EINVAL;
}

enum d4_status
reload_read(struct reload *r, const char *path, const char **why)
{
	struct d4_diag diag = {.file = path};
	struct hub_options *o = NULL;
	enum d4_status st = part_read(r, WORKER_CONF, path, why);

	if (st != D4_OK)
		return st;
	if (hub_options_read(d4_buf_slice(&r->conf), &diag, &o) != D4_OK)
		return say(why, &diag);
	st = part_read(r, WORKER_CERT, o->cert, why);
	if (st == D4_OK)
		st = part_read(r, WORKER_KEY, o->key, why);
	if (st == D4_OK && o->client_ca != NULL)
		st = part_read(r, WORKER_CLIENT_CA, o->client_ca, why);
	if (st == D4_OK && hub_options_wants_secret(o))
		st = part_read(r, WORKER_SECRET, o->shared_secret, why);
	hub_options_free(o);
	return st;
}
