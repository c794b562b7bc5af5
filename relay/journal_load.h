/* The journal's inside, and how it is taken up after a stop or a crash. */
#ifndef RELAY_JOURNAL_LOAD_H
#define RELAY_JOURNAL_LOAD_H

#include "libd4/kit/spool.h"
#include "relay/journal.h"
#include "relay/sessions.h"

#define JOURNAL_VERSION 1
#define JOURNAL_FOLDER  "verdicts"
#define JOURNAL_SUMS    (64u << 20) /* bytes of a file of sums */

/*
 * struct journal
 * Shape:  snapshot_seq: the sums on disk hold everything up to it. touched:
 *         sessions of the batch in progress, NULL none. marks: of all lanes
 *         that it fed.
 */
struct journal {
	char *key;
	char *folder;
	char *sums;
	uint32_t origin;
	struct d4_spool_writer *writer;
	struct totals totals;
	struct sessions *sessions;
	json_t *touched;
	struct stream_id last;
	uint64_t snapshot_seq;
	uint64_t fence;
	struct parks parks;
	json_t *marks;
};

/*
 * journal_look -- what DIR/verdicts/ID says, only read; wash may be at work
 * in it. key: NULL if nothing names it yet. To be closed with journal_close.
 * Errors: as journal_load.
 */
D4_USED enum d4_status journal_look(
    const char *dir, const char *id, struct journal **out);

/* journal_load -- the sums on disk, and the entries behind them. */
D4_USED enum d4_status journal_load(struct journal *j);

#endif
