#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/uuid.h"
#include "misp-export/conf.h"
#include "misp-export/terms.h"
#include "misp-export/value.h"

#define MEMBER(m) offsetof(struct misp_conf, m)
#define SECOND    1000000u
#define DAY       (86400ull * SECOND)
#define CA_BUNDLE "/etc/ssl/certs/ca-certificates.crt"
#define CA_MAX    (4u << 20)
#define KEY_LEN   40u

static const struct d4_conf_option conf_table[] = {
    {"partner", D4_CONF_STRING, MEMBER(partner), 0, 0, NULL, true,
	"the policy's id of this MISP (sink: misp)"},
    {"airlock", D4_CONF_PATH, MEMBER(airlock), 0, 0, "/var/lib/d4/relay", false,
	"the relay's dir"},
    {"dir", D4_CONF_PATH, MEMBER(dir), 0, 0, "/var/lib/d4/misp", false,
	"what was sent, quarantine, accounting log"},
    {"url", D4_CONF_STRING, MEMBER(url), 0, 0, NULL, false,
	"https://HOST of the MISP; none: only the feed"},
    {"key", D4_CONF_PATH, MEMBER(key), 0, 0, NULL, false,
	"file with the API key, 0600"},
    {"tls", D4_CONF_TREE, MEMBER(tls), 0, 0, NULL, false,
	"{ca: FILE}, {pin: SHA-256 of the certificate} or insecure"},
    {"proxy", D4_CONF_STRING, MEMBER(proxy), 0, 0, NULL, false,
	"http:// or socks5h:// URL"},
    {"gzip", D4_CONF_BOOL, MEMBER(gzip), 0, 0, "true", false,
	"compress request bodies if MISP accepts it"},
    {"namespace", D4_CONF_STRING, MEMBER(namespace), 0, 0, NULL, false,
	"UUID from which all names are derived (default: random, in dir)"},
    {"sharing_group", D4_CONF_STRING, MEMBER(group), 0, 0, NULL, false,
	"UUID or id of the sharing group for tlp:amber; none: own org only"},
    {"tags", D4_CONF_LIST, MEMBER(tags), 0, 0, NULL, false,
	"tags of each event, in addition to TLP and PAP"},
    {"info", D4_CONF_STRING, MEMBER(info), 0, 0, "D4 ", false,
	"beginning of each event's title"},
    {"event", D4_CONF_DURATION, MEMBER(span_us), 3600ull * SECOND, DAY, "1d",
	false, "period of one event: 1h or 1d"},
    {"flush", D4_CONF_DURATION, MEMBER(flush_us), 1000, DAY, "60s", false,
	"time between two checks for findings to send"},
    {"batch", D4_CONF_UINT, MEMBER(batch), 1, 1000, "500", false,
	"attributes per call"},
    {"objects", D4_CONF_UINT, MEMBER(objects), 1, 500, "150", false,
	"objects per call"},
    {"items", D4_CONF_UINT, MEMBER(items), 1, 100000, "20000", false,
	"findings per event; more are only counted"},
    {"top", D4_CONF_TREE, MEMBER(top_tree), 0, 0, NULL, false,
	"{KIND: N}: send only the N seen most often, when the period is over"},
    {"top_after", D4_CONF_DURATION, MEMBER(top_after_us), 0, DAY, "1h", false,
	"how long after an event's period they are chosen"},
    {"min_count", D4_CONF_UINT, MEMBER(min_count), 1, 1000000000, "1", false,
	"how often a finding must be seen before it is sent"},
    {"memory", D4_CONF_UINT, MEMBER(memory), 1000, 10000000, "100000", false,
	"findings kept in memory"},
    {"timeout", D4_CONF_DURATION, MEMBER(timeout_us), 1000, 3600ull * SECOND,
	"120s", false, "timeout of one answer"},
    {"settle", D4_CONF_DURATION, MEMBER(settle_us), 1000, 3600ull * SECOND,
	"10s", false, "wait after a timeout before verifying"},
    {"linger", D4_CONF_DURATION, MEMBER(linger_us), 0, DAY, "15m", false,
	"how long MISP may still work on a call that timed out"},
    {"backoff_min", D4_CONF_DURATION, MEMBER(backoff_min_us), 1000, DAY, "5s",
	false, "first wait after a failure"},
    {"backoff_max", D4_CONF_DURATION, MEMBER(backoff_max_us), 1000, DAY, "10m",
	false, "longest wait"},
    {"keep", D4_CONF_DURATION, MEMBER(keep_us), DAY, UINT64_MAX / 2, "30d",
	false, "how long finished events are remembered"},
    {"feed", D4_CONF_PATH, MEMBER(feed), 0, 0, NULL, false,
	"folder of a MISP feed; none: no feed"},
    {"feed_org", D4_CONF_STRING, MEMBER(feed_org), 0, 0, NULL, false,
	"name of the organisation that makes the feed"},
    {"feed_org_uuid", D4_CONF_STRING, MEMBER(feed_org_uuid), 0, 0, NULL, false,
	"and its UUID"},
    {"feed_label", D4_CONF_STRING, MEMBER(feed_label), 0, 0, "clear", false,
	"events with a stricter TLP are not in the feed"},
    {"feed_keep", D4_CONF_DURATION, MEMBER(feed_keep_us), DAY, UINT64_MAX / 2,
	"30d", false, "older events leave the feed; at most as long as keep"},
    {"warninglists", D4_CONF_PATH, MEMBER(warninglists), 0, 0, NULL, false,
	"folder of MISP warninglists whose values are not sent"},
    {"mappers", D4_CONF_TREE, MEMBER(mappers_tree), 0, 0, NULL, false,
	"more kinds of findings: ID: {object: ..., attributes: [...]}"},
    {"user", D4_CONF_STRING, MEMBER(user), 0, 0, "d4-misp", false,
	"account, when started by root"},
    {"sandbox", D4_CONF_STRING, MEMBER(sandbox), 0, 0, "strict", false,
	"strict, or best-effort if the kernel lacks something"},
    {"log_level", D4_CONF_STRING, MEMBER(log_level), 0, 0, "info", false,
	"debug, info, warn or error"},
    {"log_json", D4_CONF_BOOL, MEMBER(log_json), 0, 0, "false", false,
	"log one JSON object per line"},
    {.name = NULL},
};

void
misp_conf_help(FILE *to)
{
	d4_conf_help(conf_table, to);
}

void
misp_conf_free(struct misp_conf *c)
{
	if (c == NULL)
		return;
	free(c->file);
	free(c->spool);
	free(c->freeze);
	free(c->cursors);
	free(c->ca);
	free(c->pin);
	d4_buf_wipe(&c->key_text);
	d4_buf_fini(&c->ca_pem);
	mappers_free(c->mappers);
	d4_conf_free(conf_table, c);
	d4_yaml_free(c->tree);
	free(c);
}

static const char *const levels[] = {
    [D4_LOG_DEBUG] = "debug",
    [D4_LOG_INFO] = "info",
    [D4_LOG_WARN] = "warn",
    [D4_LOG_ERROR] = "error",
};

bool
misp_conf_level(const char *text, enum d4_log_level *out)
{
	for (unsigned i = 0; i <= D4_LOG_ERROR; i++) {
		if (strcmp(levels[i], text) != 0)
			continue;
		*out = (enum d4_log_level)i;
		return true;
	}
	return false;
}

void
misp_conf_log(const struct misp_conf *c)
{
	enum d4_log_level level;

	if (misp_conf_level(c->log_level, &level))
		d4_log_open("d4-misp-export", level, c->log_json);
}

static enum d4_status
conf_derive(struct misp_conf *c, const char *path)
{
	c->file = strdup(path);
	c->spool = d4_path(c->airlock, "spool");
	c->freeze = d4_path(c->airlock, "freeze");
	c->cursors = d4_path(c->airlock, "misp");
	if (c->file == NULL || c->spool == NULL || c->freeze == NULL ||
	    c->cursors == NULL)
		return D4_ENOMEM;
	return D4_OK;
}

enum d4_status
misp_conf_load(const char *path, struct d4_diag *diag, struct misp_conf **out)
{
	struct misp_conf *c = calloc(1, sizeof(*c));
	enum d4_status st;

	if (c == NULL)
		return D4_ENOMEM;
	d4_buf_init(&c->key_text, KEY_LEN + 1);
	d4_buf_init(&c->ca_pem, CA_MAX);
	diag->file = path;
	st = d4_conf_load(conf_table, path, diag, &c->tree, c);
	if (st == D4_OK)
		st = conf_derive(c, path);
	if (st == D4_OK)
		st = mappers_read(c->mappers_tree, diag, &c->mappers);
	if (st == D4_OK)
		st = misp_conf_check(c, diag);
	if (st != D4_OK) {
		misp_conf_free(c);
		return st;
	}
	*out = c;
	return D4_OK;
}

/* ---- secrets ---- */

static bool
conf_key(struct misp_conf *c)
{
	enum d4_status st = d4_secret_read(c->key, &c->key_text);
	bool ok = st == D4_OK && c->key_text.n == KEY_LEN;

	for (size_t i = 0; ok && i < c->key_text.n; i++)
		ok = c->key_text.p[i] > ' ' && c->key_text.p[i] < 0x7f;
	if (ok)
		return true;
	d4_warnx("key=%s error=\"%s\" remedy=\"the 40 characters of an API "
		 "key alone, mode 0600, owned by root or the account\"",
	    c->key, st != D4_OK ? d4_status_text(st) : "not an API key");
	return false;
}

bool
misp_conf_secrets(struct misp_conf *c)
{
	const char *ca = c->ca != NULL ? c->ca : CA_BUNDLE;
	enum d4_status st;

	if (c->url == NULL)
		return true;
	if (!conf_key(c))
		return false;
	if (c->insecure || c->pin != NULL || strncmp(c->url, "https:", 6) != 0)
		return true;
	st = d4_file_read(ca, &c->ca_pem);
	if (st != D4_OK)
		d4_warn("ca=%s", ca);
	return st == D4_OK;
}
