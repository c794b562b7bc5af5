/*
 * d4-sanitize --audit: where protected addresses occur in a file, before and
 * after the pipeline. It does not ask the steps what they did: it cuts both
 * files itself and searches every byte, so that their mistakes show.
 */
#ifndef TOOLS_AUDIT_H
#define TOOLS_AUDIT_H

#include <stdio.h>
#include <openssl/evp.h>
#include "libd4/cutter.h"
#include "libd4/prefix.h"
#include "libd4/tally.h"
#include "tools/audit_place.h"

#define AUDIT_PLACES 256u       /* names; what comes later is "(other)" */
#define AUDIT_HITS   (1u << 20) /* pairs of address and place */

enum audit_side { AUDIT_IN, AUDIT_OUT, AUDIT_SIDES };

/* How an address is spelled; LIKELY ones are hardly there by chance. */
enum audit_spelling {
	AUDIT_BINARY,
	AUDIT_TEXT,     /* dotted, dashed, RFC 4291 */
	AUDIT_REVERSED, /* bytes in reversed order */
	AUDIT_INVERTED, /* all bits flipped, as Teredo does */
	AUDIT_HIDDEN,   /* hex digits, a number: perhaps by chance */
	AUDIT_CODED,    /* in-addr.arpa, 10[.]1, 10_1, escaped, base64 */
	AUDIT_SPELLINGS,
};

/* One address at one place in one spelling. */
struct audit_hit {
	struct d4_addr addr;
	uint16_t place;
	uint8_t spelling;
	uint64_t n[AUDIT_SIDES];
	uint64_t record[AUDIT_SIDES]; /* the first: its number, from 1 */
	uint64_t at[AUDIT_SIDES];     /* and its byte in the file */
	bool field;                   /* the place is for addresses */
};

/*
 * struct audit_book -- all hits.
 * Shape:  slot: an open hash table, 0 or the hit's index + 1, mask + 1 of
 *         them. full: a hit did not fit, so the audit proves nothing.
 */
struct audit_book {
	struct audit_hit *hit;
	size_t n, cap;
	uint32_t *slot;
	size_t mask;
	char (*place)[AUDIT_PLACE];
	unsigned places;
	bool full;
};

/* Where something was found. */
struct audit_spot {
	enum audit_side side;
	enum audit_spelling spelling;
	const char *place;
	bool field;
	uint64_t record, at;
};

D4_USED enum d4_status audit_book_init(struct audit_book *b);
void audit_book_fini(struct audit_book *b);

/* audit_book_note -- one more. When memory is out the book is full. */
void audit_book_note(struct audit_book *b, const struct d4_addr *a,
    const struct audit_spot *spot);

/* audit_book_sort -- by place, spelling, address; nothing is noted after. */
void audit_book_sort(struct audit_book *b);

/*
 * audit_book_own -- the different addresses that the input surely has: in a
 * field for addresses or written as text, sorted; *n of them. The caller
 * frees it. NULL: memory is out.
 */
struct d4_addr *audit_book_own(const struct audit_book *b, size_t *n);
bool audit_own_has(
    const struct d4_addr *own, size_t n, const struct d4_addr *a);

/* What is looked for. first: first 16 bits that a protected address has. */
struct audit_scope {
	struct d4_prefix_set set;
	bool first[2][65536]; /* IPv4, IPv6 */
};

/*
 * One record, cut out of a file, or (number 0) an opening itself. link: of a
 * packet, len bytes that begin at `head`, 0: it holds none; at: its first byte.
 */
struct audit_record {
	enum audit_side side;
	bool capture;
	uint8_t type;
	uint16_t link;
	size_t head, len;
	uint64_t number, at;
	struct d4_slice bytes, opening;
};

/* audit_block -- finds the packet of a pcapng block: link, head, len. */
void audit_block(struct audit_record *r);

/* audit_scan -- notes all that is in a record. */
void audit_scan(const struct audit_scope *s, const struct audit_record *r,
    struct audit_book *b);

/* A file under audit. broken: why it could not be followed to its end. */
struct audit_file {
	struct d4_cutter *cutter;
	EVP_MD_CTX *sha;
	uint8_t digest[32];
	uint64_t bytes, records, unread; /* unread: records without bytes */
	uint64_t at;                     /* bytes that were cut */
	uint64_t searched;               /* bytes of captures */
	struct d4_buf opening;           /* of the records that came last */
	enum d4_reason broken;
};

/*
 * struct audit -- one audit.
 * Shape:  capture: files are binary; type: D4 type. failed: memory is out or a
 *         hash failed: it proves nothing.
 */
struct audit {
	struct audit_scope scope;
	struct audit_book book;
	struct audit_file file[AUDIT_SIDES];
	bool capture, failed;
	uint8_t type;
};

/*
 * audit_new -- for files that are cut by kind.
 * Errors: D4_ENOMEM, D4_ECRYPTO; *out is NULL then.
 */
D4_USED enum d4_status audit_new(
    const struct d4_cutter_kind *kind, uint8_t type, struct audit **out);
void audit_free(struct audit *a);

/* audit_protect -- these networks' addresses are looked for. */
D4_USED enum d4_status audit_protect(
    struct audit *a, const struct d4_prefix_set *set);

/* audit_feed -- bytes of a file, in any cut. audit_end -- that was all. */
void audit_feed(struct audit *a, enum audit_side side, struct d4_slice in);
void audit_end(struct audit *a);

/* What a report says of the run. */
struct audit_facts {
	const char *policy, *pipeline, *hash, *partner;
	unsigned cls;
	const struct d4_tally *tally;
};

/*
 * audit_report -- the report for people. true: both files were read whole,
 * and no protected address of the input is in the output.
 */
bool audit_report(struct audit *a, const struct audit_facts *facts, FILE *out);

#endif
