/*
 * The configuration directory of the D4 clients: one value a file, as
 * d4-goclient and the C client read it. d4-sensor(1) names those that are
 * ours in addition.
 */
#ifndef SENSOR_CONF_DIR_H
#define SENSOR_CONF_DIR_H

#include "libd4/diag.h"
#include "libd4/meta.h"
#include "libd4/type.h"
#include "sensor/conf_value.h"
#include "sensor/source.h"

#define CONF_DIR_DEFAULT "/etc/d4/sensor"
#define CONF_KEY         1024u /* bytes of a key (one of ours has at most 100) */
#define CONF_SNAPLEN     16322u /* where there is no file: one TLS record */

/*
 * struct conf_dir -- what the files say.
 * Shape:  type: 1..255 but 2; 254 has a meta header. row: NULL for a type
 *         without a cutter. ca: path of rootCA.crt, "system", or NULL; pin: of
 *         the file fingerprint, or empty; insecure: tls says so. Exactly one
 *         of the three is set unless to_stdout. client_cert, client_key:
 *         paths of what the sensor shows, or both NULL.
 *         resend_all: after a break everything unconfirmed is sent again
 *         (file resend: all), else what TCP had not acknowledged (tcp); by
 *         default as the row says.
 *         source: its row; path as in struct source_conf. proxy_host: empty
 *         for none. spool: a folder, or empty; spool_bytes of it.
 *         drop_oldest: when ring or spool is full.
 * Owns:   everything; conf_dir_fini frees it and wipes the secrets.
 */
struct conf_dir {
	struct d4_uuid uuid;
	struct d4_buf key;
	struct d4_buf meta;
	uint8_t type;
	const struct d4_type_row *row;
	size_t snaplen;
	bool to_stdout;
	bool resend_all;
	char host[CONF_HOST], port[CONF_PORT], name[CONF_HOST];
	const struct source_row *source;
	char path[CONF_VALUE], redis[CONF_REDIS];
	uint32_t redis_db;
	bool after_delete;
	char proxy_host[CONF_HOST], proxy_port[CONF_PORT];
	char proxy_user[CONF_HOST], proxy_password[CONF_HOST];
	char spool[CONF_VALUE];
	uint64_t spool_bytes;
	bool drop_oldest;
	char *ca;
	char *client_cert, *client_key;
	char pin[128];
	bool insecure;
	char file[CONF_VALUE]; /* that *diag is about */
};

/*
 * conf_dir_read -- reads DIR. A missing or empty uuid is made and written.
 * A key that others can read is used, with a warning in the log.
 * Errors: D4_EINVAL with *diag: which file, what, and the remedy.
 */
D4_USED enum d4_status conf_dir_read(
    const char *dir, struct conf_dir *conf, struct d4_diag *diag);
void conf_dir_fini(struct conf_dir *conf);

#endif
