/*
 * Sequence numbers of IPFIX messages, rewritten for one session: each counts
 * the data records of its domain that were sent before. Pure.
 * Source: RFC 7011 section 3.1.
 */
#ifndef D4_IPFIX_NUMBER_H
#define D4_IPFIX_NUMBER_H

#include "libd4/ipfix_record.h"

#define IPFIX_NUMBER_DOMAINS 1024u /* of more, numbers stay as they are */

/* A domain, and how many of its records were sent. */
struct ipfix_count {
	uint32_t domain, sent;
};

/*
 * struct ipfix_number -- zero, then inited.
 * Shape:  known: the templates that were sent.
 * Owns:   known and count.
 */
struct ipfix_number {
	struct ipfix_templates known;
	struct ipfix_count *count;
	size_t n, cap;
};

void ipfix_number_init(struct ipfix_number *x);
void ipfix_number_fini(struct ipfix_number *x);

/*
 * ipfix_number -- writes the numbers of n bytes of whole messages. Data whose
 * template is not known counts nothing; when memory is out, templates are
 * forgotten: a reader then sees a number that it did not expect, as after a
 * loss. Answers whether templates are in a message with data.
 */
bool ipfix_number(struct ipfix_number *x, uint8_t *messages, size_t n);

#endif
