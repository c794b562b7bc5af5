/* What a command answered, for people: a table, or a line for each member. */
#ifndef HUB_CTL_PRINT_H
#define HUB_CTL_PRINT_H

#include <jansson.h>

/* ctl_print_flat -- "a.b.c  value" a line, for grep, too. */
void ctl_print_flat(const char *prefix, const json_t *value);

/*
 * ctl_print -- the list in the answer with these columns (names with spaces
 * between them), or all members when columns is NULL. Members that end in
 * _seen or _until are seconds, and shown as time. Control characters are not
 * printed: what sensors and files say reaches a terminal.
 */
void ctl_print(const json_t *answer, const char *columns);

#endif
