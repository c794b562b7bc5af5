/*
 * A published data set: a folder of files, and what describes them,
 * manifest.json, SHA256SUMS and README.txt, each replaced as a whole.
 */
#ifndef RELAY_SINK_SET_H
#define RELAY_SINK_SET_H

#include "libd4/kit/account.h"
#include "relay/sink_item.h"

#define SINK_SET_FILES 100000u      /* that a manifest can list */
#define SINK_SET_MAX   (128u << 20) /* bytes of a manifest */
#define SINK_PART      ".part"      /* behind a name: it is being written */

/*
 * struct sink_set
 * Shape:  item: by age of their publication. bytes, records: of all. removed
 *         _files, _records, _bytes: what retention took away since the
 *         beginning. whole: files that were there at the start. dirty: the
 * manifest on disk says something else. Owns:   all but conf and account.
 */
struct sink_set {
	const struct sink_settings *conf;
	struct d4_account *account;
	char *partner;
	struct sink_item *item;
	size_t n, cap, whole;
	uint64_t bytes, records;
	uint64_t removed_files, removed_records, removed_bytes;
	bool dirty;
};

/*
 * sink_set_open -- makes the folder where it is missing, reads its manifest,
 * removes what a crash left half written. *why says what is wrong.
 * Errors: D4_EMALFORMED the manifest, D4_ENOENT there is none beside files;
 *         D4_EIO errno is set; D4_ENOMEM.
 */
D4_USED enum d4_status sink_set_open(struct sink_set *s, const char **why);
void sink_set_fini(struct sink_set *s);

/* sink_set_path -- of a file of the set; suffix may be "". Allocated. */
char *sink_set_path(
    const struct sink_set *s, const char *name, const char *suffix);

/*
 * sink_set_add -- a file that is there under its name; adding it again is
 * legal. The manifest is to be saved. Errors: D4_ENOMEM; D4_ETOOBIG it is full.
 */
D4_USED enum d4_status sink_set_add(
    struct sink_set *s, const struct sink_item *it);

/* sink_set_room -- whether one more can be added. */
bool sink_set_room(const struct sink_set *s);

/*
 * sink_set_save -- writes what describes the set, if that changed.
 * Errors: D4_EIO, D4_ENOSPC errno is set; D4_ENOMEM. It stays dirty.
 */
D4_USED enum d4_status sink_set_save(struct sink_set *s, uint64_t now_s);

/*
 * sink_set_trim -- removes what is too old or too much, accounted; then the
 * manifest is to be saved.
 */
void sink_set_trim(struct sink_set *s, uint64_t now_s);

/* ---- sink_manifest.c: the texts; pure ---- */

/* sink_manifest_text -- appended. Errors: D4_ENOMEM, D4_ETOOBIG. */
D4_USED enum d4_status sink_manifest_text(
    const struct sink_set *s, uint64_t now_s, struct d4_buf *out);
D4_USED enum d4_status sink_manifest_sums(
    const struct sink_set *s, struct d4_buf *out);
D4_USED enum d4_status sink_manifest_readme(
    const struct sink_set *s, uint64_t now_s, struct d4_buf *out);

/*
 * sink_manifest_parse -- files and counts of a manifest into an empty set.
 * Errors: D4_EMALFORMED, D4_EVERSION, D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status sink_manifest_parse(
    struct d4_slice text, struct sink_set *s);

#endif
