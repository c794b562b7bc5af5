/*
 * What became of the records of a shard, by partner, rule and lane: sums
 * since the beginning, and those of the batch in progress. Pure.
 */
#ifndef RELAY_TOTALS_H
#define RELAY_TOTALS_H

#include <jansson.h>
#include "libd4/slice.h"
#include "libd4/tally.h"

#define TOTALS_ROWS 16384u /* the last one takes what does not fit */

/*
 * struct totals_key -- what a row counts for.
 * Shape:  rule: the share rule that allowed, or what denied. lane: 16 hex
 *         digits, or empty where nothing is written (denied, or refused
 *         before its lane was known). label: the output label.
 */
struct totals_key {
	char partner[65];
	char rule[65];
	char source[65];
	char lane[17];
	char ext[64];
	char label[16];
	uint8_t type;
	bool allow;
	bool shadow;
};

/*
 * Counts: in = forward + the sum of withheld; quarantine is a part of that
 * sum. Everything in records but entries. parts: see libd4/tally.h.
 */
struct totals_counts {
	uint64_t entries;
	uint64_t in;
	uint64_t forward;
	uint64_t quarantine;
	uint64_t withheld[D4_REASON_MAX];
	uint64_t parts[D4_PARTS];
};

struct totals_row {
	struct totals_key key;
	struct totals_counts sum;   /* durable */
	struct totals_counts batch; /* of the batch in progress */
	bool touched;
};

/*
 * struct totals
 * Shape:  row[0..n), index: open addressing over them. entries, malformed,
 *         duplicate: queue entries, not records; [0] durable, [1] batch.
 */
struct totals {
	struct totals_row *row;
	size_t n, cap;
	uint32_t *index;
	size_t slots;
	uint64_t entries[2], malformed[2], duplicate[2], lost[2];
};

void totals_init(struct totals *t);
void totals_fini(struct totals *t);

/*
 * totals_row -- the number of the key's row, made when new; numbers stay.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status totals_row(
    struct totals *t, const struct totals_key *key, size_t *out);

/* totals_count -- the difference of two tallies of a stream, to the batch. */
void totals_count(struct totals *t, size_t row, const struct d4_tally *before,
    const struct d4_tally *after);

/* totals_refuse -- n records withheld for one reason, to the batch. */
void totals_refuse(
    struct totals *t, size_t row, enum d4_reason why, uint64_t n);

/* totals_pass -- n records of a source went on their way. */
void totals_pass(struct totals *t, size_t row, uint64_t n);

/* totals_commit -- the batch is durable. totals_drop -- it never was. */
void totals_commit(struct totals *t);
void totals_drop(struct totals *t);

/*
 * totals_json -- members entries, malformed, duplicate, lost and rows of the
 * batch, or of the sums. NULL out of memory. The caller's.
 */
json_t *totals_json(const struct totals *t, bool batch);

/*
 * totals_add_json -- adds such an object to the sums.
 * Errors: D4_EMALFORMED (what was added stays), D4_ENOMEM.
 */
D4_USED enum d4_status totals_add_json(struct totals *t, const json_t *o);

#endif
