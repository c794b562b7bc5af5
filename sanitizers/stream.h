/* The inside of a stream: what runs it (stream.c), what is asked of it. */
#ifndef SAN_STREAM_H
#define SAN_STREAM_H

#include "sanitizers/breaker.h"
#include "sanitizers/step.h"

#define STREAM_HEAD_MAX D4_OPENING_MAX /* bytes of an outgoing opening */

/*
 * struct san_stream -- one stream; a file is under way between begin and
 * finish.
 * Shape:  family is NULL for types that only the empty chain takes. cutter:
 *         the family's, with the empty chain the type's own; NULL where it
 *         has none, the bytes then pass as they come.
 *         refused: why the rest of the file is refused. at: bytes of the
 *         file that were counted, its opening included. gone: who wants to
 *         know what is withheld, or NULL.
 */
struct san_stream {
	const struct san_family *family;
	struct d4_cutter *cutter;
	void *state;
	bool identity;
	bool opened; /* the family knows the file's opening */
	bool headed; /* the opening is in the output */
	uint32_t variant;
	uint64_t raw; /* bytes passed without a cutter */
	uint64_t at;
	void (*gone)(void *arg, const struct san_gone *g);
	void *gone_arg;
	struct d4_buf head;
	enum d4_reason refused;
	struct san_breaker breaker;
	struct d4_tally tally;
};

#endif
