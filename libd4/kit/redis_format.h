/* Commands as the Redis protocol has them. */
#ifndef KIT_REDIS_FORMAT_H
#define KIT_REDIS_FORMAT_H

#include <stdarg.h>
#include "libd4/slice.h"

#define REDIS_WORDS 16u /* words of a format, at most */

/* redis_format_size -- bytes that redis_format will need, at most. */
size_t redis_format_size(const struct d4_slice *argv, size_t n);

/*
 * redis_format -- a command behind out->n; with `lend` the bytes of the last
 * argument are left out (its length and "\r\n" are there).
 * Errors: as d4_buf_reserve.
 */
D4_USED enum d4_status redis_format(
    struct d4_buf *out, const struct d4_slice *argv, size_t n, bool lend);

/*
 * redis_words -- fmt split at spaces, then %s and %llu filled in; a value
 * with spaces stays one word. argv points into *text.
 * Errors: D4_EINVAL another conversion or too many words; as d4_buf_add.
 */
D4_USED enum d4_status redis_words(struct d4_buf *text, const char *fmt,
    va_list ap, struct d4_slice argv[REDIS_WORDS], size_t *n);

#endif
