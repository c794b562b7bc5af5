/* Names of the DNS in text, sets of suffixes, and addresses inside names. */
#ifndef SAN_PDNS_NAME_H
#define SAN_PDNS_NAME_H

#include <endian.h>
#include <string.h>
#include "libd4/prefix.h"
#include "libd4/slice.h"

#define SAN_NAME_MAX    254u /* characters without the last dot */
#define SAN_NAME_LABELS 127u
#define SAN_NAME_ROOM   264u /* eight bytes can be read at any label */

/*
 * struct san_name -- one name, taken apart.
 * Shape:  text[0..n): lower case, without the last dot; at[i]: where label i
 *         begins, from the left; at[n_labels] is n + 1. The root has none.
 *         digits: it may spell an address: a digit is in it, or a label
 *         of one character.
 */
struct san_name {
	uint8_t text[SAN_NAME_ROOM];
	size_t n;
	uint8_t at[SAN_NAME_LABELS + 2];
	unsigned n_labels;
	bool digits;
};

/*
 * san_name_parse -- reads a name as a passive DNS tool writes it: printable
 * ASCII, no backslash, labels of 1 to 63. A name with escapes or beyond
 * ASCII is refused: another reader could take it for a denied one.
 */
bool san_name_parse(struct d4_slice in, struct san_name *out);

/* san_name_label -- label i, from the left. */
static inline struct d4_slice
san_name_label(const struct san_name *n, unsigned i)
{
	return d4_slice_of(
	    n->text + n->at[i], (size_t)(n->at[i + 1] - n->at[i] - 1));
}

/*
 * san_name_hash_label -- a label added to the hash of those to its right.
 * Eight bytes are read at a time: labels are in a struct san_name.
 */
static inline uint64_t
san_name_hash_label(uint64_t h, struct d4_slice l)
{
	uint64_t x;

	for (; l.n >= 8; (void)d4_slice_skip(&l, 8)) {
		memcpy(&x, l.p, 8);
		h = (h ^ x) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	memcpy(&x, l.p, 8);
	x = le64toh(x) & ((UINT64_C(1) << 8 * l.n) - 1);
	h = (h ^ x ^ (uint64_t)(l.n + 1) << 56) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 31;
}

/* san_name_hash -- of the whole name. */
uint64_t san_name_hash(const struct san_name *n);

struct san_suffixes;

/* san_suffixes_new -- an empty set. NULL: out of memory. */
struct san_suffixes *san_suffixes_new(void);
void san_suffixes_free(struct san_suffixes *s);

/*
 * san_suffixes_add -- adds "corp", ".corp" or "corp.".
 * Errors: D4_EMALFORMED no such name.  D4_ENOMEM.
 */
D4_USED enum d4_status san_suffixes_add(
    struct san_suffixes *s, struct d4_slice suffix);

/* san_suffixes_has -- the name is one of the set or stands under one. */
bool san_suffixes_has(const struct san_suffixes *s, const struct san_name *n);

/*
 * san_name_denied_label -- some label is wpad, isatap or _msdcs.
 */
bool san_name_denied_label(const struct san_name *n);

/*
 * san_name_octet -- the number of a label "0".."255" without needless zeros.
 * san_name_nibble -- of a label of one hex digit. -1: it is none.
 */
int san_name_octet(struct d4_slice label);
int san_name_nibble(struct d4_slice label);

/*
 * san_name_reverse -- the name spells an address of the scope: under
 * in-addr.arpa or ip6.arpa (then also a prefix that overlaps it), or as four
 * octets or 32 nibbles in a row anywhere, as DNS blocklists have them.
 * scope NULL: any address counts.
 * Source: RFC 1035 3.5, RFC 3596 2.5, RFC 5782 2.1 and 2.4.
 */
bool san_name_reverse(
    const struct san_name *n, const struct d4_prefix_set *scope);

#endif
