/*
 * The partner's airlock, read as post reads it: only what the release file
 * names, in order, each entry once. Cursors are our own, AIRLOCK/misp/.
 */
#ifndef MISP_AIRLOCK_H
#define MISP_AIRLOCK_H

#include "libd4/kit/account.h"
#include "libd4/kit/spool.h"
#include "misp-export/conf.h"
#include "misp-export/terms.h"

/*
 * struct airlock_batch -- what one turn took.
 * Shape:  entries that were given to take; passed: records that were not,
 *         by reason: expired, withheld, damaged, gone. more: there is more at
 *         once.
 */
struct airlock_batch {
	size_t entries;
	uint64_t records;
	bool more;
};

struct airlock;

/* Who takes an entry. Errors end the turn; nothing of it is confirmed. */
struct airlock_taker {
	enum d4_status (*take)(void *arg, const struct terms_lane *lane,
	    const struct d4_spool_lane *head, const struct d4_spool_entry *e);
	void *arg;
};

/* airlock_open. account: where losses are noted; borrowed. D4_ENOMEM, D4_EIO.
 */
D4_USED enum d4_status airlock_open(const struct misp_conf *c,
    struct d4_account *account, struct airlock **out);
void airlock_close(struct airlock *a);

/*
 * airlock_read -- up to `most` entries of all lanes that t releases.
 * airlock_confirm -- what was read is durably taken: the cursors say so.
 * airlock_rewind -- it is not; it is read again.
 * Errors: those of take; D4_EIO, D4_ENOSPC, D4_ENOMEM.
 */
D4_USED enum d4_status airlock_read(struct airlock *a, const struct terms *t,
    size_t most, const struct airlock_taker *taker, struct airlock_batch *out);
D4_USED enum d4_status airlock_confirm(struct airlock *a);
void airlock_rewind(struct airlock *a);

/* airlock_counts -- {"lanes", "taken", "expired", "withheld", ...}. */
json_t *airlock_counts(const struct airlock *a);

#endif
