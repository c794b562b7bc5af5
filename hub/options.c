#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/archive_conf.h"
#include "hub/options_parts.h"
#include "hub/watch.h"
#include "libd4/kit/file.h"
#include "libd4/meta.h"

#define AT(member) offsetof(struct hub_options, member)

/* Options that take one of a few words. */
static const struct {
	const char *name;
	size_t offset;
	const char *words[5];
} choices[] = {
    {"appendfsync", AT(appendfsync), {"always", "everysec", "no"}},
    {"client_cert", AT(client_cert), {"ca", "ask"}},
    {"unread", AT(unread), {"keep", "drop-oldest"}},
    {"sandbox", AT(sandbox), {"strict", "best-effort"}},
    {"compat", AT(compat), {"none", "d4-core"}},
    {"tee_tls", AT(tee_tls), {"verify", "insecure"}},
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
	const struct d4_type_row *row;

	if (value->kind != D4_YAML_SCALAR)
		return d4_diag_set(diag, value->at, "write NAME: lines",
		    "a handler must be one word");
	row = d4_type_handler(value->text);
	if (row == NULL)
		return ext_unknown(value, diag);
	if (!d4_meta_type_ok(key->text))
		return d4_diag_set(diag, key->at,
		    "use [A-Za-z0-9._-], and no dot in front",
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

bool
hub_tee_insecure(const struct hub_options *o)
{
	return strcmp(o->tee_tls, "insecure") == 0;
}

/* Where to, and exactly one way to know that it is that server. */
static enum d4_status
check_tee(const struct hub_options *o, struct d4_diag *diag)
{
	const char *colon = strrchr(o->tee, ':');
	unsigned long port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 0;
	int ways = (o->tee_ca != NULL) + (o->tee_pin[0] != '\0') +
	           (hub_tee_insecure(o) ? 1 : 0);

	if (o->tee[0] == '\0')
		return D4_OK;
	if (colon == NULL || colon == o->tee || port == 0 || port > 65535 ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return d4_diag_set(diag, option_mark(o, "tee"),
		    "write tee: \"HOST:PORT\"", "not HOST:PORT: %s", o->tee);
	if (ways != 1)
		return d4_diag_set(diag, option_mark(o, "tee"),
		    "write one of tee_ca, tee_pin and tee_tls: insecure",
		    "%s ways to verify the server behind the tee",
		    ways == 0 ? "no" : "several");
	return D4_OK;
}

bool
hub_options_compat(const struct hub_options *o)
{
	return strcmp(o->compat, "d4-core") == 0;
}

/* Types that d4-core has workers for; 2 stands for 254, too. */
static enum d4_status
check_compat(struct hub_options *o, struct d4_diag *diag)
{
	static const char *const words[] = {"1", "2", "3", "8", NULL};

	for (size_t i = 0; i < o->compat_workers.n; i++) {
		const char *type = o->compat_workers.item[i];

		if (!one_of(type, words))
			return d4_diag_set(diag,
			    option_mark(o, "compat_workers"),
			    "d4-core has workers for 1, 2, 3 and 8",
			    "no worker for type %s", type);
		o->compat_worker[type[0] - '0'] = true;
	}
	if (hub_options_compat(o) && !o->stats)
		return d4_diag_set(diag, option_mark(o, "compat"),
		    "write stats: true", "compat needs stats");
	return D4_OK;
}

static enum d4_status
options_make(struct hub_options *o, struct d4_diag *diag)
{
	enum d4_status st = d4_conf_read(hub_options_table, o->tree, diag, o);

	if (st == D4_OK)
		st = check_choices(o, diag);
	if (st == D4_OK)
		st = read_types(o, diag);
	if (st == D4_OK)
		st = read_ext(o, diag);
	if (st == D4_OK)
		st = check_tee(o, diag);
	if (st == D4_OK)
		st = check_compat(o, diag);
	if (st == D4_OK && o->listen.n == 0)
		st = d4_diag_set(diag, option_mark(o, "listen"),
		    "write listen: \"*:4443\"", "nothing to listen on");
	if (st == D4_OK && hub_options_wants_secret(o) &&
	    o->shared_secret == NULL)
		st = d4_diag_set(diag, option_mark(o, "mode"),
		    "write shared_secret: FILE", "no shared secret");
	if (st == D4_OK && o->archive != NULL)
		st = archive_conf_check(o->archive, diag);
	if (st == D4_OK)
		st = watch_conf_check(o->events, diag);
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
	d4_conf_free(hub_options_table, o);
	d4_yaml_free(o->tree);
	free(o);
}

void
hub_options_help(FILE *to)
{
	d4_conf_help(hub_options_table, to);
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

enum d4_status
hub_options_url(
    const struct hub_options *o, const char *user, char *out, size_t n)
{
	struct d4_embedded e;
	enum d4_status st;
	char *dir;

	if (!hub_options_embedded(o))
		return (size_t)snprintf(out, n, "%s", o->redis) < n
		           ? D4_OK
		           : D4_ETOOBIG;
	st = hub_options_redis(o, &e, &dir);
	if (st == D4_OK)
		st = d4_embedded_url(&e, user, out, n);
	free(dir);
	return st;
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
