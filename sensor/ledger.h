/*
 * What was lost, dropped or given up, as lines of accounting on the disk: one
 * for each reason, with how much and since when (libd4/kit/account.h).
 */
#ifndef SENSOR_LEDGER_H
#define SENSOR_LEDGER_H

#include "sensor/counts.h"
#include "sensor/ring.h"
#include "sensor/running.h"

struct ledger;

/*
 * ledger_new -- lines go to DIR/d4-sensor.jsonl, which is made for the first
 * one. uuid: the sensor's, in text, in each. Both borrowed.
 */
D4_USED enum d4_status ledger_new(
    const char *dir, const char *uuid, struct ledger **out);
void ledger_free(struct ledger *l);

/*
 * ledger_note -- a line for each reason whose count has risen since the last
 * call, on the disk when this returns; then the book's losses are noted, and
 * it is cleared of them. Where nothing can be written it is said once, and
 * tried again the next time. False: something is not noted.
 */
bool ledger_note(
    struct ledger *l, const struct d4_tally *now, struct ring_book *book);

/*
 * ledger_owes -- what has been counted as lost, and is not noted yet; without
 * what a book that survives has of it (durable).
 */
void ledger_owes(const struct ledger *l, const struct d4_tally *now,
    bool durable, struct running_state *out);

/*
 * ledger_left -- a line for what an earlier run may have lost, on the disk
 * when this returns, and the same into *now. Errors: D4_EIO, D4_ENOSPC.
 */
D4_USED enum d4_status ledger_left(
    struct ledger *l, const struct running_left *left, struct d4_tally *now);

#endif
