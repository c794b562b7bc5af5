#include "libd4/ipfix_record.h"
#include "libd4/wire.h"

#define RECORD_LONG 255u /* this length says: two bytes of length follow */

struct d4_slice
ipfix_fields(struct d4_slice record, uint16_t set)
{
	size_t head = set == IPFIX_OPTIONS ? 6 : 4;

	if (record.n < head)
		return d4_slice_of(NULL, 0);
	(void)d4_slice_skip(&record, head);
	return record;
}

bool
ipfix_field_next(struct d4_slice *fields, struct ipfix_field *out)
{
	bool enterprise = fields->n > 0 && (fields->p[0] & 0x80) != 0;
	size_t n = enterprise ? 8 : 4;
	struct d4_slice s;

	if (fields->n < n)
		return false;
	s = d4_slice_skip(fields, n);
	out->id = d4_get_be16(s.p) & 0x7fff;
	out->len = d4_get_be16(s.p + 2);
	out->enterprise = enterprise ? d4_get_be32(s.p + 4) : 0;
	return true;
}

/* The length in front of a value: one byte, or 255 and two. */
static bool
record_length(struct d4_slice *at, size_t *len)
{
	if (at->n < 1)
		return false;
	*len = d4_slice_skip(at, 1).p[0];
	if (*len < RECORD_LONG)
		return true;
	if (at->n < 2)
		return false;
	*len = d4_get_be16(d4_slice_skip(at, 2).p);
	return true;
}

bool
ipfix_value_next(struct d4_slice *at, uint16_t len, struct d4_slice *out)
{
	struct d4_slice s = *at;
	size_t n = len;

	if (len == IPFIX_VARIABLE && !record_length(&s, &n))
		return false;
	if (n > s.n)
		return false;
	*out = d4_slice_skip(&s, n);
	*at = s;
	return true;
}

bool
ipfix_record_next(
    struct d4_slice fields, struct d4_slice *at, struct d4_slice *out)
{
	struct d4_slice s = *at, value;
	struct ipfix_field f;

	while (ipfix_field_next(&fields, &f)) {
		if (!ipfix_value_next(&s, f.len, &value))
			return false;
	}
	if (s.n == at->n) /* nothing has no end */
		return false;
	*out = d4_slice_skip(at, at->n - s.n);
	return true;
}

/* Bytes of a record; 0: they differ, or are none. */
static size_t
record_fixed(struct d4_slice fields)
{
	struct ipfix_field f;
	size_t sum = 0;

	while (ipfix_field_next(&fields, &f)) {
		if (f.len == IPFIX_VARIABLE)
			return 0;
		sum += f.len;
	}
	return sum;
}

uint32_t
ipfix_records(struct d4_slice fields, struct d4_slice body)
{
	size_t len = record_fixed(fields);
	struct d4_slice one;
	uint32_t n = 0;

	if (len != 0)
		return (uint32_t)(body.n / len);
	while (ipfix_record_next(fields, &body, &one))
		n++;
	return n;
}
