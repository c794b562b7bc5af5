/* The relay's configuration, relay.yaml. */
#ifndef RELAY_CONF_H
#define RELAY_CONF_H

#include <stdio.h>
#include "libd4/kit/conf.h"
#include "relay/partner.h"
#include "relay/source_conf.h"

#define RELAY_CONF "/etc/d4/relay.yaml"
#define RELAY_CTL  "/run/d4/relay.ctl"

/*
 * struct relay_conf -- what the file says.
 * Shape:  spool, state, cursors: the folders of the airlock, of wash and of
 *         post; freeze: who is frozen; findings: cursors of d4-misp-export.
 * partner[i] has everything but its key
 * and the content of its certificate, which only post reads
 * (relay_conf_secrets). key_file[i]: where its HMAC key is. redis: NULL: no
 * queues of our own are read, only source[].
 */
struct relay_conf {
	char *name;
	char *instance;
	char *redis;
	char *policy;
	char *dir;
	char *overflow;
	char *ctl;
	char *wash_user;
	char *post_user;
	char *misp_user;
	char *sandbox;
	char *log_level;
	bool log_json;
	uint64_t budget, compress, unused_us, quarantine;
	uint64_t drain_us;
	uint64_t respawn_us;
	const struct d4_yaml *partners;
	const struct d4_yaml *sources;
	struct d4_yaml *tree;
	char *spool, *state, *cursors, *freeze, *findings;
	char *group; /* "relay:NAME" */
	struct relay_partner *partner;
	struct relay_partner_file *file;
	size_t n_partners;
	struct source_conf source[SOURCES_CONF];
	size_t n_sources;
};

/* The texts of a partner as written; owned by the configuration. */
struct relay_partner_file {
	char *host, *key, *name, *client_cert, *client_key, *resend;
	char *proxy, *proxy_auth;
	struct d4_conf_list accepts;
	uint64_t port, rotate_us, rotate_bytes, idle_us;
	uint64_t backoff_min_us, backoff_max_us, gap_us;
	uint64_t budget;
	char *on_full;
	const struct d4_yaml *tls;
	char *ca, *pin;
	bool insecure;
	char *sink, *transport, *path, *confirm, *facility, *severity;
	char *hostname, *app, *compress;
	uint64_t message_max, keep_us, keep_bytes;
	const struct d4_yaml *dataset;
	char *ds_title, *ds_licence, *ds_producer, *ds_source, *ds_frequency;
	char *ds_description;
	struct d4_conf_list ds_tags;
	enum sink_kind kind;
	struct d4_buf secret, cert_pem, key_pem, ca_pem, proxy_login;
};

/*
 * relay_conf_load -- reads and checks a file; secrets are not opened.
 * Errors: D4_EINVAL, D4_EIO with *diag.  D4_ENOMEM.
 */
D4_USED enum d4_status relay_conf_load(
    const char *path, struct d4_diag *diag, struct relay_conf **out);
void relay_conf_free(struct relay_conf *c);

/*
 * relay_conf_secrets -- reads the partners' HMAC keys and TLS client keys.
 * A partner whose key cannot be read is removed from the list and logged;
 * n_partners is then smaller. For post only.
 */
void relay_conf_secrets(struct relay_conf *c);

/*
 * relay_conf_redis -- the server of what wash asks for: "redis" or "redis ID"
 * of a source; NULL: there is none.
 */
const char *relay_conf_redis(const struct relay_conf *c, struct d4_slice word);

/* relay_conf_log -- opens the log of a process as the file says. */
void relay_conf_log(const struct relay_conf *c, const char *program);

/* relay_conf_help -- the options, for --help. */
void relay_conf_help(FILE *to);

#endif
