/*
 * The step `epoch`: other keys for each stretch of time, so that a pseudonym
 * is good for no longer. The stretch is that of the record's own time.
 */
#ifndef SAN_EPOCH_H
#define SAN_EPOCH_H

#include "sanitizers/step.h"

#define SAN_EPOCH_STATES                                    \
	4u /* epochs of a stream that are worked on at once \
	    */

/* struct san_epoch_conf -- seconds of an epoch; text: as "7d" or "12h". */
struct san_epoch_conf {
	uint64_t unit_s;
	char text[16];
};

extern const struct san_step_kind san_step_epoch;

struct san_epochs;

/*
 * san_epochs_new -- the family's states of a stream, one for each epoch; m is
 * what each is made from, but for the keys; chain and keys outlive them.
 * NULL in *out: the chain has no such step. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status san_epochs_new(const struct san_family *f,
    const struct san_make *m, struct san_epochs **out);
void san_epochs_free(struct san_epochs *e);

/* san_epochs_turn -- from now on records stand under this opening. */
void san_epochs_turn(struct san_epochs *e);

/*
 * struct san_epoch_in -- a record, the opening that it stands under, as
 * received, and when its file was made (0: unknown).
 */
struct san_epoch_in {
	struct d4_slice record, opening;
	uint64_t made_s;
};

/*
 * san_epochs_state -- the state for a record; host: the stream's own state,
 * which reads the record's time. Of a family with `rekey` *out is the host
 * itself; *rekeyed: it has other keys than for the record before.
 * Errors: TIME_VALUE neither record nor file has a time.  EPOCH_KEY there is
 *         no key for it.  INTERNAL.
 */
D4_USED enum d4_reason san_epochs_state(struct san_epochs *e, void *host,
    const struct san_epoch_in *in, void **out, bool *rekeyed);

/* san_epochs_unkey -- the host has its own keys again, until the next record.
 */
void san_epochs_unkey(struct san_epochs *e, void *host);

#endif
