/*
 * Files of the extended type filewatcher: one in base64 a line. The step
 * `filewatcher` says whether a file leaves, or what is known of it.
 */
#ifndef SAN_WATCH_H
#define SAN_WATCH_H

#include "sanitizers/step.h"

/*
 * struct san_watch_conf -- the step, compiled.
 * Shape:  content: the file itself leaves when it has at most max bytes and
 *         its kind's bit (san_magic_at) is in magic.
 */
struct san_watch_conf {
	bool content;
	uint64_t max;
	uint64_t magic;
};

extern const struct san_step_kind san_step_watch;
extern const struct san_family san_family_watch;

/* A kind of file by its first bytes. */
struct san_magic {
	const char *name;
	size_t offset, n;
	const char *bytes;
};

/* san_magic_at -- a row; NULL past the end (at most 64). */
const struct san_magic *san_magic_at(unsigned i);

/* san_magic_of -- the row of a file; the last two are `text` and `data`. */
unsigned san_magic_of(struct d4_slice file);

/*
 * san_base64_decode -- RFC 4648 section 4, with its padding, without blanks.
 * out has room for in.n / 4 * 3 bytes. false: it is not.
 */
bool san_base64_decode(struct d4_slice in, uint8_t *out, size_t *n);

/* san_base64_encode -- appended. Errors: as d4_buf_add. */
D4_USED enum d4_status san_base64_encode(
    struct d4_slice in, struct d4_buf *out);

#endif
