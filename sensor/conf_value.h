/* The values that are in the files of a configuration directory; pure. */
#ifndef SENSOR_CONF_VALUE_H
#define SENSOR_CONF_VALUE_H

#include "libd4/slice.h"

#define CONF_VALUE 4096u             /* bytes of a small file */
#define CONF_HOST  256u              /* bytes of a host, NUL included */
#define CONF_PORT  6u                /* bytes of a port, NUL included */
#define CONF_REDIS (CONF_HOST + 24u) /* bytes of a url, NUL included */

/*
 * conf_value_text -- the value of a file: its bytes without white space at
 * the end, as a C string of at most max-1 bytes.
 * Errors: D4_EMALFORMED control characters or newlines inside.  D4_ETOOBIG.
 */
D4_USED enum d4_status conf_value_text(
    struct d4_slice file, char *out, size_t max);

/* conf_value_number -- decimal, 1..max. Errors: D4_EMALFORMED. */
D4_USED enum d4_status conf_value_number(
    const char *text, uint32_t max, uint32_t *out);

/*
 * conf_value_address -- "host:port", "address:port" or "[address]:port".
 * Errors: D4_EMALFORMED: no port, an IPv6 address without brackets ...
 */
D4_USED enum d4_status conf_value_address(
    const char *text, char host[CONF_HOST], char port[CONF_PORT]);

/*
 * conf_value_redis -- d4-goclient's "host:port/database" into the url of
 * libd4/kit/redis.h and the number. Errors: D4_EMALFORMED.
 */
D4_USED enum d4_status conf_value_redis(
    const char *text, char url[CONF_REDIS], uint32_t *db);

/*
 * conf_value_login -- "user:password" cut at the first colon; both have 1 to
 * 255 bytes. Errors: D4_EMALFORMED.
 */
D4_USED enum d4_status conf_value_login(
    const char *text, char user[CONF_HOST], char password[CONF_HOST]);

#endif
