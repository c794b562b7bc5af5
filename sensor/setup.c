#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "sensor/books.h"

#define SETUP_DIAL_MS  15000u /* for TCP and the handshake */
#define SETUP_PROXY_MS 60000u /* Tor may have to build a circuit first */
#define SETUP_TICK_US  250000 /* bounds what a power failure takes */
#define SETUP_TOR_PORT "9050"

/* What the command line says of the configuration. */
static bool
setup_options(struct sensor *s)
{
	struct options *o = &s->options;
	struct conf_dir *c = &s->conf;

	if (o->tor && c->proxy_host[0] == '\0') {
		(void)snprintf(
		    c->proxy_host, sizeof(c->proxy_host), "127.0.0.1");
		(void)snprintf(
		    c->proxy_port, sizeof(c->proxy_port), SETUP_TOR_PORT);
	}
	if (o->dial_ms == 0)
		o->dial_ms =
		    c->proxy_host[0] != '\0' ? SETUP_PROXY_MS : SETUP_DIAL_MS;
	if (!o->check || c->to_stdout ||
	    (c->ca != NULL && strcmp(c->ca, "system") != 0))
		return true;
	d4_warnx("-cc: there is no rootCA.crt dir=%s", o->dir);
	return false;
}

static bool
setup_conf(struct sensor *s)
{
	struct d4_diag diag = {.file = NULL};
	char text[1024];

	if (conf_dir_read(s->options.dir, &s->conf, &diag) != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		d4_warnx("%s", text);
		return false;
	}
	d4_uuid_text(&s->conf.uuid, s->uuid);
	s->state = s->conf.spool[0] != '\0' ? s->conf.spool : s->options.dir;
	if (s->conf.row == NULL)
		d4_warnx("records of type %u are not known: frames are cut "
			 "anywhere",
		    (unsigned)s->conf.type);
	return setup_options(s);
}

static bool
setup_tls(struct sensor *s)
{
	const struct conf_dir *c = &s->conf;
	const struct d4_tls_settings set = {
	    .ca = c->ca,
	    .pin = c->pin[0] != '\0' ? c->pin : NULL,
	    .insecure = c->insecure,
	    .cert = c->client_cert,
	    .key = c->client_key,
	};
	const char *why = NULL;

	if (c->to_stdout)
		return true;
	if (c->insecure)
		d4_warnx("the server is NOT verified: tls says insecure");
	if (d4_tls_ctx_new(&set, &why, &s->tls) == D4_OK)
		return true;
	d4_warnx("TLS cannot be set up why=\"%s\"", why);
	return false;
}

/* ---- the spool ---- */

/* SHA-256 of all that the frames in it depend on. */
static bool
setup_owner(const struct conf_dir *c, uint8_t owner[32])
{
	const struct d4_slice parts[] = {
	    d4_slice_of(c->uuid.b, sizeof(c->uuid.b)),
	    d4_slice_of(&c->type, sizeof(c->type)),
	    d4_buf_slice(&c->meta),
	    d4_buf_slice(&c->key),
	};
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; ok && i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint64_t n = parts[i].n;

		ok = EVP_DigestUpdate(md, &n, sizeof(n)) == 1 &&
		     EVP_DigestUpdate(md, parts[i].p, parts[i].n) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(md, owner, NULL) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

/* Is it a frame that this sensor made? */
static bool
setup_check(void *arg, struct d4_slice wire)
{
	const struct sensor *s = arg;
	struct d4_header h;

	return d4_header_decode(wire.p, &h) == D4_OK &&
	       h.type == s->conf.type && h.size == wire.n - D4_HEADER_LEN &&
	       d4_uuid_eq(&h.uuid, &s->conf.uuid) &&
	       d4_hmac_check(s->hmac, wire.p,
		   d4_slice_of(wire.p + D4_HEADER_LEN, h.size)) == D4_OK;
}

static const char *
setup_why(enum d4_status st)
{
	if (st == D4_EEXIST)
		return "it holds frames of another key, uuid, type or meta "
		       "header: send them with those first, or remove it";
	if (st == D4_EVERSION)
		return "it is of another version or machine: remove it";
	if (st == D4_EIO && errno == EWOULDBLOCK)
		return "another d4-sensor is using it";
	if (st == D4_EIO)
		return strerror(errno);
	return d4_status_text(st);
}

/* What an earlier run left, and what of it is lost. */
static void
setup_recovered(struct sensor *s, const struct ring_found *f)
{
	struct d4_tally *t = &s->counts.tally;
	uint64_t lost = f->book.lost + f->damaged;
	uint64_t maybe = f->book.acked + f->book.maybe;

	t->in += f->held.records + lost + maybe;
	t->records[D4_R_LOST_AT_SOURCE] += lost;
	t->bytes[D4_R_LOST_AT_SOURCE] += f->book.lost_bytes;
	t->records[D4_R_MAYBE_LOST] += maybe;
	if (f->held.frames + lost + maybe != 0)
		d4_info("spool held=%llu bytes=%llu damaged=%llu lost=%llu "
			"maybe_lost=%llu",
		    (unsigned long long)f->held.records,
		    (unsigned long long)f->held.bytes,
		    (unsigned long long)f->damaged,
		    (unsigned long long)f->book.lost,
		    (unsigned long long)maybe);
	(void)ledger_note(s->ledger, t, ring_book(s->ring));
	ring_book(s->ring)->acked = 0;
	ring_book_keep(s->ring);
}

static enum d4_status
setup_spool(struct sensor *s)
{
	struct conf_dir *c = &s->conf;
	uint8_t owner[32];
	struct ring_file_conf rc = {
	    .dir = c->spool,
	    .bytes = (size_t)c->spool_bytes,
	    .owner = owner,
	    .check = setup_check,
	    .arg = s,
	};
	struct ring_found found;
	enum d4_status st;

	if (c->spool[0] == '\0')
		return ring_new((size_t)s->options.ring, &s->ring);
	if (!setup_owner(c, owner))
		return D4_ECRYPTO;
	st = d4_dir_make(c->spool, 0700);
	if (st == D4_OK)
		st = ring_open(&rc, &found, &s->ring);
	if (st != D4_OK) {
		d4_warnx("spool cannot be used dir=%s why=\"%s\"", c->spool,
		    setup_why(st));
		return st;
	}
	setup_recovered(s, &found);
	return D4_OK;
}

/* ---- frames ---- */

/* At most the type's frame and the snaplen, whichever is less. */
static size_t
setup_target(const struct conf_dir *c)
{
	size_t most = c->row != NULL ? c->row->frame_max : CONF_SNAPLEN;

	return c->snaplen < most ? c->snaplen : most;
}

static enum d4_status
setup_frames(struct sensor *s)
{
	struct framer_conf fc = {
	    .uuid = s->conf.uuid,
	    .type = s->conf.type,
	    .target = setup_target(&s->conf),
	    .counts = &s->counts,
	    .drop = s->conf.drop_oldest,
	};
	enum d4_status st;

	st = d4_hmac_new(d4_buf_slice(&s->conf.key), &s->hmac);
	if (st == D4_OK)
		st = ledger_new(s->state, s->uuid, &s->ledger);
	if (st == D4_OK)
		st = setup_spool(s);
	d4_buf_wipe(&s->conf.key);
	fc.hmac = s->hmac;
	fc.ring = s->ring;
	if (st == D4_OK)
		st = framer_new(&fc, &s->framer);
	if (st == D4_OK)
		books_open(s);
	return st;
}

/* ---- the parts that have events ---- */

static enum d4_status
setup_session(struct sensor *s, const struct sensor_hooks *hooks)
{
	const struct conf_dir *c = &s->conf;
	const struct options *o = &s->options;
	bool login = c->proxy_user[0] != '\0';
	const struct session_conf sc = {
	    .base = s->base,
	    .tls = s->tls,
	    .host = c->host,
	    .port = c->port,
	    .name = c->name,
	    .meta = d4_buf_slice(&c->meta),
	    .framer = s->framer,
	    .ring = s->ring,
	    .counts = &s->counts,
	    .rotate_ms = o->rotate_ms,
	    .rotate_bytes = o->rotate_bytes,
	    .idle_ms = o->idle_ms,
	    .wait_ms = o->wait_ms,
	    .dial_ms = o->dial_ms,
	    .retry_ms = o->retry_ms,
	    .retries = o->retries,
	    .keepalive_s = (unsigned)((o->keepalive_ms + 999) / 1000),
	    .proxy =
		{
		    .host = c->proxy_host[0] != '\0' ? c->proxy_host : NULL,
		    .port = c->proxy_port,
		    .user = login ? c->proxy_user : NULL,
		    .password = login ? c->proxy_password : NULL,
		},
	    .type = c->type,
	    .resend_all = c->resend_all,
	};

	if (c->to_stdout)
		return out_new(&sc, STDOUT_FILENO, hooks->session, s, &s->out);
	return session_new(&sc, hooks->session, s, &s->session);
}

static enum d4_status
setup_reader(struct sensor *s, const struct sensor_hooks *hooks)
{
	const struct conf_dir *c = &s->conf;
	const struct reader_conf rc = {
	    .source =
		{
		    .base = s->base,
		    .kind = c->source,
		    .row = c->row,
		    .path = c->path,
		    .redis = c->redis,
		    .uuid = s->uuid,
		    .state = s->state,
		    .db = c->redis_db,
		    .rate_ms = s->options.rate_ms,
		    .type = c->type,
		    .json = s->options.json_files,
		    .daily = s->options.daily,
		    .after_delete = c->after_delete,
		},
	    .opening = ring_opening(s->ring),
	    .framer = s->framer,
	    .counts = &s->counts,
	};
	enum d4_status st = reader_new(&rc, hooks->reader, s, &s->reader);

	if (st == D4_EIO)
		d4_warn("source cannot be opened source=%s path=%s",
		    c->source->name, c->path);
	if (st == D4_ENOTSUP)
		d4_warnx("type %u cannot come from source=%s",
		    (unsigned)c->type, c->source->name);
	return st;
}

static enum d4_status
setup_timers(struct sensor *s, const struct sensor_hooks *hooks)
{
	static const struct timeval period = {0, SETUP_TICK_US};

	s->resume = event_new(s->base, -1, 0, hooks->resume, s);
	s->turned = event_new(s->base, -1, 0, hooks->turned, s);
	s->tick = event_new(s->base, -1, EV_PERSIST, hooks->tick, s);
	if (s->resume == NULL || s->turned == NULL || s->tick == NULL ||
	    event_add(s->tick, &period) < 0)
		return D4_ENOMEM;
	return D4_OK;
}

static enum d4_status
setup_events(struct sensor *s, const struct sensor_hooks *hooks)
{
	enum d4_status st;

	s->base = event_base_new();
	if (s->base == NULL)
		return D4_ENOMEM;
	st = setup_timers(s, hooks);
	if (st == D4_OK)
		st = d4_signals_new(s->base, hooks->signals, s, &s->signals);
	if (st == D4_OK)
		st = setup_session(s, hooks);
	if (st == D4_OK && s->options.tee && !s->conf.to_stdout)
		st = tee_new(s->base, STDOUT_FILENO, s->ring,
		    &(struct tee_owner){hooks->tee, s}, &s->tee);
	return st == D4_OK ? setup_reader(s, hooks) : st;
}

bool
sensor_open(struct sensor *s, const struct sensor_hooks *hooks)
{
	enum d4_status st;

	if (!setup_conf(s) || !setup_tls(s))
		return false;
	st = setup_frames(s);
	if (st == D4_OK)
		st = setup_events(s, hooks);
	if (st != D4_OK)
		d4_warnx("cannot start why=\"%s\"", d4_status_text(st));
	return st == D4_OK;
}

void
sensor_close(struct sensor *s)
{
	struct event *const events[] = {s->resume, s->turned, s->tick};

	reader_free(s->reader);
	tee_free(s->tee);
	session_free(s->session);
	out_free(s->out);
	d4_signals_free(s->signals);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i] != NULL)
			event_free(events[i]);
	}
	if (s->base != NULL)
		event_base_free(s->base);
	framer_free(s->framer);
	ring_free(s->ring);
	running_close(s->running, !s->owing);
	ledger_free(s->ledger);
	d4_hmac_free(s->hmac);
	d4_tls_ctx_free(s->tls);
	conf_dir_fini(&s->conf);
}
