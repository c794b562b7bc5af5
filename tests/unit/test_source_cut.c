#include "libd4/type.h"
#include "relay/source_cut.h"
#include "test.h"
#include "ipfix.h"
#include "pcap.h"
#include "pcapng.h"

/* What does not depend on how the bytes were cut. */
struct sum {
	uint64_t n, lost, bytes, hash;
};

static void
note(struct sum *s, const struct source_cut *c)
{
	size_t open = c->out.n > 0 ? c->opening : 0;

	s->n += c->n;
	for (size_t i = 0; i < c->n_lost; i++) {
		s->lost += c->lost[i].n;
		s->bytes += c->lost[i].bytes;
	}
	for (size_t i = open; i < c->out.n; i++)
		s->hash = (s->hash ^ c->out.p[i]) * 1099511628211u;
}

/* The entry of what was fed, and those of the rest under other openings. */
static unsigned
note_all(struct sum *s, struct source_cut *c)
{
	unsigned entries = c->n > 0;

	note(s, c);
	while (source_cut_full(c)) {
		source_cut_begin(c);
		assert_int_equal(c->seq, s->n);
		assert_int_equal(source_cut_go(c), D4_OK);
		note(s, c);
		entries += c->n > 0;
	}
	return entries;
}

static struct sum
run(uint8_t type, struct d4_slice in, size_t step, bool whole)
{
	struct source_cut c;
	struct sum s = {.n = 0};

	assert_int_equal(
	    source_cut_init(&c, d4_type_find(type)->cutter), D4_OK);
	do {
		size_t n = in.n < step ? in.n : step;

		source_cut_begin(&c);
		assert_int_equal(c.seq, s.n);
		assert_int_equal(
		    source_cut_feed(&c, d4_slice_skip(&in, n)), D4_OK);
		if (in.n > 0 || source_cut_full(&c)) {
			(void)note_all(&s, &c);
			source_cut_begin(&c);
		}
		if (in.n == 0) {
			assert_int_equal(source_cut_end(&c, whole), D4_OK);
			note(&s, &c);
		}
	} while (in.n > 0);
	source_cut_fini(&c);
	return s;
}

static void
any_cut_gives_the_same_records(void **state)
{
	uint8_t bytes[4096];
	struct pcap_out o = {.p = bytes, .format = 2};
	struct d4_slice in;
	struct sum whole;

	(void)state;
	pcap_put_opening(&o, 1);
	for (unsigned i = 0; i < 20; i++)
		pcap_put_packet(&o, i * 7, (uint8_t)i);
	in = d4_slice_of(o.p, o.n);
	whole = run(1, in, o.n, true);
	assert_int_equal(whole.n, 20);
	assert_int_equal(whole.lost, 0);
	for (size_t step = 1; step < 200; step++) {
		struct sum cut = run(1, in, step, true);

		assert_memory_equal(&cut, &whole, sizeof(cut));
	}
}

/* Two sections, three interfaces that are described on the way. */
static size_t
sections(uint8_t *p)
{
	struct png_out o = {.p = p};

	png_put_section(&o, UINT64_MAX);
	png_put_interface(&o, 1, 65535, 0);
	png_put_packet(&o, 0, 40, 'a');
	png_put_packet(&o, 0, 41, 'b');
	png_put_interface(&o, 1, 65535, 7);
	png_put_packet(&o, 1, 42, 'c');
	o.big = true;
	png_put_section(&o, UINT64_MAX);
	png_put_interface(&o, 1, 65535, 0);
	png_put_packet(&o, 0, 43, 'd');
	return o.n;
}

/* Data before its template, a template, another under the same number. */
static size_t
templates(uint8_t *p)
{
	struct ipfix_out o = {.p = p};

	for (unsigned i = 0; i < 5; i++) {
		ipfix_message(&o, 7);
		ipfix_set(&o, i % 2 == 0 ? 300 : 2);
		if (i % 2 == 0)
			o.n += 12;
		else
			ipfix_template(&o, 300, 3 - i / 2);
		ipfix_end(&o);
	}
	return o.n;
}

static void
an_entry_has_one_opening_however_the_bytes_are_cut(void **state)
{
	static const struct {
		uint8_t type;
		size_t (*make)(uint8_t *p);
		unsigned records, entries;
	} rows[] = {{5, sections, 4, 3}, {7, templates, 3, 3}};
	uint8_t bytes[4096] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = rows[i].make(bytes);
		struct sum whole =
		    run(rows[i].type, d4_slice_of(bytes, n), n, true);
		struct sum sum = {.n = 0};
		struct source_cut c;

		assert_int_equal(whole.n, rows[i].records);
		assert_int_equal(whole.lost, 0);
		for (size_t step = 1; step < 100; step++) {
			sum = run(
			    rows[i].type, d4_slice_of(bytes, n), step, true);
			assert_memory_equal(&sum, &whole, sizeof(sum));
		}
		sum = (struct sum){.n = 0};
		assert_int_equal(
		    source_cut_init(&c, d4_type_find(rows[i].type)->cutter),
		    D4_OK);
		source_cut_begin(&c);
		assert_int_equal(
		    source_cut_feed(&c, d4_slice_of(bytes, n)), D4_OK);
		assert_int_equal(note_all(&sum, &c), rows[i].entries);
		source_cut_fini(&c);
	}
}

static void
a_last_line_without_its_newline_is_a_line_of_a_whole_file_only(void **state)
{
	struct sum s = run(8, d4_slice_str("a\nbc"), 2, true);

	(void)state;
	assert_int_equal(s.n, 2);
	assert_int_equal(s.lost, 0);
	s = run(8, d4_slice_str("a\nbc"), 2, false);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.lost, 1);
	assert_int_equal(s.bytes, 2);
	s = run(8, d4_slice_str(""), 2, true);
	assert_int_equal(s.n + s.lost, 0);
}

static void
what_cannot_be_followed_counts_once_and_all_its_bytes(void **state)
{
	uint8_t bytes[256];
	struct pcap_out o = {.p = bytes, .format = 1};
	struct source_cut c;
	struct sum s;

	(void)state;
	s = run(1, d4_slice_str("this is no capture, and it goes on"), 5, true);
	assert_int_equal(s.n, 0);
	assert_int_equal(s.lost, 1);
	pcap_put_opening(&o, 1);
	pcap_put_packet(&o, 3, 1);
	memset(o.p + o.n, 0xff, 40);
	assert_int_equal(source_cut_init(&c, &d4_cutter_pcap), D4_OK);
	source_cut_begin(&c);
	assert_int_equal(
	    source_cut_feed(&c, d4_slice_of(o.p, o.n + 40)), D4_OK);
	assert_int_equal(c.n, 1);
	assert_true(c.dead);
	assert_int_equal(c.n_lost, 1);
	assert_int_equal(c.lost[0].why, D4_R_PCAP_DESYNC);
	source_cut_begin(&c);
	assert_int_equal(source_cut_feed(&c, d4_slice_str("more")), D4_OK);
	assert_int_equal(c.lost[0].n, 0);
	assert_int_equal(c.lost[0].bytes, 4);
	assert_int_equal(source_cut_end(&c, true), D4_OK);
	source_cut_fini(&c);
}

static void
each_reason_has_its_own_count(void **state)
{
	static char text[D4_LINE_MAX + 8];
	struct source_cut c;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[D4_LINE_MAX + 3] = '\n';
	assert_int_equal(source_cut_init(&c, &d4_cutter_lines), D4_OK);
	source_cut_begin(&c);
	assert_int_equal(
	    source_cut_feed(&c, d4_slice_of(text, sizeof(text))), D4_OK);
	assert_int_equal(source_cut_end(&c, false), D4_OK);
	assert_int_equal(c.n_lost, 2);
	assert_int_equal(c.lost[0].why, D4_R_LINE_TOOLONG);
	assert_int_equal(c.lost[0].bytes, D4_LINE_MAX + 4);
	assert_int_equal(c.lost[1].why, D4_R_EOF_PARTIAL);
	assert_int_equal(c.lost[1].bytes, 4);
	source_cut_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_gives_the_same_records),
	    cmocka_unit_test(
		an_entry_has_one_opening_however_the_bytes_are_cut),
	    cmocka_unit_test(
		a_last_line_without_its_newline_is_a_line_of_a_whole_file_only),
	    cmocka_unit_test(
		what_cannot_be_followed_counts_once_and_all_its_bytes),
	    cmocka_unit_test(each_reason_has_its_own_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
