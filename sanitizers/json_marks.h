/*
 * A text in bits: one for each byte that is a quote, a backslash, a control
 * character or not ASCII. Whatever else a JSON string may hold has none, so
 * that its end is the next bit and nobody looks at the bytes before it (as
 * simdjson does it; Langdale and Lemire 2019, "Parsing gigabytes of JSON per
 * second", section 3.1).
 */
#ifndef SAN_JSON_MARKS_H
#define SAN_JSON_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAN_JSON_BLOCK ((size_t)64) /* bytes that a word of bits is for */

/* san_json_marks_words -- how many words a text of n bytes has. */
static inline size_t
san_json_marks_words(size_t n)
{
	return n / SAN_JSON_BLOCK + 1;
}

/*
 * san_json_marks -- the bits of p[0..n); bit 0 of the first word is the first
 * byte's. Bits behind the end are set, and there is one at least. Up to 64
 * bytes at a time, as the processor can.
 */
void san_json_marks(const uint8_t *p, size_t n, uint64_t *bits);

/* san_json_marks_avx512, _avx2, _plain -- its ways; the first where built. */
void san_json_marks_avx512(const uint8_t *p, size_t n, uint64_t *bits);
void san_json_marks_avx2(const uint8_t *p, size_t n, uint64_t *bits);
void san_json_marks_plain(const uint8_t *p, size_t n, uint64_t *bits);

/* san_json_marks_next -- the first byte from `at` on that has a bit. */
static inline size_t
san_json_marks_next(const uint64_t *bits, size_t at)
{
	size_t i = at / SAN_JSON_BLOCK;
	uint64_t word = bits[i] >> at % SAN_JSON_BLOCK;

	if (word != 0)
		return at + (size_t)__builtin_ctzll(word);
	do
		word = bits[++i];
	while (word == 0);
	return i * SAN_JSON_BLOCK + (size_t)__builtin_ctzll(word);
}

#endif
