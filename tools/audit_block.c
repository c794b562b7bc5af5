/* The audit's map of pcapng blocks and IPFIX messages: only names hang on it.
 */
#include <string.h>
#include "libd4/ipfix_record.h"
#include "libd4/wire.h"
#include "tools/audit.h"

#define BLOCK_FACE     1u
#define BLOCK_SIMPLE   3u
#define BLOCK_ENHANCED 6u

/* block_link -- of the i-th interface. */
static uint16_t
block_link(struct d4_slice opening, bool big, uint32_t i)
{
	while (opening.n >= 12) {
		uint32_t n = d4_get_32(big, opening.p + 4);
		const uint8_t *p = opening.p;

		if (n < 12 || n > opening.n)
			return 0;
		(void)d4_slice_skip(&opening, n);
		if (d4_get_32(big, p) == BLOCK_FACE && i-- == 0)
			return d4_get_16(big, p + 8);
	}
	return 0;
}

void
audit_block(struct audit_record *r)
{
	struct d4_slice b = r->bytes, o = r->opening;
	bool big = o.n >= 12 && d4_get_be32(o.p + 8) == 0x1a2b3c4d;
	uint32_t type, face = 0, len;

	if (b.n < 32)
		return;
	type = d4_get_32(big, b.p);
	if (type != BLOCK_ENHANCED && type != BLOCK_SIMPLE)
		return;
	r->head = type == BLOCK_ENHANCED ? 28 : 12;
	len = d4_get_32(big, b.p + (type == BLOCK_ENHANCED ? 20 : 8));
	r->len = len < b.n - r->head - 4 ? len : b.n - r->head - 4;
	if (type == BLOCK_ENHANCED)
		face = d4_get_32(big, b.p + 8);
	r->link = block_link(o, big, face);
}

/* ---- IPFIX ---- */

/* A definition of the id among sets; the last one counts. */
static void
message_define(struct d4_slice sets, uint16_t id, struct d4_slice *fields)
{
	struct ipfix_set s;
	struct ipfix_def d;

	while (ipfix_set_next(&sets, &s)) {
		if (s.id != IPFIX_TEMPLATES && s.id != IPFIX_OPTIONS)
			continue;
		while (ipfix_def_next(&s.body, s.id, &d) == D4_OK) {
			if (d.id == id)
				*fields = ipfix_fields(d.record, s.id);
		}
	}
}

/* The fields of a data set: of the opening, or of the message itself. */
static struct d4_slice
message_fields(struct d4_slice opening, struct d4_slice m, uint16_t id)
{
	struct d4_slice fields = d4_slice_of(NULL, 0), one;
	uint32_t domain = d4_get_be32(m.p + 12);

	while (opening.n >= IPFIX_HEADER) {
		size_t n = d4_get_be16(opening.p + 2);
		bool mine = d4_get_be32(opening.p + 12) == domain;

		if (n < IPFIX_HEADER || n > opening.n)
			break;
		one = d4_slice_skip(&opening, n);
		(void)d4_slice_skip(&one, IPFIX_HEADER);
		if (mine)
			message_define(one, id, &fields);
	}
	(void)d4_slice_skip(&m, IPFIX_HEADER);
	message_define(m, id, &fields);
	return fields;
}

/* The element whose value the byte at p is of; false: of none. */
static bool
message_element(struct d4_slice fields, struct d4_slice body, const uint8_t *p,
    struct ipfix_field *f, bool *begins)
{
	struct d4_slice one, at, value;

	while (ipfix_record_next(fields, &body, &one)) {
		if (p >= one.p + one.n)
			continue;
		for (at = fields; ipfix_field_next(&at, f);) {
			if (!ipfix_value_next(&one, f->len, &value))
				return false;
			*begins = p == value.p;
			if (p < value.p + value.n)
				return true;
		}
	}
	return false;
}

static bool
message_address(const struct ipfix_field *f)
{
	return (f->enterprise == 0 || f->enterprise == 29305) &&
	       (((f->id == 8 || f->id == 12) && f->len == 4) ||
		   ((f->id == 27 || f->id == 28) && f->len == 16));
}

static bool
message_data(struct d4_slice fields, const struct ipfix_set *s,
    const uint8_t *p, char out[AUDIT_PLACE])
{
	bool begins = false;
	struct ipfix_field f;

	(void)snprintf(out, AUDIT_PLACE, "data without a template");
	if (!message_element(fields, s->body, p, &f, &begins))
		return false;
	if (f.enterprise != 0)
		(void)snprintf(out, AUDIT_PLACE, "element %u/%u",
		    (unsigned)f.enterprise, f.id);
	else
		(void)snprintf(out, AUDIT_PLACE, "element %u", f.id);
	return begins && message_address(&f);
}

bool
audit_message(struct d4_slice opening, struct d4_slice m, size_t at,
    char out[AUDIT_PLACE])
{
	struct d4_slice sets = m;
	struct ipfix_set s;

	(void)snprintf(out, AUDIT_PLACE, "message header");
	if (m.n < IPFIX_HEADER || at < IPFIX_HEADER)
		return false;
	(void)d4_slice_skip(&sets, IPFIX_HEADER);
	(void)snprintf(out, AUDIT_PLACE, "templates");
	while (ipfix_set_next(&sets, &s)) {
		if (sets.n != 0 && m.p + at >= sets.p)
			continue;
		if (s.id < IPFIX_DATA)
			return false;
		return message_data(
		    message_fields(opening, m, s.id), &s, m.p + at, out);
	}
	return false;
}
