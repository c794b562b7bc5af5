#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/conf.h"
#include "relay/conf_partner.h"
#include "relay/conf_sink.h"

#define MEMBER(m) offsetof(struct relay_conf, m)
#define DAY_US    86400000000u

static const struct d4_conf_option conf_table[] = {
    {"name", D4_CONF_STRING, MEMBER(name), 0, 0, "relay", false,
	"reader group; relays of one name share the work"},
    {"instance", D4_CONF_STRING, MEMBER(instance), 0, 0, NULL, false,
	"name of this relay among them (default: the host's name)"},
    {"redis", D4_CONF_STRING, MEMBER(redis), 0, 0, NULL, false,
	"unix:/path?user=wash&secret=FILE or tcp://host:port?..."},
    {"policy", D4_CONF_PATH, MEMBER(policy), 0, 0, NULL, true,
	"the policy file"},
    {"dir", D4_CONF_PATH, MEMBER(dir), 0, 0, "/var/lib/d4/relay", false,
	"folder of the airlock (spool/), wash/ and post/"},
    {"overflow", D4_CONF_PATH, MEMBER(overflow), 0, 0,
	"/var/lib/d4/hub/overflow", false,
	"the hub's folder of entries that did not fit into Redis"},
    {"ctl", D4_CONF_PATH, MEMBER(ctl), 0, 0, RELAY_CTL, false,
	"control socket"},
    {"budget", D4_CONF_BYTES, MEMBER(budget), 1u << 20, UINT64_MAX / 2, "10GiB",
	false, "bytes of the airlock, all partners together"},
    {"compress", D4_CONF_BYTES, MEMBER(compress), 0, UINT64_MAX / 2, "64MiB",
	false, "entries this far behind are compressed; 0B: none"},
    {"lane_unused", D4_CONF_DURATION, MEMBER(unused_us), 0, UINT64_MAX / 2,
	"30d", false, "when an empty lane is removed; 0s: never"},
    {"quarantine", D4_CONF_BYTES, MEMBER(quarantine), 0, 1u << 30, "0B", false,
	"raw records in quarantine kept a stream, for you to look at; 0B: "
	"none"},
    {"drain", D4_CONF_DURATION, MEMBER(drain_us), 0, DAY_US, "20s", false,
	"at a stop, time for partners to confirm"},
    {"respawn_max", D4_CONF_DURATION, MEMBER(respawn_us), 1000, DAY_US, "30s",
	false, "longest wait before wash or post is restarted"},
    {"wash_user", D4_CONF_STRING, MEMBER(wash_user), 0, 0, "d4-wash", false,
	"account of wash, when started by root"},
    {"post_user", D4_CONF_STRING, MEMBER(post_user), 0, 0, "d4-post", false,
	"account of post, when started by root"},
    {"misp_user", D4_CONF_STRING, MEMBER(misp_user), 0, 0, "d4-misp", false,
	"account of d4-misp-export, if there is one"},
    {"sandbox", D4_CONF_STRING, MEMBER(sandbox), 0, 0, "strict", false,
	"strict, or best-effort if the kernel lacks something"},
    {"log_level", D4_CONF_STRING, MEMBER(log_level), 0, 0, "info", false,
	"debug, info, warn or error"},
    {"log_json", D4_CONF_BOOL, MEMBER(log_json), 0, 0, "false", false,
	"log one JSON object per line"},
    {"sources", D4_CONF_TREE, MEMBER(sources), 0, 0, NULL, false,
	"other inputs: ID: {kind, type, ...}"},
    {"partners", D4_CONF_TREE, MEMBER(partners), 0, 0, NULL, false,
	"where partners are: ID: {host, port, key, tls, ...}"},
    {.name = NULL},
};

void
relay_conf_help(FILE *to)
{
	d4_conf_help(conf_table, to);
	(void)fputs("\noptions of a partner:\n", to);
	conf_partner_help(to);
	source_conf_help(to);
}

void
relay_conf_free(struct relay_conf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_partners; i++)
		conf_partner_free(&c->file[i]);
	for (size_t i = 0; i < c->n_sources; i++)
		source_conf_free(&c->source[i]);
	free(c->partner);
	free(c->file);
	free(c->spool);
	free(c->state);
	free(c->cursors);
	free(c->freeze);
	free(c->findings);
	free(c->group);
	d4_conf_free(conf_table, c);
	d4_yaml_free(c->tree);
	free(c);
}

/* What follows from other options. */
static enum d4_status
conf_derive(struct relay_conf *c)
{
	char host[256] = "";

	c->spool = d4_path(c->dir, "spool");
	c->state = d4_path(c->dir, "wash");
	c->cursors = d4_path(c->dir, "post");
	c->freeze = d4_path(c->dir, "freeze");
	c->findings = d4_path(c->dir, "misp");
	if (asprintf(&c->group, "relay:%s", c->name) < 0)
		c->group = NULL;
	if (c->instance == NULL) {
		(void)gethostname(host, sizeof(host) - 1);
		c->instance = strdup(host[0] != '\0' ? host : "relay");
	}
	if (c->spool == NULL || c->state == NULL || c->cursors == NULL ||
	    c->freeze == NULL || c->findings == NULL || c->group == NULL ||
	    c->instance == NULL)
		return D4_ENOMEM;
	return D4_OK;
}

/* These become parts of Redis keys and arguments. */
static bool
conf_word(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			 "WXYZ0123456789._-") == n;
}

static struct d4_mark
conf_mark(const struct relay_conf *c, const char *key)
{
	const struct d4_yaml *n = d4_yaml_get(c->tree, key);

	return n != NULL ? n->at : (struct d4_mark){0, 0};
}

static const char *const levels[] = {
    [D4_LOG_DEBUG] = "debug",
    [D4_LOG_INFO] = "info",
    [D4_LOG_WARN] = "warn",
    [D4_LOG_ERROR] = "error",
};

void
relay_conf_log(const struct relay_conf *c, const char *program)
{
	for (unsigned i = 0; i <= D4_LOG_ERROR; i++) {
		if (strcmp(levels[i], c->log_level) == 0)
			d4_log_open(program, (enum d4_log_level)i, c->log_json);
	}
}

static enum d4_status
conf_check(const struct relay_conf *c, struct d4_diag *diag)
{
	bool level = false;

	if (!conf_word(c->name))
		return d4_diag_set(diag, conf_mark(c, "name"),
		    "use letters, digits, . _ and -", "not a name: %s",
		    c->name);
	if (!conf_word(c->instance))
		return d4_diag_set(diag, conf_mark(c, "instance"),
		    "use letters, digits, . _ and -", "not a name: %s",
		    c->instance);
	if (strcmp(c->sandbox, "strict") != 0 &&
	    strcmp(c->sandbox, "best-effort") != 0)
		return d4_diag_set(diag, conf_mark(c, "sandbox"),
		    "write strict or best-effort", "not a value: %s",
		    c->sandbox);
	for (unsigned i = 0; i <= D4_LOG_ERROR; i++)
		level = level || strcmp(c->log_level, levels[i]) == 0;
	if (!level)
		return d4_diag_set(diag, conf_mark(c, "log_level"),
		    "write debug, info, warn or error", "not a level: %s",
		    c->log_level);
	return D4_OK;
}

static enum d4_status
conf_partners(struct relay_conf *c, const char *path, struct d4_diag *diag)
{
	const struct d4_yaml *map = c->partners;
	enum d4_status st;

	if (map == NULL)
		return D4_OK;
	if (map->kind != D4_YAML_MAP)
		return d4_diag_set(diag, map->at,
		    "write ID: {host: ..., port: ..., key: ..., tls: ...}",
		    "partners is not a map");
	c->partner = calloc(map->n + 1, sizeof(*c->partner));
	c->file = calloc(map->n + 1, sizeof(*c->file));
	if (c->partner == NULL || c->file == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; i < map->n; i++) {
		c->n_partners = i + 1;
		st = conf_partner_read(map, i, path, diag, c);
		if (st != D4_OK)
			return st;
	}
	return conf_sink_apart(c, diag);
}

/* Standard input has one reader. */
static bool
conf_second_stdin(const struct relay_conf *c, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (c->source[i].what == SOURCE_STDIN &&
		    c->source[k].what == SOURCE_STDIN)
			return true;
	}
	return false;
}

static enum d4_status
conf_sources(struct relay_conf *c, struct d4_diag *diag)
{
	const struct d4_yaml *map = c->sources;
	enum d4_status st;

	if (map == NULL && c->redis == NULL)
		return d4_diag_set(diag, c->tree->at,
		    "write redis: (the hub's) or sources:",
		    "nothing to read from");
	if (map == NULL)
		return D4_OK;
	if (map->kind != D4_YAML_MAP || map->n == 0 || map->n > SOURCES_CONF)
		return d4_diag_set(diag, map->at,
		    "write ID: {kind: ..., type: ...}, at most 16",
		    "sources is not a map of sources");
	for (size_t i = 0; i < map->n; i++) {
		c->n_sources = i + 1;
		st = source_conf_read(map, i, diag, &c->source[i]);
		if (st != D4_OK)
			return st;
		if (conf_second_stdin(c, i))
			return d4_diag_set(diag, map->key[i]->at,
			    "leave one out", "two sources of kind stdin");
	}
	return D4_OK;
}

enum d4_status
relay_conf_load(const char *path, struct d4_diag *diag, struct relay_conf **out)
{
	struct relay_conf *c = calloc(1, sizeof(*c));
	enum d4_status st;

	if (c == NULL)
		return D4_ENOMEM;
	diag->file = path;
	st = d4_conf_load(conf_table, path, diag, &c->tree, c);
	if (st == D4_OK)
		st = conf_derive(c);
	if (st == D4_OK)
		st = conf_check(c, diag);
	if (st == D4_OK)
		st = conf_sources(c, diag);
	if (st == D4_OK)
		st = conf_partners(c, path, diag);
	if (st != D4_OK) {
		relay_conf_free(c);
		return st;
	}
	*out = c;
	return D4_OK;
}

void
relay_conf_secrets(struct relay_conf *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_partners; i++) {
		struct relay_partner_file f = c->file[i];
		struct relay_partner p = c->partner[i];

		if (!conf_partner_secrets(&f, &p)) {
			conf_partner_free(&f);
			continue;
		}
		c->file[n] = f;
		c->partner[n++] = p;
	}
	c->n_partners = n;
}

const char *
relay_conf_redis(const struct relay_conf *c, struct d4_slice word)
{
	if (d4_slice_eqs(word, "redis"))
		return c->redis;
	(void)d4_slice_skip(&word, sizeof("redis ") - 1);
	for (size_t i = 0; i < c->n_sources; i++) {
		if (d4_slice_eqs(word, c->source[i].id))
			return c->source[i].redis;
	}
	return NULL;
}
