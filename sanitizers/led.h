/*
 * What a stream that leads leaves to those that follow it (follow.h): its
 * records, as received and as they left.
 */
#ifndef SAN_LED_H
#define SAN_LED_H

#include "libd4/reason.h"
#include "libd4/slice.h"

/*
 * struct san_again -- a record that a stream with the same steps and other
 * keys has released: as received, as it left there, and the family's notes.
 */
struct san_again {
	struct d4_slice record, other, notes;
};

/*
 * struct san_led -- one record of a file that such a stream has led.
 * Shape:  at, n: where it stands in the file. out_at, out_n: what became of
 *         it in the output. notes_at, notes_n: the family's notes; none of a
 *         record that left: it has to be run by itself. why: it was
 *         withheld, whatever the keys are; D4_R_NONE: see notes.
 */
struct san_led {
	uint32_t at, n;
	uint32_t out_at, out_n;
	uint32_t notes_at, notes_n;
	enum d4_reason why;
};

/*
 * struct san_led_run -- n records in a row that left and have notes.
 * Shape:  other: what became of them, in one piece; out: a copy of it,
 *         SAN_RUN_SLACK bytes behind it may be read, whatever they are.
 */
struct san_led_run {
	const struct san_led *led;
	size_t n;
	struct d4_slice in, notes; /* of the whole file */
	const uint8_t *other;
	uint8_t *out;
};

#define SAN_RUN_MAX   64u /* records */
#define SAN_RUN_SLACK 32u

#endif
