/* Push parser: bytes in any cut to whole D4 frames. */
#ifndef D4_FRAME_H
#define D4_FRAME_H

#include "libd4/header.h"
#include "libd4/slice.h"

/*
 * struct d4_frame -- one whole frame.
 * Owns:   nothing; wire and payload live until the next call on the parser,
 *         or as long as the input if the frame lay whole in it.
 */
struct d4_frame {
	struct d4_header header;
	const uint8_t *wire; /* the 62 header bytes as received */
	struct d4_slice payload;
};

struct d4_parser;

/*
 * d4_parser_new -- a parser that takes payloads of at most payload_max bytes.
 */
D4_USED enum d4_status d4_parser_new(
    size_t payload_max, struct d4_parser **out);
void d4_parser_free(struct d4_parser *p);

/*
 * d4_parser_feed -- takes bytes from *in (advancing it) until a frame is
 * whole; a frame that lies whole in *in is not copied.
 * Errors: D4_AGAIN all of *in is taken and no frame is whole.
 *         D4_EVERSION, D4_EMALFORMED as d4_header_decode; D4_ETOOBIG size
 *         over payload_max, D4_ENOMEM. These are final: the stream is lost,
 *         each later call answers the same. d4_parser_header() then gives
 *         the offending header where it could be decoded.
 */
D4_USED enum d4_status d4_parser_feed(
    struct d4_parser *p, struct d4_slice *in, struct d4_frame *out);

/*
 * d4_parser_header -- the header of the frame that is in progress, or NULL
 * while fewer than 62 bytes of it came. Lets the guard refuse a frame before
 * its payload is held.
 */
const struct d4_header *d4_parser_header(const struct d4_parser *p);

/* d4_parser_held -- bytes held for an unfinished frame, for the budget. */
size_t d4_parser_held(const struct d4_parser *p);

#endif
