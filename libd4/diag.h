/* One message about a file that people write: where, what, and the remedy. */
#ifndef D4_DIAG_H
#define D4_DIAG_H

#include <stddef.h>
#include "libd4/status.h"

#define D4_DIAG_TEXT 384 /* bytes of a message or remedy, NUL included */

/*
 * struct d4_diag -- the first error of a file.
 * Shape:  file is borrowed from the caller and may be NULL; line and column
 *         count from 1, 0 means "the whole file".
 */
struct d4_diag {
	const char *file;
	unsigned line;
	unsigned column;
	char what[D4_DIAG_TEXT];
	char remedy[D4_DIAG_TEXT];
};

/* A place in a file. */
struct d4_mark {
	unsigned line;
	unsigned column;
};

/*
 * d4_diag_set -- notes the error at `at`; the remedy is what to write instead
 * ("" when there is none to name). Returns D4_EINVAL, so that a caller can
 * `return d4_diag_set(...)`. The first error wins: later calls change nothing.
 */
D4_USED enum d4_status d4_diag_set(struct d4_diag *d, struct d4_mark at,
    const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* d4_diag_format -- "FILE:LINE:COLUMN: what; remedy" into text, cut to n. */
void d4_diag_format(const struct d4_diag *d, char *text, size_t n);

#endif
