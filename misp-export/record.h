/*
 * One finding as it came: a line or a packet with named fields, whatever the
 * format. Pure; borrowed bytes.
 */
#ifndef MISP_RECORD_H
#define MISP_RECORD_H

#include <jansson.h>
#include <time.h>
#include "libd4/slice.h"

#define RECORD_FIELDS 16u
#define RECORD_TEXT   512u /* bytes of made-up texts (numbers, addresses) */
#define RECORD_LINE   (256u << 10)
#define RECORD_DEPTH  16u /* segments of a JSON path */

/*
 * struct record -- one finding.
 * Shape:  field: by name, in text formats; json: the object, in JSON ones.
 *         time_us: what the record says, 0: nothing. yearless: it says all
 *         but the year, stamp (UTC): record_year. count: how many
 *         observations it stands for, at least 1.
 * Owns:   json (record_fini) and text; other fields point into the line.
 */
struct record {
	struct {
		const char *name;
		struct d4_slice value;
	} field[RECORD_FIELDS];
	size_t n;
	json_t *json;
	uint64_t time_us;
	bool yearless;
	struct tm stamp;
	uint64_t count;
	char text[RECORD_TEXT];
	size_t text_n;
};

/* How the lines of a type are read; packets (packet.h), flows (flow.h): not
 * by line. */
struct record_reader {
	const char *name;
	bool (*line)(struct d4_slice line, struct record *out);
	bool packets, flows;
};

/* record_reader_find -- "pdns", "json", "sshd", "maltrail", "packet",
 * "ipfix". */
const struct record_reader *record_reader_find(const char *name);

/*
 * record_get -- a field's value: by name, or by a JSON pointer ("/a/b/0");
 * numbers as text; p NULL: there is none. Valid until record_fini.
 */
struct d4_slice record_get(struct record *r, const char *path);

/* record_add -- another field; too many are left out. Borrowed. */
void record_add(struct record *r, const char *name, struct d4_slice value);

/* record_text, record_number -- the same of a text kept in the record. */
void record_text(struct record *r, const char *name, const char *text);
void record_number(struct record *r, const char *name, unsigned number);

void record_init(struct record *r);
void record_fini(struct record *r);

/* record_time -- "1763700000.12", RFC 3339; microseconds, 0: neither. */
uint64_t record_time(struct d4_slice text);

/* record_year -- time_us of a stamp without a year: the nearest to that. */
void record_year(struct record *r, uint64_t near_us);

/* The readers; false: the line is none of the format. */
bool record_pdns(struct d4_slice line, struct record *out);
bool record_json(struct d4_slice line, struct record *out);
bool record_sshd(struct d4_slice line, struct record *out);
bool record_maltrail(struct d4_slice line, struct record *out);

#endif
