/* One source of `sources` in relay.yaml. */
#ifndef RELAY_SOURCE_CONF_H
#define RELAY_SOURCE_CONF_H

#include <stdio.h>
#include "libd4/kit/conf.h"
#include "libd4/meta.h"

#define SOURCES_CONF 16u /* at most */

/* What a source is; SOURCE_QUEUES, our own, has no entry in `sources`. */
enum source_what {
	SOURCE_QUEUES,
	SOURCE_LIST,
	SOURCE_DIRECTORY,
	SOURCE_STDIN,
	SOURCE_WHATS,
};

/* What becomes of a file of a directory that is done. */
enum source_after { SOURCE_KEEP, SOURCE_DELETE, SOURCE_MOVE };

/*
 * struct source_conf -- one source; texts that it does not have are NULL.
 * Shape:  id: [a-z0-9-]{1,64}, what a policy's `queue` names. ext: of type
 *         254, else "". files: a list's items are paths of files below
 *         `dir`, which the other server calls `prefix`; whole: such a file
 *         is one record, in base64. by_time: files in
 *         the order of their time, else of their names. superseded: a file
 *         is finished when a later one is there.
 * Units:  file_max: bytes of a file, unpacked. settle_us: an unchanged file
 *         is finished after so long.
 */
struct source_conf {
	char id[65];
	enum source_what what;
	uint8_t type;
	char ext[D4_META_TYPE];
	char *kind_text, *type_text;
	/* d4core-list */
	char *redis, *queue, *items_text, *prefix;
	uint64_t db, metadata_db, max_size;
	bool files, whole;
	/* files */
	char *dir;
	uint64_t file_max;
	/* directory */
	char *match, *order_text, *after_text, *move_to;
	enum source_after after;
	bool by_time, superseded;
	uint64_t settle_us;
};

/*
 * source_conf_read -- the i-th member of `sources` into *out (zeroed).
 * Errors: D4_EINVAL with *diag.  D4_ENOMEM.
 */
D4_USED enum d4_status source_conf_read(const struct d4_yaml *map, size_t i,
    struct d4_diag *diag, struct source_conf *out);
void source_conf_free(struct source_conf *c);

/* source_conf_kind -- "d4core-list". */
const char *source_conf_kind(enum source_what what);

void source_conf_help(FILE *to);

#endif
