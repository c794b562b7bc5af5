#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/key.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/conf_partner.h"
#include "relay/conf_reach.h"
#include "relay/conf_sink.h"

#define MEMBER(m)  offsetof(struct relay_partner_file, m)
#define HOUR_US    3600000000u
#define DAY_US     86400000000u
#define BUDGET_MIN (1u << 20)
#define PEM_MAX    (1u << 20)

static const struct d4_conf_option partner_table[] = {
    {"sink", D4_CONF_STRING, MEMBER(sink), 0, 0, "d4", false,
	"as the policy says: d4, unix, tcp, tls, udp, syslog, directory"},
    {"host", D4_CONF_STRING, MEMBER(host), 0, 0, NULL, false,
	"address or host name"},
    {"port", D4_CONF_UINT, MEMBER(port), 1, 65535, NULL, false, "its port"},
    {"key", D4_CONF_STRING, MEMBER(key), 0, 0, NULL, false,
	"file of the HMAC key (0600)"},
    {"tls", D4_CONF_TREE, MEMBER(tls), 0, 0, NULL, false,
	"{ca: FILE|system}, {pin: SHA-256} or {insecure: true}"},
    {"name", D4_CONF_STRING, MEMBER(name), 0, 0, NULL, false,
	"name in its certificate (default: host)"},
    {"client_cert", D4_CONF_STRING, MEMBER(client_cert), 0, 0, NULL, false,
	"file of our certificate"},
    {"client_key", D4_CONF_STRING, MEMBER(client_key), 0, 0, NULL, false,
	"file of its key (0600)"},
    {"resend", D4_CONF_STRING, MEMBER(resend), 0, 0, "type", false,
	"after an unclean end: confirmed, tcp, or type (captures: tcp)"},
    {"rotate", D4_CONF_DURATION, MEMBER(rotate_us), 1000000, DAY_US, "1h",
	false, "a session is ended for a confirmation after this time"},
    {"rotate_bytes", D4_CONF_BYTES, MEMBER(rotate_bytes), 65536, UINT64_MAX / 2,
	"256MiB", false, "or after this much data"},
    {"idle", D4_CONF_DURATION, MEMBER(idle_us), 100000, DAY_US, "60s", false,
	"or when nothing was sent for this long"},
    {"backoff_min", D4_CONF_DURATION, MEMBER(backoff_min_us), 10000, HOUR_US,
	"1s", false, "first wait after a refusal or failure"},
    {"backoff_max", D4_CONF_DURATION, MEMBER(backoff_max_us), 10000, DAY_US,
	"5m", false, "longest wait"},
    {"budget", D4_CONF_BYTES, MEMBER(budget), 0, UINT64_MAX / 2, "0B", false,
	"bytes of its airlock, 1MiB or more; 0B: an equal share"},
    {"on_full", D4_CONF_STRING, MEMBER(on_full), 0, 0, "park", false,
	"park: the queue keeps what it misses; or drop-oldest"},
    {"session_gap", D4_CONF_DURATION, MEMBER(gap_us), 0, HOUR_US, NULL, false,
	"least time between session starts; profile d4-core: 12s"},
    {"accepts", D4_CONF_LIST, MEMBER(accepts), 0, 0, NULL, false,
	"types it accepts, or all; profile d4-core: [1, 4, 8, ja3-jl]"},
    {"proxy", D4_CONF_STRING, MEMBER(proxy), 0, 0, NULL, false,
	"socks5://HOST:PORT; it also looks up names (Tor)"},
    {"proxy_auth", D4_CONF_STRING, MEMBER(proxy_auth), 0, 0, NULL, false,
	"file with user:password for it (0600)"},
    {"path", D4_CONF_STRING, MEMBER(path), 0, 0, NULL, false,
	"unix, syslog: the socket; directory: the folder"},
    {"transport", D4_CONF_STRING, MEMBER(transport), 0, 0, "udp", false,
	"syslog: udp, tcp, tls or local"},
    {"confirm", D4_CONF_STRING, MEMBER(confirm), 0, 0, "close", false,
	"tcp, tls: confirmed by the receiver's close, or by tcp"},
    {"facility", D4_CONF_STRING, MEMBER(facility), 0, 0, "user", false,
	"syslog: user, daemon, local0 ..."},
    {"severity", D4_CONF_STRING, MEMBER(severity), 0, 0, "info", false,
	"syslog: debug, info, notice, warning ..."},
    {"hostname", D4_CONF_STRING, MEMBER(hostname), 0, 0, "-", false,
	"syslog: the HOSTNAME of its messages"},
    {"app", D4_CONF_STRING, MEMBER(app), 0, 0, "d4", false,
	"syslog: the APP-NAME of its messages"},
    {"max_message", D4_CONF_BYTES, MEMBER(message_max), 480, 65507, NULL, false,
	"udp, syslog: larger records are dropped (8KiB; udp 65507B)"},
    {"compress", D4_CONF_STRING, MEMBER(compress), 0, 0, "none", false,
	"directory: none, gzip or zstd"},
    {"keep", D4_CONF_DURATION, MEMBER(keep_us), 60000000, UINT64_MAX / 2, NULL,
	false, "directory: older files are removed (default: never)"},
    {"keep_bytes", D4_CONF_BYTES, MEMBER(keep_bytes), 65536, UINT64_MAX / 2,
	NULL, false, "directory: oldest files beyond this are removed"},
    {"dataset", D4_CONF_TREE, MEMBER(dataset), 0, 0, NULL, false,
	"directory: {title, licence, producer, source, ...}"},
    {.name = NULL},
};

static const struct d4_conf_option tls_table[] = {
    {"ca", D4_CONF_STRING, MEMBER(ca), 0, 0, NULL, false, ""},
    {"pin", D4_CONF_STRING, MEMBER(pin), 0, 0, NULL, false, ""},
    {"insecure", D4_CONF_BOOL, MEMBER(insecure), 0, 0, "false", false, ""},
    {.name = NULL},
};

void
conf_partner_help(FILE *to)
{
	d4_conf_help(partner_table, to);
	conf_sink_help(to);
}

void
conf_partner_free(struct relay_partner_file *f)
{
	d4_conf_free(partner_table, f);
	d4_conf_free(tls_table, f);
	conf_sink_free(f);
	d4_buf_wipe(&f->secret);
	d4_buf_wipe(&f->key_pem);
	d4_buf_wipe(&f->proxy_login);
	d4_buf_fini(&f->cert_pem);
	d4_buf_fini(&f->ca_pem);
	*f = (struct relay_partner_file){.port = 0};
}

/* "file:" is optional; a relative one is beside relay.yaml. */
static bool
partner_file(char **text, const char *conf)
{
	const char *slash = strrchr(conf, '/');
	const char *name = *text;
	char *out = NULL;

	if (name == NULL)
		return true;
	if (strncmp(name, "file:", 5) == 0)
		name += 5;
	if (name[0] == '/' || slash == NULL)
		out = strdup(name);
	else if (asprintf(&out, "%.*s/%s", (int)(slash - conf), conf, name) < 0)
		out = NULL;
	free(*text);
	*text = out;
	return out != NULL;
}

static bool
partner_files(struct relay_partner_file *f, const char *conf)
{
	bool ca = f->ca != NULL && strcmp(f->ca, "system") != 0;

	return partner_file(&f->key, conf) &&
	       partner_file(&f->client_cert, conf) &&
	       partner_file(&f->client_key, conf) &&
	       partner_file(&f->proxy_auth, conf) &&
	       (!ca || partner_file(&f->ca, conf));
}

static bool
partner_id_ok(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n <= 64 &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static enum d4_status
partner_check(const struct d4_yaml *node, const struct relay_partner_file *f,
    struct d4_diag *diag)
{
	int ways = (f->ca != NULL) + (f->pin != NULL) + f->insecure;

	if (f->tls != NULL && ways != 1)
		return d4_diag_set(diag, f->tls->at,
		    "write one of ca: FILE, pin: SHA-256, insecure: true",
		    "%d ways to verify the partner's server", ways);
	if ((f->client_cert == NULL) != (f->client_key == NULL))
		return d4_diag_set(diag, node->at,
		    "write both client_cert and client_key, or neither",
		    "half a client certificate");
	if (strcmp(f->resend, "confirmed") != 0 &&
	    strcmp(f->resend, "all") != 0 && strcmp(f->resend, "tcp") != 0 &&
	    strcmp(f->resend, "type") != 0)
		return d4_diag_set(diag, d4_yaml_get(node, "resend")->at,
		    "write confirmed, tcp or type", "not a value: %s",
		    f->resend);
	if (f->budget != 0 && f->budget < BUDGET_MIN)
		return d4_diag_set(diag, d4_yaml_get(node, "budget")->at,
		    "give it 1MiB at least, or 0B for its share",
		    "a budget of %llu bytes", (unsigned long long)f->budget);
	if (strcmp(f->on_full, "park") != 0 &&
	    strcmp(f->on_full, "drop-oldest") != 0)
		return d4_diag_set(diag, d4_yaml_get(node, "on_full")->at,
		    "write park or drop-oldest", "not a value: %s", f->on_full);
	if (f->backoff_min_us > f->backoff_max_us)
		return d4_diag_set(diag, node->at,
		    "make backoff_max the larger one",
		    "backoff_min is over backoff_max");
	return D4_OK;
}

static void
partner_fill(
    const char *id, const struct relay_partner_file *f, struct relay_partner *p)
{
	*p = (struct relay_partner){.host = f->host,
	    .port = (uint16_t)f->port,
	    .name = f->name,
	    .resend = strcmp(f->resend, "tcp") == 0    ? RELAY_TCP
	              : strcmp(f->resend, "type") == 0 ? RELAY_BY_TYPE
	                                               : RELAY_ALL,
	    .rotate_us = f->rotate_us,
	    .rotate_bytes = f->rotate_bytes,
	    .idle_us = f->idle_us,
	    .backoff_min_us = f->backoff_min_us,
	    .backoff_max_us = f->backoff_max_us,
	    .gap_us = f->gap_us};
	(void)snprintf(p->id, sizeof(p->id), "%s", id);
	conf_sink_fill(f, p);
	p->tls.ca = f->ca;
	p->tls.pin = f->pin;
	p->tls.insecure = f->insecure;
}

enum d4_status
conf_partner_read(const struct d4_yaml *map, size_t i, const char *path,
    struct d4_diag *diag, struct relay_conf *c)
{
	const struct d4_yaml *node = map->item[i];
	struct relay_partner_file *f = &c->file[i];
	enum d4_status st;

	d4_buf_init(&f->secret, D4_KEY_MAX);
	d4_buf_init(&f->cert_pem, PEM_MAX);
	d4_buf_init(&f->key_pem, PEM_MAX);
	d4_buf_init(&f->ca_pem, PEM_MAX);
	d4_buf_init(&f->proxy_login, 1024);
	if (!partner_id_ok(map->key[i]->text))
		return d4_diag_set(diag, map->key[i]->at,
		    "use the partner's id in the policy: [a-z0-9-]",
		    "not an id: %s", map->key[i]->text);
	st = d4_conf_read(partner_table, node, diag, f);
	if (st == D4_OK)
		st = conf_sink_check(node, f, diag);
	if (st == D4_OK && f->tls != NULL)
		st = d4_conf_read(tls_table, f->tls, diag, f);
	if (st == D4_OK)
		st = partner_check(node, f, diag);
	if (st == D4_OK && !partner_files(f, path))
		st = D4_ENOMEM;
	if (st != D4_OK)
		return st;
	partner_fill(map->key[i]->text, f, &c->partner[i]);
	return conf_reach_fill(node, f, diag, &c->partner[i]);
}

static bool
partner_unusable(
    const struct relay_partner *p, const char *file, enum d4_status st)
{
	d4_warnx("alarm partner=%s file=%s error=\"%s%s%s\" "
		 "remedy=\"nothing is sent to it\"",
	    p->id, file, d4_status_text(st), st == D4_EIO ? ": " : "",
	    st == D4_EIO ? strerror(errno) : "");
	return false;
}

/* What was read as a text from its first PEM block on (see tls.h). */
static enum d4_status
partner_text(struct d4_buf *b, const char **out)
{
	enum d4_status st = d4_buf_add(b, "\n", 2); /* and a NUL */
	const char *text =
	    st == D4_OK ? strstr((const char *)b->p, "-----BEGIN ") : NULL;

	if (st == D4_OK && text == NULL)
		st = D4_EMALFORMED;
	if (st == D4_OK)
		*out = text;
	return st;
}

static enum d4_status
partner_pem(const char *path, struct d4_buf *b, const char **out)
{
	enum d4_status st = d4_file_read(path, b);

	return st == D4_OK ? partner_text(b, out) : st;
}

/* Our certificate and its key. */
static bool
partner_client(struct relay_partner_file *f, struct relay_partner *p)
{
	enum d4_status st;

	st = d4_secret_read(f->client_key, &f->key_pem);
	if (st == D4_OK)
		st = partner_text(&f->key_pem, &p->tls.key);
	if (st != D4_OK)
		return partner_unusable(p, f->client_key, st);
	st = partner_pem(f->client_cert, &f->cert_pem, &p->tls.cert);
	return st == D4_OK || partner_unusable(p, f->client_cert, st);
}

static bool
partner_key(struct relay_partner_file *f, struct relay_partner *p)
{
	enum d4_status st = d4_secret_read(f->key, &f->secret);

	if (st == D4_OK && !d4_key_ok(d4_buf_slice(&f->secret)))
		st = D4_EMALFORMED;
	if (st != D4_OK)
		return partner_unusable(p, f->key, st);
	p->key = d4_buf_slice(&f->secret);
	return true;
}

bool
conf_partner_secrets(struct relay_partner_file *f, struct relay_partner *p)
{
	enum d4_status st;

	if (f->key != NULL && !partner_key(f, p))
		return false;
	st = conf_reach_secrets(f, p);
	if (st != D4_OK)
		return partner_unusable(p, f->proxy_auth, st);
	if (f->ca != NULL && strcmp(f->ca, "system") != 0) {
		st = partner_pem(f->ca, &f->ca_pem, &p->tls.ca);
		if (st != D4_OK)
			return partner_unusable(p, f->ca, st);
	}
	return f->client_key == NULL || partner_client(f, p);
}
