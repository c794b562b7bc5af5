/* What became of the records that were read from the source. */
#ifndef SENSOR_COUNTS_H
#define SENSOR_COUNTS_H

#include "libd4/tally.h"

/*
 * struct counts -- records, but for bytes and sessions.
 * Shape:  tally.in is what was read. tally.records[]: D4_R_NONE confirmed,
 *         D4_R_MAYBE_LOST sent in a session that broke and not sent again,
 *         D4_R_LOST_AT_SOURCE read and given up, else dropped for that
 *         reason. sent and resent count each sending.
 */
struct counts {
	struct d4_tally tally;
	uint64_t sent, resent;
	uint64_t bytes_in;
	uint64_t sessions, confirmed_sessions;
};

#endif
