/* The files of the quarantine, byte by byte. Pure. */
#ifndef RELAY_QUARANTINE_FORMAT_H
#define RELAY_QUARANTINE_FORMAT_H

#include "libd4/meta.h"
#include "libd4/slice.h"
#include "libd4/uuid.h"

#define QUARANTINE_HEAD  86u /* bytes in front of a file's entries */
#define QUARANTINE_FRONT 8u  /* of an entry: how many follow, their sum */
#define QUARANTINE_TEXT  65u /* an id or a reason, NUL included */
#define QUARANTINE_ENTRY (4u << 20) /* bytes of one, at most */

/* Whose records they are; ext "" where there is none. */
struct quarantine_head {
	struct d4_uuid sensor;
	uint8_t type;
	char ext[D4_META_TYPE];
};

/*
 * struct quarantine_entry -- one record.
 * Shape:  number: from 1, of the ring. t_us: when it was withheld, UTC.
 * opening: of the file that the record stood in.
 */
struct quarantine_entry {
	uint64_t number, t_us;
	char reason[QUARANTINE_TEXT], partner[QUARANTINE_TEXT];
	char rule[QUARANTINE_TEXT], pipeline[QUARANTINE_TEXT];
	struct d4_slice opening, record;
};

/*
 * quarantine_put_head -- writes
 *   "D4Q\x01" | type u8 | length of ext u8 | ext[64], padded | sensor[16]
 */
void quarantine_put_head(
    const struct quarantine_head *head, uint8_t out[QUARANTINE_HEAD]);

/* quarantine_get_head -- Errors: D4_EMALFORMED, D4_EVERSION. */
D4_USED enum d4_status quarantine_get_head(
    const uint8_t in[QUARANTINE_HEAD], struct quarantine_head *out);

/*
 * quarantine_put_entry -- appends, little-endian,
 *   bytes that follow the sum u32 | CRC-32C of them u32 | number u64 |
 *   time u64 | reason, partner, rule, pipeline, each: length u8 | text |
 *   bytes of the opening u32 | opening | record
 * Errors: D4_ETOOBIG more than QUARANTINE_ENTRY.  D4_ENOMEM.
 */
D4_USED enum d4_status quarantine_put_entry(
    const struct quarantine_entry *e, struct d4_buf *out);

/* quarantine_front -- bytes that follow; 0: it cannot be. */
size_t quarantine_front(const uint8_t in[QUARANTINE_FRONT]);

/*
 * quarantine_get_entry -- one entry, front and all; borrows from it.
 * Errors: D4_EMALFORMED.
 */
D4_USED enum d4_status quarantine_get_entry(
    struct d4_slice in, struct quarantine_entry *out);

#endif
