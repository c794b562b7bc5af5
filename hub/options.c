#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "hub/options.h"
#include "hub/queue.h"
#include "libd4/kit/file.h"

#define AT(member) offsetof(struct hub_options, member)
#define S          1000000ull /* us */
#define MIB        (1ull << 20)

static const struct d4_conf_option table[] = {
    {"listen", D4_CONF_LIST, AT(listen), 0, 80, "*:4443", false,
	"ADDRESS:PORT, [ADDRESS]:PORT or *:PORT (IPv4 and IPv6)"},
    {"cert", D4_CONF_PATH, AT(cert), 0, 0, "/etc/d4/hub.pem", false,
	"the certificate (PEM), with its chain"},
    {"key", D4_CONF_PATH, AT(key), 0, 0, "/etc/d4/keys/hub.key", false,
	"its private key (PEM), mode 0600"},
    {"client_ca", D4_CONF_PATH, AT(client_ca), 0, 0, NULL, false,
	"asks sensors for a certificate of this CA, too"},
    {"state", D4_CONF_PATH, AT(state), 0, 0, "/var/lib/d4/hub", false,
	"folder of the embedded Redis and the accounts"},
    {"keys", D4_CONF_PATH, AT(keys), 0, 0, "/etc/d4/keys", false,
	"folder of the secrets of the embedded Redis"},
    {"ctl", D4_CONF_PATH, AT(ctl), 0, 0, "/run/d4/hub.ctl", false,
	"the control socket"},
    {"user", D4_CONF_STRING, AT(user), 0, 32, "", false,
	"service user, when started by root; empty: stay"},
    {"redis", D4_CONF_STRING, AT(redis), 0, 500, "embedded", false,
	"embedded, unix:/path or tcp://host:port, "
	"?user=NAME&secret=FILE behind it"},
    {"appendfsync", D4_CONF_STRING, AT(appendfsync), 0, 16, "always", false,
	"of the embedded Redis: always, everysec or no"},
    {"maxmemory", D4_CONF_BYTES, AT(maxmemory), 64 * MIB, 1ull << 40, "1GiB",
	false, "of the embedded Redis; reading stops at 85 %"},
    {"keep_redis", D4_CONF_BOOL, AT(keep_redis), 0, 0, "false", false,
	"leave the embedded Redis running when the hub stops"},
    {"types", D4_CONF_LIST, AT(types), 0, 8, NULL, false,
	"D4 types that are accepted; default: all with a cutter"},
    {"ext", D4_CONF_TREE, AT(ext_tree), 0, 0, NULL, false,
	"extended types: [ja3-jl], or {NAME: HANDLER}"},
    {"shards", D4_CONF_UINT, AT(shards), 1, QUEUE_SHARDS_MAX, "1", false,
	"shards of a new queue: relays that may work on it"},
    {"payload_max", D4_CONF_BYTES, AT(payload_max), 16384, 16 * MIB, "1000000B",
	false, "payload of one D4 frame, at most"},
    {"mode", D4_CONF_STRING, AT(mode), 0, 16, "registration", false,
	"registration, or shared-secret: any sensor that has the secret"},
    {"shared_secret", D4_CONF_PATH, AT(shared_secret), 0, 0, NULL, false,
	"file of the key of sensors without one (mode shared-secret)"},
    {"replay", D4_CONF_DURATION, AT(replay_us), 0, 31536000 * S, "0s", false,
	"how far timestamps of frames may be off; 0s: not looked at"},
    {"any_uuid", D4_CONF_BOOL, AT(any_uuid), 0, 0, "false", false,
	"accept sensor UUIDs that are not version 4"},
    {"flush", D4_CONF_DURATION, AT(flush_us), 0, S, "5ms", false,
	"an entry waits so long for more records; 0s: for ever"},
    {"flush_disk", D4_CONF_DURATION, AT(flush_disk_us), 0, 60 * S, "1s", false,
	"the same while its queue goes to disk: larger entries"},
    {"handshake", D4_CONF_DURATION, AT(handshake_us), S / 10, 600 * S, "10s",
	false, "from connect to the first authentic frame"},
    {"frame", D4_CONF_DURATION, AT(frame_us), S / 10, 3600 * S, "30s", false,
	"without a byte inside a frame"},
    {"idle", D4_CONF_DURATION, AT(idle_us), S / 10, 604800 * S, "2h", false,
	"without a byte between frames"},
    {"drain", D4_CONF_DURATION, AT(drain_us), 0, 600 * S, "10s", false,
	"for everything to be in Redis when the hub stops"},
    {"clone", D4_CONF_DURATION, AT(clone_us), 0, 86400 * S, "5m", false,
	"a UUID seen from two addresses in turn is held so long"},
    {"sessions_max", D4_CONF_UINT, AT(sessions_max), 1, 1000000, "10000", false,
	"connections at a time"},
    {"inflight", D4_CONF_BYTES, AT(inflight_max), MIB, 1ull << 40, "32MiB",
	false, "entries on their way to Redis; above it reading stops"},
    {"held", D4_CONF_BYTES, AT(held_max), MIB, 1ull << 40, "256MiB", false,
	"unfinished frames and records of all sessions"},
    {"queue", D4_CONF_BYTES, AT(queue_max), MIB, 1ull << 40, "256MiB", false,
	"bytes of one queue in Redis; what is above goes to disk"},
    {"queue_disk", D4_CONF_BYTES, AT(queue_disk), 0, 1ull << 50, "4GiB", false,
	"of one queue on disk; above it its sensors wait; 0: no disk"},
    {"unread", D4_CONF_STRING, AT(unread), 0, 16, "keep", false,
	"a queue without reader over its budget: keep or drop-oldest"},
    {"host", D4_CONF_STRING, AT(host), 0, 255, "", false,
	"the name or address that sensors are told (d4-hub enroll)"},
    {"stats", D4_CONF_BOOL, AT(stats), 0, 0, "true", false,
	"write d4-core's statistics (daily_*, stat_*, last_seen)"},
    {"sandbox", D4_CONF_STRING, AT(sandbox), 0, 16, "strict", false,
	"strict or best-effort"},
    {"log", D4_CONF_STRING, AT(log), 0, 8, "info", false,
	"debug, info, warn or error"},
    {"log_json", D4_CONF_BOOL, AT(log_json), 0, 0, "false", false,
	"one JSON object a line"},
    {NULL, D4_CONF_BOOL, 0, 0, 0, NULL, false, NULL},
};

/* Options that take one of a few words. */
static const struct {
	const char *name;
	size_t offset;
	const char *words[5];
} choices[] = {
    {"appendfsync", AT(appendfsync), {"always", "everysec", "no"}},
    {"unread", AT(unread), {"keep", "drop-oldest"}},
    {"sandbox", AT(sandbox), {"strict", "best-effort"}},
    {"mode", AT(mode), {"registration", "shared-secret"}},
    {"log", AT(log), {"debug", "info", "warn", "error"}},
};

static struct d4_mark
option_mark(const struct hub_options *o, const char *name)
{
	const struct d4_yaml *n = d4_yaml_get(o->tree, name);

	return n != NULL ? n->at : (struct d4_mark){0, 0};
}

static bool
one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(word, *words) == 0)
			return true;
	}
	return false;
}

static enum d4_status
check_choices(const struct hub_options *o, struct d4_diag *diag)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		const char *const *at =
		    (const void *)((const char *)o + choices[i].offset);

		if (!one_of(*at, choices[i].words))
			return d4_diag_set(diag,
			    option_mark(o, choices[i].name),
			    "see d4-hub --help", "%s: no such word: %s",
			    choices[i].name, *at);
	}
	return D4_OK;
}

/* Types are numbers with a cutter, or 2 and 254. */
static bool
type_known(unsigned long t)
{
	if (t == D4_TYPE_META || t == D4_TYPE_EXTENDED)
		return true;
	return t < 256 && d4_type_find((uint8_t)t) != NULL;
}

static enum d4_status
read_types(struct hub_options *o, struct d4_diag *diag)
{
	if (d4_yaml_get(o->tree, "types") == NULL) {
		for (unsigned t = 0; t < 256; t++)
			o->rules.accepted[t] = type_known(t);
		return D4_OK;
	}
	for (size_t i = 0; i < o->types.n; i++) {
		char *end = NULL;
		unsigned long t = strtoul(o->types.item[i], &end, 10);

		if (end == o->types.item[i] || *end != '\0' || !type_known(t))
			return d4_diag_set(diag, option_mark(o, "types"),
			    "types are 1 to 8 and 254",
			    "type %s cannot be accepted", o->types.item[i]);
		o->rules.accepted[t] = true;
	}
	return D4_OK;
}

/* The remedy is the table: what a new extended type can be cut by. */
static enum d4_status
ext_unknown(const struct d4_yaml *value, struct d4_diag *diag)
{
	char known[D4_DIAG_TEXT] = "write NAME: HANDLER with one of";
	const struct d4_type_row *row;
	size_t n = strlen(known);

	for (size_t i = 0; (row = d4_type_handlers(i)) != NULL; i++) {
		int len =
		    snprintf(known + n, sizeof(known) - n, " %s", row->ext);

		if (len < 0 || (size_t)len >= sizeof(known) - n)
			break;
		n += (size_t)len;
	}
	return d4_diag_set(
	    diag, value->at, known, "no such handler: %s", value->text);
}

static enum d4_status
read_ext_one(struct hub_options *o, const struct d4_yaml *key,
    const struct d4_yaml *value, struct d4_diag *diag)
{
	static const char word[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._-";
	const struct d4_type_row *row;
	size_t n;

	if (value->kind != D4_YAML_SCALAR)
		return d4_diag_set(diag, value->at, "write NAME: lines",
		    "a handler is one word");
	row = d4_type_handler(value->text);
	if (row == NULL)
		return ext_unknown(value, diag);
	n = strlen(key->text);
	if (n == 0 || n >= D4_META_TYPE || strspn(key->text, word) != n)
		return d4_diag_set(diag, key->at, "use [A-Za-z0-9._-]",
		    "not an extended type: %s", key->text);
	for (size_t i = 0; i < o->n_ext; i++) {
		if (strcmp(o->ext[i].type, key->text) == 0)
			return d4_diag_set(diag, key->at, "name it once",
			    "%s is there twice", key->text);
	}
	if (o->n_ext == HUB_EXT)
		return d4_diag_set(
		    diag, key->at, "", "more than %u types", HUB_EXT);
	o->ext[o->n_ext++] = (struct hub_ext){key->text, row};
	return D4_OK;
}

static enum d4_status
read_ext(struct hub_options *o, struct d4_diag *diag)
{
	const struct d4_yaml *t = o->ext_tree;
	enum d4_status st = D4_OK;

	if (t == NULL)
		return D4_OK;
	if (t->kind == D4_YAML_SCALAR)
		return d4_diag_set(diag, t->at,
		    "write [ja3-jl], or {NAME: lines}",
		    "ext takes a list or a map");
	for (size_t i = 0; i < t->n && st == D4_OK; i++) {
		const struct d4_yaml *name =
		    t->kind == D4_YAML_MAP ? t->key[i] : t->item[i];

		st = read_ext_one(o, name, t->item[i], diag);
	}
	return st;
}

static enum d4_status
options_make(struct hub_options *o, struct d4_diag *diag)
{
	enum d4_status st = d4_conf_read(table, o->tree, diag, o);

	if (st == D4_OK)
		st = check_choices(o, diag);
	if (st == D4_OK)
		st = read_types(o, diag);
	if (st == D4_OK)
		st = read_ext(o, diag);
	if (st == D4_OK && o->listen.n == 0)
		st = d4_diag_set(diag, option_mark(o, "listen"),
		    "write listen: \"*:4443\"", "nothing to listen on");
	if (st == D4_OK && hub_options_wants_secret(o) &&
	    o->shared_secret == NULL)
		st = d4_diag_set(diag, option_mark(o, "mode"),
		    "write shared_secret: FILE", "no shared secret");
	o->rules.any_uuid = o->any_uuid;
	return st;
}

enum d4_status
hub_options_read(
    struct d4_slice text, struct d4_diag *diag, struct hub_options **out)
{
	struct hub_options *o = calloc(1, sizeof(*o));
	enum d4_status st;

	if (o == NULL)
		return D4_ENOMEM;
	st = d4_yaml_parse(text, diag, &o->tree);
	if (st == D4_OK)
		st = options_make(o, diag);
	if (st != D4_OK) {
		hub_options_free(o);
		return st;
	}
	*out = o;
	return D4_OK;
}

enum d4_status
hub_options_load(
    const char *path, struct d4_diag *diag, struct hub_options **out)
{
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, D4_YAML_BYTES);
	diag->file = path;
	st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = hub_options_read(d4_buf_slice(&text), diag, out);
	else if (d4_diag_set(diag, (struct d4_mark){0, 0},
		     "make one with d4-hub init DIR", "%s",
		     d4_status_text(st)) == D4_EINVAL)
		st = D4_EIO;
	d4_buf_fini(&text);
	return st;
}

bool
hub_options_wants_secret(const struct hub_options *o)
{
	return strcmp(o->mode, "shared-secret") == 0;
}

enum d4_status
hub_options_secret(struct hub_options *o, struct d4_slice secret)
{
	if (!d4_key_ok(secret) || secret.n < HUB_SECRET_MIN)
		return D4_EINVAL;
	d4_buf_wipe(&o->shared);
	d4_buf_init(&o->shared, D4_KEY_MAX);
	return d4_buf_add(&o->shared, secret.p, secret.n);
}

void
hub_options_free(struct hub_options *o)
{
	if (o == NULL)
		return;
	d4_buf_wipe(&o->shared);
	d4_conf_free(table, o);
	d4_yaml_free(o->tree);
	free(o);
}

void
hub_options_help(FILE *to)
{
	d4_conf_help(table, to);
}

bool
hub_options_embedded(const struct hub_options *o)
{
	return strcmp(o->redis, "embedded") == 0;
}

enum d4_status
hub_options_redis(
    const struct hub_options *o, struct d4_embedded *e, char **dir)
{
	*dir = d4_path(o->state, "redis");
	if (*dir == NULL)
		return D4_ENOMEM;
	*e = (struct d4_embedded){.dir = *dir,
	    .keys = o->keys,
	    .user = o->user[0] != '\0' ? o->user : NULL,
	    .appendfsync = o->appendfsync,
	    .maxmemory = o->maxmemory,
	    .pidfd = -1};
	return D4_OK;
}

uint16_t
hub_options_port(const struct hub_options *o)
{
	const char *colon = strrchr(o->listen.item[0], ':');

	return colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
}

enum d4_log_level
hub_options_log(const struct hub_options *o)
{
	static const char *const names[] = {[D4_LOG_DEBUG] = "debug",
	    [D4_LOG_INFO] = "info",
	    [D4_LOG_WARN] = "warn",
	    [D4_LOG_ERROR] = "error"};
	unsigned l = D4_LOG_DEBUG;

	while (l < D4_LOG_ERROR && strcmp(names[l], o->log) != 0)
		l++;
	return (enum d4_log_level)l;
}
