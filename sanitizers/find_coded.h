/* Addresses behind escapes, in Unicode, in base64, in hex digits of a text. */
#ifndef SAN_FIND_CODED_H
#define SAN_FIND_CODED_H

#include "sanitizers/find_hidden.h"

/*
 * san_find_coded -- a wanted address stands, in any spelling, in what the text
 * becomes when it is read as a program or a person would:
 *   %2e %u002e =2E \x2e \u002e \056 \. &#46; &#x2e; as the byte or character,
 *   [.] (.) {.} [dot] (dot) " dot " as a dot, [:] as a colon,
 *   digits, dots, dashes and colons of other scripts and forms (full width,
 *   circled, raised, mathematical) as those of ASCII, and what has no width
 *   (soft hyphens, joiners, marks of direction, the zeros of UTF-16) as
 *   nothing.
 * depth: how often the text was decoded before; what is decoded is searched as
 * any text, up to SAN_WINDOW_DEPTH.
 */
bool san_find_coded(
    struct d4_slice text, const struct san_wanted *w, unsigned depth);

/*
 * san_find_base64 -- the same for what is written in base64 (RFC 4648 4, 5;
 * at any of the four places where a group can begin): a text that holds an
 * address. san_find_base64_bytes -- the 4 or 16 bytes of one, and "==".
 */
bool san_find_base64(
    struct d4_slice text, const struct san_wanted *w, unsigned depth);
bool san_find_base64_bytes(struct d4_slice text, const struct san_wanted *w);

/*
 * san_base64_group -- of four characters at `at`, of which the first two may be
 * of an address, the others may be, too.
 */
bool san_base64_group(struct d4_slice t, size_t at);

/* san_find_hex -- the same for a row of hex digits that are a text's bytes. */
bool san_find_hex(
    struct d4_slice row, const struct san_wanted *w, unsigned depth);

/*
 * san_fold -- the ASCII character that a character of Unicode stands for in an
 * address. 0: it has no width. '?': none.
 * Source: Unicode 15, NFKC and UTS 46 for what concerns digits and marks.
 */
uint8_t san_fold(uint32_t c);

/*
 * san_utf8_read -- the character at the start of s, of *n bytes; what is no
 * UTF-8 is U+FFFD of one byte. s is not empty.
 */
uint32_t san_utf8_read(struct d4_slice s, size_t *n);

#endif
