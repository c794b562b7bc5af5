/*
 * JSON objects: writing them as text or to another of our processes, and
 * reading their members.
 */
#ifndef KIT_JSON_H
#define KIT_JSON_H

#include <jansson.h>
#include "libd4/slice.h"

/*
 * d4_json_line -- appends the object (taken) and a newline. flags: jansson's.
 * Errors: D4_ENOMEM, also of an object that is NULL.  D4_ETOOBIG.
 */
D4_USED enum d4_status d4_json_line(
    json_t *o, size_t flags, struct d4_buf *out);

/*
 * d4_json_send -- the object (taken; NULL is not sent) over sock, with a
 * word, as a file without a name: it may be longer than a message.
 * Errors: D4_ENOMEM, also of an object that is NULL.  Else as d4_fd_send.
 */
D4_USED enum d4_status d4_json_send(int sock, const char *word, json_t *o);

/*
 * d4_json_note -- the object in a file of at most so many bytes; NULL: it is
 * not there, not a regular file, or not an object. Owns: the caller's.
 */
json_t *d4_json_note(const char *path, size_t most);

/* d4_json_str -- a member that is a string, else ""; the object's. */
const char *d4_json_str(const json_t *o, const char *key);

/*
 * d4_json_text -- copies a member with its NUL to out[n]. Errors: false: it is
 * not a string, contains a NUL, or does not fit; out is untouched.
 * d4_json_number -- a member that is an integer from 0 to most. Errors: false;
 * *out is untouched.
 */
D4_USED bool d4_json_text(
    const json_t *o, const char *key, char *out, size_t n);
D4_USED bool d4_json_number(
    const json_t *o, const char *key, uint64_t most, uint64_t *out);

#endif
