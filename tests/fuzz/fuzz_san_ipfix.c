/*
 * IPFIX through four pipelines. First byte: which, and the size of the
 * pieces; the rest is the stream. What must hold besides: messages are whole,
 * every record has a template in front of it in the output, no address field
 * holds an address of the scope, what is not of the list (of flows, or of what
 * is said of exporters) is zero or empty, and sequence numbers are those that
 * another count gives.
 */
#include "fuzz_blocks.h"
#include "libd4/ipfix_number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const fuzz_steps[] = {
    "[addr: {scope: s, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep, require_scope: any}]",
    "[addr: {scope: s, others: map, into: [198.18.0.0/16, "
    "'2001:db8:fffe::/48'], require_scope: dst}, time: 1h]",
    "[addr: {scope: s, method: zero, others: drop}]",
    "[addr: {scope: s, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep}, epoch: 1h]",
};

/* Of this one pseudonyms of others may lie in the scope, by chance. */
#define FUZZ_MAPS_OTHERS 1u

static bool maps_others;

#define FUZZ_STEPS ((unsigned)(sizeof(fuzz_steps) / sizeof(fuzz_steps[0])))

static bool
in_scope(struct d4_slice value)
{
	static const uint8_t six[] = {0x20, 1, 0xd, 0xb8, 0, 0x77};

	if (value.n == 4)
		return d4_get_be16(value.p) == 0x0a01;
	return value.n == 16 && memcmp(value.p, six, 6) == 0;
}

static bool
zero(struct d4_slice value)
{
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] != 0)
			return false;
	}
	return true;
}

/* An element that may be said of an exporter. */
static bool
listed_option(const struct ipfix_field *f)
{
	static const uint16_t list[] = {34, 35, 36, 37, 40, 41, 42, 48, 49, 50,
	    85, 86, 134, 135, 143, 144, 145, 149, 164, 165, 166, 167, 168, 302,
	    304, 305, 306, 307, 308, 309, 310, 311, 318, 319, 0};
	const uint16_t *at = list;

	while (*at != 0 && *at != f->id)
		at++;
	return f->enterprise == 0 && *at != 0;
}

/* An element that may hold something. */
static bool
listed(const struct ipfix_field *f)
{
	static const uint16_t iana[] = {1, 2, 4, 6, 7, 8, 11, 12, 27, 28, 48,
	    85, 86, 136, 150, 151, 152, 153, 302, 0};
	static const uint16_t cert[] = {
	    14, 15, 21, 33, 35, 40, 500, 501, 502, 503, 504, 505, 506, 0};
	const uint16_t *list = f->enterprise == 6871 ? cert : iana;
	uint16_t id = f->enterprise == 6871 ? f->id & 0x3fff : f->id;

	if (f->enterprise != 0 && f->enterprise != 6871 &&
	    f->enterprise != 29305)
		return false;
	while (*list != 0 && *list != id)
		list++;
	return *list != 0;
}

static void
flow(const struct ipfix_template *t, struct d4_slice record)
{
	struct d4_slice fields = ipfix_fields(t->record, t->set), value;
	struct ipfix_field f;

	while (ipfix_field_next(&fields, &f)) {
		HOLDS(ipfix_value_next(&record, f.len, &value));
		HOLDS(f.len != IPFIX_VARIABLE || value.n == 0);
		if (t->set == IPFIX_OPTIONS ? !listed_option(&f) : !listed(&f))
			HOLDS(zero(value));
		else if (f.enterprise != 6871 &&
			 (f.id == 8 || f.id == 12 || f.id == 27 || f.id == 28))
			HOLDS(maps_others || !in_scope(value));
	}
}

/* One message, with what the output defined before it; answers its flows. */
static uint64_t
message(struct ipfix_templates *known, struct d4_slice m)
{
	struct d4_slice sets = m, one;
	struct ipfix_set s;
	uint64_t n = 0;

	(void)d4_slice_skip(&sets, IPFIX_HEADER);
	while (sets.n != 0) {
		const struct ipfix_template *t;

		HOLDS(ipfix_set_next(&sets, &s));
		HOLDS(s.id == IPFIX_TEMPLATES || s.id == IPFIX_OPTIONS ||
		      s.id >= IPFIX_DATA);
		HOLDS(ipfix_templates_learn_set(known, m.p, &s) == D4_OK);
		if (s.id < IPFIX_DATA)
			continue;
		t = ipfix_templates_find(known, d4_get_be32(m.p + 12), s.id);
		HOLDS(t != NULL);
		while (ipfix_record_next(
		    ipfix_fields(t->record, t->set), &s.body, &one)) {
			flow(t, one);
			n++;
		}
		HOLDS(s.body.n == 0);
	}
	return n;
}

static uint64_t
framing(struct d4_slice out)
{
	struct ipfix_templates known;
	uint64_t n = 0;

	ipfix_templates_init(&known);
	while (out.n != 0) {
		size_t len;

		HOLDS(out.n >= IPFIX_HEADER && d4_get_be16(out.p) == 10);
		len = d4_get_be16(out.p + 2);
		HOLDS(len >= IPFIX_HEADER && len <= out.n);
		n += message(&known, d4_slice_skip(&out, len));
	}
	ipfix_templates_fini(&known);
	return n;
}

/* The same numbers, counted by another. */
static void
numbers(const struct d4_buf *out)
{
	uint8_t *copy = malloc(out->n + 1);
	struct ipfix_number x;

	HOLDS(copy != NULL);
	memcpy(copy, out->p, out->n);
	ipfix_number_init(&x);
	(void)ipfix_number(&x, copy, out->n);
	HOLDS(memcmp(copy, out->p, out->n) == 0);
	ipfix_number_fini(&x);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_run r;

	if (size < 2)
		return 0;
	maps_others = data[0] % FUZZ_STEPS == FUZZ_MAPS_OTHERS;
	fuzz_both(fuzz_steps, FUZZ_STEPS, 7, d4_slice_of(data, size), &r);
	if (!r.broken) {
		HOLDS(framing(d4_buf_slice(&r.out)) == r.tally.parts[0]);
		if (r.out.n != 0)
			numbers(&r.out);
	}
	d4_buf_fini(&r.out);
	return 0;
}
