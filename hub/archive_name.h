/*
 * Where a file of the archive is, as d4-core lays them out: UUID in 32 hex
 * digits, type, day; extended types have a folder of their own below the day.
 * Pure.
 */
#ifndef HUB_ARCHIVE_NAME_H
#define HUB_ARCHIVE_NAME_H

#include "hub/archive_part.h"

#define ARCHIVE_DIR  160u
#define ARCHIVE_FILE 128u

/*
 * struct archive_name -- Shape: dir: from the archive's folder on; file, meta
 * (the meta header beside it): in dir.
 */
struct archive_name {
	char dir[ARCHIVE_DIR];
	char file[ARCHIVE_FILE];
	char meta[ARCHIVE_FILE];
};

/*
 * archive_name -- opened: the first entry has an opening. pack: ".gz", ".zst".
 * Errors: D4_EINVAL a type without a row.
 */
D4_USED enum d4_status archive_name(const struct part_head *h, bool opened,
    const char *pack, struct archive_name *out);

/*
 * archive_nth -- what follows the second of the nth further file of it:
 * "" for the first (0), as d4-core names it, then "z001" and so on. It sorts
 * behind every letter that a name goes on with, whether a locale looks at dots
 * or not, and so do "zz1000" and those behind it.
 */
#define ARCHIVE_NTH 24u
void archive_nth(uint32_t nth, char out[ARCHIVE_NTH]);

/*
 * archive_name_time -- when a file of this name began, seconds since 1970.
 * Errors: D4_EMALFORMED not the name of an archive file (or of its meta
 *         header).
 */
D4_USED enum d4_status archive_name_time(const char *file, uint64_t *out_s);

/*
 * archive_slot_end -- when the file ends that has a record of t_us: the next
 * whole `every_us` of its day, or midnight. Microseconds since 1970.
 */
uint64_t archive_slot_end(uint64_t t_us, uint64_t every_us);

#endif
