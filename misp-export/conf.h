/* The exporter's configuration, misp-export.yaml. */
#ifndef MISP_CONF_H
#define MISP_CONF_H

#include "libd4/kit/conf.h"
#include "libd4/kit/log.h"
#include "misp-export/mapper.h"

#define MISP_TOPS 64u /* kinds of which only the top is sent */

#define MISP_CONF "/etc/d4/misp-export.yaml"

/*
 * struct misp_conf -- what the file says; durations in microseconds.
 * Shape:  file: its path. spool, freeze, cursors: of the relay (airlock).
 * key_text, ca_pem: read by misp_conf_secrets, before the sandbox. feed NULL:
 * none; url NULL: no REST, only the feed. top: of tops kinds; kind: the tree's.
 */
struct misp_conf {
	char *file;
	char *partner;
	char *airlock;
	char *dir;
	char *url;
	char *key;
	char *proxy;
	char *namespace;
	char *group;
	char *info;
	char *user;
	char *sandbox;
	char *log_level;
	bool log_json;
	bool gzip;
	const struct d4_yaml *tls;
	const struct d4_yaml *mappers_tree, *top_tree;
	struct d4_conf_list tags;
	uint64_t batch, objects, items, memory, min_count;
	uint64_t flush_us, timeout_us, settle_us, linger_us, span_us;
	uint64_t backoff_min_us, backoff_max_us, keep_us, top_after_us;
	struct {
		const char *kind;
		uint64_t n;
	} top[MISP_TOPS];
	size_t tops;
	char *feed;
	char *feed_org, *feed_org_uuid, *feed_label;
	uint64_t feed_keep_us;
	char *warninglists;
	struct d4_yaml *tree;
	struct mappers *mappers;
	char *ca, *pin;
	bool insecure;
	char *spool, *freeze, *cursors;
	struct d4_buf key_text, ca_pem;
};

/*
 * misp_conf_load -- reads and checks a file; secrets are not opened.
 * Errors: D4_EINVAL, D4_EIO with *diag.  D4_ENOMEM.
 */
D4_USED enum d4_status misp_conf_load(
    const char *path, struct d4_diag *diag, struct misp_conf **out);
void misp_conf_free(struct misp_conf *c);

/* misp_conf_top -- how many findings of an event of that kind; 0: all. */
uint64_t misp_conf_top(const struct misp_conf *c, const char *kind);

/* misp_conf_check -- what no table can say; conf_check.c. D4_EINVAL. */
D4_USED enum d4_status misp_conf_check(
    struct misp_conf *c, struct d4_diag *diag);

/*
 * misp_conf_fixed -- options of fresh that only a restart changes are those
 * of old from now on; each that was to change is named in the log.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status misp_conf_fixed(
    const struct misp_conf *old, struct misp_conf *fresh);

/* misp_conf_secrets -- the API key and the CA bundle; false: logged why. */
bool misp_conf_secrets(struct misp_conf *c);

/* misp_conf_level -- false: no level of that name. */
bool misp_conf_level(const char *text, enum d4_log_level *out);

/* misp_conf_log, misp_conf_help -- opens the log; the options, for --help. */
void misp_conf_log(const struct misp_conf *c);
void misp_conf_help(FILE *to);

#endif
