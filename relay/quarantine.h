/*
 * The local quarantine ring: records that the self-check or a canary withheld,
 * unchanged, for the operator to look at. Raw data: readable by wash's account
 * only, never by post, never sent. One ring for each stream, of two files; the
 * older one is removed when the newer is full. ADR 0063.
 */
#ifndef RELAY_QUARANTINE_H
#define RELAY_QUARANTINE_H

#include <jansson.h>
#include "libd4/kit/account.h"
#include "libd4/uuid.h"
#include "relay/lane_id.h"
#include "relay/quarantine_format.h"
#include "sanitizers/held.h"

#define QUARANTINE_FOLDER "quarantine" /* of wash's state */
#define QUARANTINE_RINGS  64u          /* the one not used for longest goes */
#define QUARANTINE_MIN    (64u << 10)  /* bytes of a ring */

/* What is known of a ring's newer file: where it ends, its last number. */
struct quarantine_tail {
	char id[LANE_ID_TEXT];
	uint64_t inode, end, last;
};

/*
 * struct quarantine -- wash's side; path: the folder; max: bytes of a ring.
 * unkept: records that no ring took, since the start. said: the last could
 * not be kept, and that is in the log. tail[0..n): rings that were used.
 * Owns:   path; account is borrowed: a ring that goes is written there.
 */
struct quarantine {
	char *path;
	struct d4_account *account;
	uint64_t max, unkept;
	bool said;
	size_t n;
	struct quarantine_tail tail[QUARANTINE_RINGS];
};

/*
 * quarantine_open -- makes the folder, 0700; what an earlier run kept stays.
 * max 0: nothing is kept; less than QUARANTINE_MIN is that much. Errors:
 * D4_ENOMEM, D4_EIO.
 */
D4_USED enum d4_status quarantine_open(struct quarantine *q, const char *state,
    uint64_t max, struct d4_account *account);
void quarantine_close(struct quarantine *q);

/*
 * quarantine_put -- keeps one record. A failure loses only the copy (the record
 * is withheld and counted anyway); it is counted, and logged once.
 */
void quarantine_put(struct quarantine *q, const struct quarantine_head *head,
    const struct quarantine_entry *e);

/* quarantine_id -- the name of a stream's ring. Errors: D4_ECRYPTO. */
D4_USED enum d4_status quarantine_id(
    const struct quarantine_head *head, char id[LANE_ID_TEXT]);

/* quarantine_file -- folder/ID or folder/ID.old, allocated; NULL: no id. */
char *quarantine_file(const char *folder, const char *id, bool old);

/* ---- quarantine_read.c ---- */

/* Who reads entries, oldest first; each answers false: no more. */
struct quarantine_reader {
	bool (*each)(void *arg, const struct quarantine_entry *e);
	void *arg;
};

/*
 * quarantine_read -- all entries of a ring that can be read; *head: whose it
 * is. Errors: D4_EINVAL no id.  D4_ENOENT no such ring.  D4_EMALFORMED it is
 * none.  D4_EIO, D4_ENOMEM.
 */
D4_USED enum d4_status quarantine_read(const char *folder, const char *id,
    struct quarantine_head *head, const struct quarantine_reader *r);

/*
 * quarantine_tail -- the end of the last whole entry of a file, and its
 * number; both 0 of one that is not there or is none.
 */
void quarantine_tail(const char *path, uint64_t *end, uint64_t *last);

/*
 * quarantine_list -- [{"id", "sensor", "type", "ext", "records", "bytes",
 * "gone", "first", "last"}], sorted by id; gone: records that were overwritten
 * or not kept; of a ring that is damaged only the id. Owns: the caller's.
 * Errors: NULL, errno is set.
 */
json_t *quarantine_list(const char *folder);

/* quarantine_about -- one of them. Owns: the caller's. NULL: out of memory. */
json_t *quarantine_about(const char *folder, const char *id);

/* quarantine_drop -- removes a ring. Errors: D4_EINVAL, D4_ENOENT, D4_EIO. */
D4_USED enum d4_status quarantine_drop(const char *folder, const char *id);

#endif
