/* What the parts of post_driver share: its words, and what they are for. */
#ifndef IT_POST_DRIVER_H
#define IT_POST_DRIVER_H

#include "relay/post.h"

#define DRIVER_PARTNERS 8

/* driver_value, driver_number -- of the first key=value, or the other. */
const char *driver_value(char **argv, const char *key, const char *other);
uint64_t driver_number(char **argv, const char *key, uint64_t other);

/* driver_die, driver_need -- say what and end; need only where st is bad. */
void driver_die(const char *what);
void driver_need(enum d4_status st, const char *what);

/* driver_fill -- writes numbered records into a spool; the exit code. */
int driver_fill(char **argv);

/*
 * driver_partner -- argv[0] is its partner=ID, its keys stand behind it up to
 * the next one. Borrows the words.
 */
void driver_partner(char **argv, struct relay_partner *p);

#endif
