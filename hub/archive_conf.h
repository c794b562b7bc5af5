/* The map `archive` of hub.yaml, which configures d4-hub archive. */
#ifndef HUB_ARCHIVE_CONF_H
#define HUB_ARCHIVE_CONF_H

#include "hub/options.h"
#include "libd4/kit/pack.h"

/*
 * struct archive_conf -- as in the file (archive_conf.c says what each is).
 * Shape:  level: of packing. age_us, size: 0: no limit. drop: what does not fit
 * on the disk is accounted and not kept; else it stays in the queue. user:
 * NULL: the hub's. Owns:   everything; archive_conf_fini.
 */
struct archive_conf {
	char *dir, *user, *reader, *full, *pack_word;
	struct d4_conf_list types;
	uint64_t every_us, age_us, size, reserve, open_files, level;
	enum d4_pack_kind pack;
	bool drop;
};

/*
 * archive_conf_read -- the map under `archive`; diag->file names the file.
 * Errors: D4_EINVAL with *diag: no such map, or what is wrong in it.
 */
D4_USED enum d4_status archive_conf_read(
    const struct d4_yaml *tree, struct d4_diag *diag, struct archive_conf *out);

/* archive_conf_check -- the same, for the check alone. */
D4_USED enum d4_status archive_conf_check(
    const struct d4_yaml *tree, struct d4_diag *diag);
void archive_conf_fini(struct archive_conf *c);

/* archive_conf_wants -- is this queue ("8", "254.ja3-jl") archived? */
bool archive_conf_wants(const struct archive_conf *c, const char *queue);

/* archive_conf_help -- the table, for --help. */
void archive_conf_help(FILE *to);

#endif
