/* Rows of hex digits in which an address may stand. */
#ifndef SAN_FIND_ROWS_H
#define SAN_FIND_ROWS_H

#include "sanitizers/find_hidden.h"

#define SAN_ROW ((size_t)8) /* digits of the shortest one that counts */

/* Digits t[from..to), hex or decimal, with none beside them. */
struct san_row {
	size_t from, to;
};

/* san_row_end, san_number_end -- where the row that begins at `from` ends. */
size_t san_row_end(struct d4_slice t, size_t from);
size_t san_number_end(struct d4_slice t, size_t from);

/*
 * san_find_row -- a wanted address is such a row: 8 or 32 digits of it.
 * san_find_number -- it is a row of decimal digits. san_find_rows -- it is
 * some row or number of the text.
 */
bool san_find_row(
    struct d4_slice t, struct san_row r, const struct san_wanted *w);
bool san_find_number(
    struct d4_slice t, struct san_row r, const struct san_wanted *w);
bool san_find_rows(struct d4_slice t, const struct san_wanted *w);

#endif
