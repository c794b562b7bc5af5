/* What is noted of a sensor's records: the spool, the ledger, what a kill
 * takes.
 */
#ifndef SENSOR_BOOKS_H
#define SENSOR_BOOKS_H

#include "sensor/sensor.h"

/* books_open -- what an earlier run of a stream may have lost is noted. */
void books_open(struct sensor *s);

/* books_state -- what a kill would lose; n: bytes are about to be read. */
void books_state(struct sensor *s, size_t n);

/* books_tick -- now and then: to the disk, and the source is told. */
void books_tick(struct sensor *s);

/*
 * books_repair -- the spool is broken: the session ends, what is whole in the
 * spool waits, what is not is lost, and counted. false: it cannot go on.
 */
bool books_repair(struct sensor *s);

/* books_end -- what memory holds still goes with it, and is noted as lost. */
void books_end(struct sensor *s);

/* books_left -- what the ring holds: sent and not confirmed, and never sent.
 */
void books_left(
    const struct sensor *s, uint64_t *unconfirmed, uint64_t *unsent);

#endif
