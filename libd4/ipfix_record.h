/*
 * Data records of IPFIX: which bytes of a set are which field's. Pure.
 * Source: RFC 7011 sections 3.2, 3.4, 7.
 */
#ifndef D4_IPFIX_RECORD_H
#define D4_IPFIX_RECORD_H

#include "libd4/ipfix_templates.h"

#define IPFIX_HEADER     16u    /* bytes of a message's header */
#define IPFIX_SET_HEADER 4u     /* bytes of a set's */
#define IPFIX_DATA       256u   /* ids of data sets, from here */
#define IPFIX_VARIABLE   65535u /* a length that each value says itself */

/* An information element of a template; enterprise 0: IANA's. */
struct ipfix_field {
	uint32_t enterprise;
	uint16_t id, len;
};

/* ipfix_fields -- the fields of a template's record (set: its kind). */
struct d4_slice ipfix_fields(struct d4_slice record, uint16_t set);

/* ipfix_field_next -- takes one off. false: there is none any more. */
D4_USED bool ipfix_field_next(struct d4_slice *fields, struct ipfix_field *out);

/*
 * ipfix_value_next -- takes a field's value off a data record.
 * false: it is not all there, *at and *out are as before.
 */
D4_USED bool ipfix_value_next(
    struct d4_slice *at, uint16_t len, struct d4_slice *out);

/*
 * ipfix_record_next -- takes the next record off a data set's body, as its
 * template's fields say. false: what is left is padding, or no record.
 */
D4_USED bool ipfix_record_next(
    struct d4_slice fields, struct d4_slice *at, struct d4_slice *out);

/* ipfix_records -- how many records a data set's body holds. */
uint32_t ipfix_records(struct d4_slice fields, struct d4_slice body);

#endif
