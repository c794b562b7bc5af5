#include <stddef.h>
#include <string.h>
#include "relay/conf_sink.h"

#define MEMBER(m) offsetof(struct relay_partner_file, m)
#define BIT(kind) (1u << (kind))
#define STREAMS   (BIT(SINK_TCP) | BIT(SINK_SYSLOG_TCP))
#define TLS_SINKS (BIT(SINK_TLS) | BIT(SINK_SYSLOG_TLS))
#define DATAGRAMS (BIT(SINK_UDP) | BIT(SINK_SYSLOG_UDP))
#define REMOTE    (BIT(SINK_D4) | STREAMS | TLS_SINKS | DATAGRAMS)
#define VERIFIED  (BIT(SINK_D4) | TLS_SINKS)
#define LOCAL     BIT(SINK_SYSLOG_LOCAL)
#define SYSLOG                                                                \
	(BIT(SINK_SYSLOG_UDP) | BIT(SINK_SYSLOG_TCP) | BIT(SINK_SYSLOG_TLS) | \
	    BIT(SINK_SYSLOG_LOCAL))
#define FILES BIT(SINK_DIRECTORY)

#define MESSAGE_UDP    65507u /* of a datagram over IPv4 */
#define MESSAGE_SYSLOG 8192u  /* what rsyslog takes as it comes */
#define FILES_ROTATE   300000000u

static const struct d4_conf_option dataset_table[] = {
    {"title", D4_CONF_STRING, MEMBER(ds_title), 0, 0, NULL, true,
	"name of the data set"},
    {"licence", D4_CONF_STRING, MEMBER(ds_licence), 0, 0, NULL, true,
	"SPDX id or address, e.g. CC-BY-4.0"},
    {"producer", D4_CONF_STRING, MEMBER(ds_producer), 0, 0, NULL, true,
	"who publishes it"},
    {"source", D4_CONF_STRING, MEMBER(ds_source), 0, 0, NULL, true,
	"where the data comes from, for people"},
    {"frequency", D4_CONF_STRING, MEMBER(ds_frequency), 0, 0, "continuous",
	false, "how often it grows"},
    {"description", D4_CONF_STRING, MEMBER(ds_description), 0, 0, NULL, false,
	"longer description"},
    {"tags", D4_CONF_LIST, MEMBER(ds_tags), 0, 0, NULL, false, "keywords"},
    {.name = NULL},
};

/* Options that not every sink takes; must: has to be written there. */
static const struct {
	const char *option;
	unsigned takes, must;
} sink_options[] = {
    {"host", REMOTE, REMOTE},
    {"port", REMOTE, REMOTE},
    {"key", BIT(SINK_D4), BIT(SINK_D4)},
    {"tls", VERIFIED, VERIFIED},
    {"name", VERIFIED, 0},
    {"client_cert", VERIFIED, 0},
    {"client_key", VERIFIED, 0},
    {"session_gap", BIT(SINK_D4), 0},
    {"accepts", BIT(SINK_D4), 0},
    {"proxy", VERIFIED, 0},
    {"proxy_auth", VERIFIED, 0},
    {"resend", ~(DATAGRAMS | LOCAL | FILES | BIT(SINK_UNIX)), 0},
    {"confirm", STREAMS | TLS_SINKS, 0},
    {"path", BIT(SINK_UNIX) | LOCAL | FILES, BIT(SINK_UNIX) | FILES},
    {"transport", SYSLOG, 0},
    {"facility", SYSLOG, 0},
    {"severity", SYSLOG, 0},
    {"hostname", SYSLOG & ~LOCAL, 0},
    {"app", SYSLOG, 0},
    {"max_message", SYSLOG | BIT(SINK_UDP), 0},
    {"compress", FILES, 0},
    {"keep", FILES, 0},
    {"keep_bytes", FILES, 0},
    {"dataset", FILES, FILES},
};

#define OPTIONS (sizeof(sink_options) / sizeof(sink_options[0]))

static const char *const facilities[] = {"kern", "user", "mail", "daemon",
    "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7", NULL};

static const char *const severities[] = {"emerg", "alert", "crit", "err",
    "warning", "notice", "info", "debug", NULL};

static const char *const packs[] = {[D4_PACK_PLAIN] = "none",
    [D4_PACK_GZIP] = "gzip",
    [D4_PACK_ZSTD] = "zstd",
    NULL};

static const char *const confirms[] = {"close", "tcp", NULL};

/* The place of word in a NULL-ended list; its end: not there. */
static unsigned
sink_word(const char *const *list, const char *word)
{
	unsigned i = 0;

	while (list[i] != NULL && strcmp(list[i], word) != 0)
		i++;
	return i;
}

static enum d4_status
sink_one_of(const struct d4_yaml *node, const char *option,
    const char *const *list, const char *word, struct d4_diag *diag)
{
	const struct d4_yaml *at = d4_yaml_get(node, option);

	if (list[sink_word(list, word)] != NULL)
		return D4_OK;
	return d4_diag_set(diag, at != NULL ? at->at : node->at,
	    "see man 5 d4-relay.conf", "no value of %s: %.64s", option, word);
}

static enum d4_status
sink_find(const struct d4_yaml *node, struct relay_partner_file *f,
    struct d4_diag *diag)
{
	const struct d4_yaml *transport = d4_yaml_get(node, "transport");

	if (sink_kind_find(f->sink, NULL) == SINK_NONE)
		return d4_diag_set(diag, d4_yaml_get(node, "sink")->at,
		    "write d4, unix, tcp, tls, udp, syslog or directory",
		    "no sink: %.64s", f->sink);
	f->kind = sink_kind_find(f->sink, NULL);
	if (transport == NULL || strcmp(f->sink, "syslog") != 0)
		return D4_OK;
	f->kind = sink_kind_find(f->sink, f->transport);
	if (f->kind == SINK_NONE)
		return d4_diag_set(diag, transport->at,
		    "write udp, tcp, tls or local", "no transport: %.64s",
		    f->transport);
	return D4_OK;
}

static enum d4_status
sink_option(const struct d4_yaml *node, size_t i, enum sink_kind kind,
    struct d4_diag *diag)
{
	const char *option = sink_options[i].option;
	const struct d4_yaml *at = d4_yaml_get(node, option);
	bool takes = (sink_options[i].takes & BIT(kind)) != 0;
	bool must = (sink_options[i].must & BIT(kind)) != 0;

	if (at != NULL && !takes)
		return d4_diag_set(diag, at->at, "leave it out",
		    "%s is not an option of `sink: %s`", option,
		    sink_kind_name(kind));
	if (at == NULL && must)
		return d4_diag_set(diag, node->at, "see man 5 d4-relay.conf",
		    "`sink: %s` needs %s", sink_kind_name(kind), option);
	return D4_OK;
}

/* It becomes a field of a header that ends at a space. */
static bool
sink_header_word(const char *s, size_t most)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	}
	return n > 0 && n <= most;
}

static enum d4_status
sink_words(const struct d4_yaml *node, const struct relay_partner_file *f,
    struct d4_diag *diag)
{
	enum d4_status st;

	st = sink_one_of(node, "facility", facilities, f->facility, diag);
	if (st == D4_OK)
		st = sink_one_of(
		    node, "severity", severities, f->severity, diag);
	if (st == D4_OK)
		st = sink_one_of(node, "compress", packs, f->compress, diag);
	if (st == D4_OK)
		st = sink_one_of(node, "confirm", confirms, f->confirm, diag);
	if (st != D4_OK)
		return st;
	if (!sink_header_word(f->hostname, 255))
		return d4_diag_set(diag, d4_yaml_get(node, "hostname")->at,
		    "use 1 to 255 printable characters without spaces",
		    "not a hostname");
	if (!sink_header_word(f->app, 48))
		return d4_diag_set(diag, d4_yaml_get(node, "app")->at,
		    "use 1 to 48 printable characters without spaces",
		    "not a name of an application");
	return D4_OK;
}

/* A relative one would be searched from wherever the relay was started. */
static enum d4_status
sink_path(const struct d4_yaml *node, const struct relay_partner_file *f,
    struct d4_diag *diag)
{
	if (f->path == NULL || f->path[0] == '/')
		return D4_OK;
	return d4_diag_set(diag, d4_yaml_get(node, "path")->at,
	    "begin it with /", "path is relative: %.64s", f->path);
}

enum d4_status
conf_sink_check(const struct d4_yaml *node, struct relay_partner_file *f,
    struct d4_diag *diag)
{
	enum d4_status st = sink_find(node, f, diag);

	for (size_t i = 0; st == D4_OK && i < OPTIONS; i++)
		st = sink_option(node, i, f->kind, diag);
	if (st == D4_OK)
		st = sink_words(node, f, diag);
	if (st == D4_OK)
		st = sink_path(node, f, diag);
	if (st == D4_OK && f->dataset != NULL)
		st = d4_conf_read(dataset_table, f->dataset, diag, f);
	if (st == D4_OK && f->kind == SINK_DIRECTORY &&
	    d4_yaml_get(node, "rotate") == NULL)
		f->rotate_us = FILES_ROTATE;
	return st;
}

void
conf_sink_fill(const struct relay_partner_file *f, struct relay_partner *p)
{
	struct sink_settings *s = &p->out;
	bool local = f->kind == SINK_SYSLOG_LOCAL;

	p->sink = f->kind;
	s->path = local && f->path == NULL ? "/dev/log" : f->path;
	s->sure = strcmp(f->confirm, "tcp") == 0 || f->kind == SINK_UNIX;
	s->message_max = f->message_max;
	if (f->message_max == 0)
		s->message_max =
		    f->kind == SINK_UDP ? MESSAGE_UDP : MESSAGE_SYSLOG;
	s->pri = (uint8_t)(8 * sink_word(facilities, f->facility) +
			   sink_word(severities, f->severity));
	s->hostname = f->hostname;
	s->app = f->app;
	s->pack = (enum d4_pack_kind)sink_word(packs, f->compress);
	s->keep_us = f->keep_us;
	s->keep_bytes = f->keep_bytes;
	s->dataset = (struct sink_dataset){.title = f->ds_title,
	    .description = f->ds_description,
	    .licence = f->ds_licence,
	    .producer = f->ds_producer,
	    .frequency = f->ds_frequency,
	    .source = f->ds_source,
	    .tags = f->ds_tags.item,
	    .n_tags = f->ds_tags.n};
}

enum d4_status
conf_sink_apart(const struct relay_conf *c, struct d4_diag *diag)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->n_partners; i++) {
		struct d4_mark at = c->partners->key[i]->at;

		if (c->partner[i].sink != SINK_DIRECTORY)
			continue;
		if (++n > SINK_DIRECTORIES)
			return d4_diag_set(diag, at, "use another relay",
			    "more than %u data sets", SINK_DIRECTORIES);
		for (size_t k = 0; k < i; k++) {
			if (c->partner[k].sink == SINK_DIRECTORY &&
			    strcmp(c->partner[k].out.path,
				c->partner[i].out.path) == 0)
				return d4_diag_set(diag, at,
				    "give each data set a folder of its own",
				    "the folder of %s too", c->partner[k].id);
		}
	}
	return D4_OK;
}

void
conf_sink_free(struct relay_partner_file *f)
{
	d4_conf_free(dataset_table, f);
}

void
conf_sink_help(FILE *to)
{
	(void)fputs("\nmembers of dataset:\n", to);
	d4_conf_help(dataset_table, to);
}
