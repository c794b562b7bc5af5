/* What of a configuration no table can check. */
#include <stddef.h>
#include <string.h>
#include "libd4/uuid.h"
#include "misp-export/conf.h"
#include "misp-export/terms.h"
#include "misp-export/types.h"
#include "misp-export/value.h"

#define SECOND 1000000u
#define DAY    (86400ull * SECOND)

/* ---- checks ---- */

struct conf_tls {
	char *ca, *pin;
};

static const struct d4_conf_option tls_table[] = {
    {"ca", D4_CONF_PATH, offsetof(struct conf_tls, ca), 0, 0, NULL, false,
	"certificates of authorities"},
    {"pin", D4_CONF_STRING, offsetof(struct conf_tls, pin), 0, 0, NULL, false,
	"SHA-256 of the certificate"},
    {.name = NULL},
};

static bool
conf_pin(const char *s)
{
	size_t digits = 0;

	for (; *s != '\0'; s++) {
		if (*s == ':')
			continue;
		if (strchr("0123456789abcdefABCDEF", *s) == NULL)
			return false;
		digits++;
	}
	return digits == 64;
}

static enum d4_status
conf_tls_map(struct misp_conf *c, struct d4_diag *diag)
{
	struct conf_tls t = {.ca = NULL};
	enum d4_status st = d4_conf_read(tls_table, c->tls, diag, &t);

	c->ca = t.ca;
	c->pin = t.pin;
	if (st == D4_OK && t.pin != NULL && !conf_pin(t.pin))
		return d4_diag_set(diag, c->tls->at,
		    "64 hex digits, as openssl x509 -fingerprint -sha256 "
		    "prints them",
		    "not a SHA-256: %s", t.pin);
	return st;
}

static enum d4_status
conf_tls(struct misp_conf *c, struct d4_diag *diag)
{
	if (c->tls == NULL)
		return D4_OK;
	if (c->tls->kind == D4_YAML_MAP)
		return conf_tls_map(c, diag);
	c->insecure = c->tls->kind == D4_YAML_SCALAR &&
	              strcmp(c->tls->text, "insecure") == 0;
	if (c->insecure)
		return D4_OK;
	return d4_diag_set(diag, c->tls->at,
	    "write {ca: FILE}, {pin: SHA-256} or insecure", "tls is none");
}

static struct d4_mark
conf_at(const struct misp_conf *c, const char *key)
{
	const struct d4_yaml *n = d4_yaml_get(c->tree, key);

	return n != NULL ? n->at : c->tree->at;
}

static bool
conf_id(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* http is for a MISP on this machine only. */
static bool
conf_url(const char *s)
{
	static const char *const near[] = {
	    "http://127.0.0.1", "http://[::1]", "http://localhost"};
	bool ok = strncmp(s, "https://", 8) == 0 && s[8] != '\0';

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		size_t n = strlen(near[i]);

		ok = ok || (strncmp(s, near[i], n) == 0 &&
			       strchr(":/", s[n]) != NULL);
	}
	return ok && strpbrk(s, " \t\r\n@") == NULL && strlen(s) < 512;
}

static enum d4_status
conf_words(const struct misp_conf *c, struct d4_diag *diag)
{
	struct d4_uuid u;
	enum d4_log_level level;

	if (c->namespace != NULL && d4_uuid_parse(c->namespace, &u) != D4_OK)
		return d4_diag_set(diag, conf_at(c, "namespace"),
		    "write a random UUID", "not a UUID: %s", c->namespace);
	if (strcmp(c->sandbox, "strict") != 0 &&
	    strcmp(c->sandbox, "best-effort") != 0)
		return d4_diag_set(diag, conf_at(c, "sandbox"),
		    "write strict or best-effort", "not a value: %s",
		    c->sandbox);
	if (!misp_conf_level(c->log_level, &level))
		return d4_diag_set(diag, conf_at(c, "log_level"),
		    "write debug, info, warn or error", "not a level: %s",
		    c->log_level);
	if (c->span_us != DAY && c->span_us != DAY / 24)
		return d4_diag_set(diag, conf_at(c, "event"), "write 1h or 1d",
		    "an event is an hour or a day");
	return D4_OK;
}

/* Who can fetch a feed can read it: of whom it is, and up to which label. */
static enum d4_status
conf_feed(const struct misp_conf *c, struct d4_diag *diag)
{
	struct d4_uuid org;

	if (c->feed == NULL)
		return D4_OK;
	if (c->feed_org == NULL || c->feed_org_uuid == NULL)
		return d4_diag_set(diag, c->tree->at,
		    "write feed_org: NAME and feed_org_uuid: UUID",
		    "a feed names the organisation that makes it");
	if (d4_uuid_parse(c->feed_org_uuid, &org) != D4_OK || !value_uuid(&org))
		return d4_diag_set(diag, conf_at(c, "feed_org_uuid"),
		    "use the one that MISP shows of the organisation",
		    "not a UUID that MISP takes: %s", c->feed_org_uuid);
	/* What is not known any more could not be taken back. */
	if (c->feed_keep_us > c->keep_us)
		return d4_diag_set(diag, conf_at(c, "feed_keep"),
		    "make keep longer, or feed_keep shorter",
		    "feed_keep is longer than keep");
	if (strcmp(terms_label_text(terms_label(c->feed_label)),
		c->feed_label) != 0)
		return d4_diag_set(diag, conf_at(c, "feed_label"),
		    "write clear, green, amber, amber+strict or red",
		    "not a label: %s", c->feed_label);
	return D4_OK;
}

static enum d4_status
check_all(const struct misp_conf *c, struct d4_diag *diag)
{
	enum d4_status st;

	if (!conf_id(c->partner))
		return d4_diag_set(diag, conf_at(c, "partner"),
		    "use the policy's id", "not an id: %s", c->partner);
	if (c->url == NULL && c->feed == NULL)
		return d4_diag_set(diag, c->tree->at,
		    "write url: or feed:", "nowhere to send findings to");
	if (c->url != NULL && !conf_url(c->url))
		return d4_diag_set(diag, conf_at(c, "url"),
		    "https://HOST, or http:// on this machine",
		    "not a URL that is taken");
	if (c->url != NULL && c->key == NULL)
		return d4_diag_set(diag, c->tree->at, "write key: FILE",
		    "url needs the file of an API key");
	st = conf_feed(c, diag);
	return st == D4_OK ? conf_words(c, diag) : st;
}

/* ---- mappers ---- */

/* Against what is known of every MISP; -n asks what is known of this one. */
static enum d4_status
check_mappers(const struct misp_conf *c, struct d4_diag *diag)
{
	const struct types builtin = {.describe = NULL};
	struct types_problem p;
	struct d4_mark at;

	for (size_t i = 0; i < mappers_n(c->mappers); i++) {
		if (types_check(&builtin, mappers_nth(c->mappers, i), &p) ||
		    !mappers_at(c->mappers, p.mapper, p.rel, &at))
			continue;
		return d4_diag_set(
		    diag, at, p.remedy, "mapper %s: %s", p.mapper->id, p.what);
	}
	return D4_OK;
}

/* ---- top ---- */

static enum d4_status
top_row(struct misp_conf *c, const struct d4_yaml *key,
    const struct d4_yaml *value, struct d4_diag *diag)
{
	const uint64_t range[2] = {1, c->items - 1};
	uint64_t n = 0;
	enum d4_status st = d4_yaml_u64(value, range, diag, &n);

	if (st != D4_OK)
		return st;
	if (mappers_find(c->mappers, key->text) == NULL)
		return d4_diag_set(diag, key->at,
		    "a kind of docs/misp.md, or one of mappers:",
		    "no such kind of finding: %s", key->text);
	c->top[c->tops].kind = key->text;
	c->top[c->tops++].n = n;
	return D4_OK;
}

static enum d4_status
check_top(struct misp_conf *c, struct d4_diag *diag)
{
	const struct d4_yaml *map = c->top_tree;
	enum d4_status st = D4_OK;

	if (map != NULL && (map->kind != D4_YAML_MAP || map->n > MISP_TOPS))
		return d4_diag_set(diag, map->at, "write {KIND: N, ...}",
		    "top is not a map of kinds");
	for (size_t i = 0; map != NULL && st == D4_OK && i < map->n; i++)
		st = top_row(c, map->key[i], map->item[i], diag);
	return st;
}

uint64_t
misp_conf_top(const struct misp_conf *c, const char *kind)
{
	for (size_t i = 0; i < c->tops; i++) {
		if (strcmp(c->top[i].kind, kind) == 0)
			return c->top[i].n;
	}
	return 0;
}

enum d4_status
misp_conf_check(struct misp_conf *c, struct d4_diag *diag)
{
	enum d4_status st = check_all(c, diag);

	if (st == D4_OK)
		st = conf_tls(c, diag);
	if (st == D4_OK)
		st = check_mappers(c, diag);
	return st == D4_OK ? check_top(c, diag) : st;
}
