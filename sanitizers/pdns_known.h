/* What is said of a name, kept for the lines that say the same again. */
#ifndef SAN_PDNS_KNOWN_H
#define SAN_PDNS_KNOWN_H

#include "libd4/reason.h"
#include "libd4/slice.h"

#define SAN_KNOWN_TEXT 104u /* a longer text is not kept */

/*
 * struct san_pdns_known -- what was found out about the four fields class,
 * name, type and answer, which hangs on nothing else but the step.
 * Shape:  text[0..n): the fields as they came, with the bars between them;
 *         n 0: nothing is kept here. why: may they leave? If so, cut: bytes
 *         that trimming takes off the name's front; key: what a threshold
 *         knows name, type and answer by.
 */
struct san_pdns_known {
	uint64_t key[2];
	uint16_t why;
	uint8_t cut, n;
	uint8_t text[SAN_KNOWN_TEXT];
};

struct san_pdns_memory;

/* san_pdns_memory_new -- an empty one. Errors: D4_ENOMEM. */
D4_USED enum d4_status san_pdns_memory_new(struct san_pdns_memory **out);
void san_pdns_memory_free(struct san_pdns_memory *m);

/*
 * san_pdns_recall -- the place of a text, to the byte; it is valid until the
 * next call. *fresh: nothing is known yet, so the caller fills in all but text
 * and n.
 */
struct san_pdns_known *san_pdns_recall(
    struct san_pdns_memory *m, struct d4_slice text, bool *fresh);

/* san_pdns_forget -- what was to be filled in could not be found out. */
void san_pdns_forget(struct san_pdns_known *k);

#endif
