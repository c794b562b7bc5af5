/* The hub's configuration: one table, and what is made of it. */
#ifndef HUB_OPTIONS_H
#define HUB_OPTIONS_H

#include <stdio.h>
#include "hub/admit.h"
#include "libd4/kit/conf.h"
#include "libd4/kit/embedded.h"
#include "libd4/kit/log.h"
#include "libd4/type.h"

#define HUB_CONF "/etc/d4/hub.yaml"
#define HUB_EXT  64u /* extended types, at most */

/* One extended type and who cuts it. */
struct hub_ext {
	const char *type;
	const struct d4_type_row *row;
};

#define HUB_SECRET_MIN 16u /* characters of a shared secret */

/*
 * struct hub_options -- as in the file (see options.c for what each says),
 * then what is made of types, ext and compat_workers, and the shared secret, of
 * n = 0 unless the mode wants one and hub_options_secret was called. Owns:
 * everything; hub_options_free.
 */
struct hub_options {
	struct d4_conf_list listen;
	char *cert, *key, *client_ca, *client_cert;
	char *state, *keys, *ctl, *user;
	char *redis, *appendfsync;
	char *log, *sandbox, *unread, *host;
	char *mode, *shared_secret;
	char *tee, *tee_ca, *tee_pin, *tee_tls;
	bool log_json, keep_redis, any_uuid, stats;
	uint64_t maxmemory, shards, workers, payload_max, sessions_max;
	uint64_t pending_max;
	uint64_t flush_us, flush_disk_us, handshake_us, frame_us, idle_us,
	    drain_us, clone_us, replay_us, handover_us, hang_us, hang_kill_us;
	uint64_t replay_memory;
	uint64_t inflight_max, held_max, queue_max, queue_disk;
	uint64_t tee_buffer, tee_memory, tee_wait_us;
	char *compat, *compat_data;
	struct d4_conf_list compat_workers;
	uint64_t compat_rotate_us, compat_size, compat_age_us, compat_bytes;
	uint64_t compat_reserve, compat_streams, compat_give_up_us;
	struct d4_conf_list types;
	const struct d4_yaml *ext_tree, *archive, *events;
	struct d4_yaml *tree;
	struct admit_rules rules;
	struct d4_buf shared;
	struct hub_ext ext[HUB_EXT];
	size_t n_ext;
	bool compat_worker[256];
};

/*
 * hub_options_read -- a configuration's text; diag->file names it.
 * Errors: D4_EINVAL with *diag.  D4_ENOMEM.
 */
D4_USED enum d4_status hub_options_read(
    struct d4_slice text, struct d4_diag *diag, struct hub_options **out);

/* hub_options_load -- the same from a file. D4_EIO with *diag. */
D4_USED enum d4_status hub_options_load(
    const char *path, struct d4_diag *diag, struct hub_options **out);

void hub_options_free(struct hub_options *o);

/*
 * hub_options_part -- what one of n workers may use of what all may: their
 * connections an eighth more, because the kernel spreads them unevenly.
 */
void hub_options_part(struct hub_options *o, unsigned n);

/* hub_options_workers -- how many processes talk to sensors. */
unsigned hub_options_workers(const struct hub_options *o);

/* hub_options_wants_secret -- the mode is shared-secret. */
bool hub_options_wants_secret(const struct hub_options *o);

/*
 * hub_options_secret -- what the file of the shared secret holds; copied.
 * Errors: D4_EINVAL it is not a key, too short or known to all the world.
 */
D4_USED enum d4_status hub_options_secret(
    struct hub_options *o, struct d4_slice secret);

/* hub_options_compat -- `compat: d4-core`. */
bool hub_options_compat(const struct hub_options *o);

/* hub_tee_insecure -- the server behind the tee is not verified. */
bool hub_tee_insecure(const struct hub_options *o);

/* hub_options_told -- loads them, or says on stderr why not: then NULL. */
struct hub_options *hub_options_told(const char *conf);

/* hub_options_help -- the table, for --help. */
void hub_options_help(FILE *to);

/* hub_options_embedded -- whether Redis is our own. */
bool hub_options_embedded(const struct hub_options *o);

/*
 * hub_options_redis -- fills *e for the embedded Redis; *dir is allocated and
 * e->dir points at it. Errors: D4_ENOMEM; D4_EINVAL a path too long.
 */
D4_USED enum d4_status hub_options_redis(
    const struct hub_options *o, struct d4_embedded *e, char **dir);

/*
 * hub_options_url -- where Redis is: the configured url, or our own for this
 * user of it. Errors: D4_ENOMEM; D4_ETOOBIG, D4_EINVAL it does not fit.
 */
D4_USED enum d4_status hub_options_url(
    const struct hub_options *o, const char *user, char *out, size_t n);

/* hub_options_port -- the port of the first listening address. */
uint16_t hub_options_port(const struct hub_options *o);

enum d4_log_level hub_options_log(const struct hub_options *o);

#endif
