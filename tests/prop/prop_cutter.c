/* Any cut of any stream gives the same records, losses and end. */
#include "stream.h"
#include "ipfix.h"
#include "pcap.h"
#include "pcapng.h"

#define ROOM 65536u

/* A capture of some packets, sometimes damaged, reopened or cut short. */
static size_t
make_pcap(struct prop *p, uint8_t *room)
{
	static const uint32_t links[] = {1, 113, 0x24000001, 0x00020001};
	struct pcap_out o = {.p = room, .format = 1 + prop_next(p) % 4};
	size_t packets = prop_below(p, 20), n;

	pcap_put_opening(&o, links[prop_below(p, prop_below(p, 8) ? 2 : 4)]);
	for (size_t i = 0; i < packets; i++) {
		uint32_t len = (uint32_t)prop_below(p, i % 3 ? 90 : 2000);

		if (prop_below(p, 12) == 0)
			pcap_put_opening(&o, 1);
		pcap_put_packet(&o, len, (uint8_t)i);
	}
	for (n = prop_below(p, 4) ? 0 : prop_below(p, 4); n > 0; n--)
		room[prop_below(p, o.n)] = (uint8_t)prop_next(p);
	return prop_below(p, 3) ? o.n : prop_below(p, o.n + 1);
}

/* Sections of any order with interfaces that come at any time. */
static size_t
make_pcapng(struct prop *p, uint8_t *room)
{
	struct png_out o = {.p = room, .big = prop_below(p, 2)};
	size_t blocks = prop_below(p, 25), n;

	png_put_section(&o, prop_next(p));
	for (size_t i = 0; i < blocks; i++) {
		uint32_t len = (uint32_t)prop_below(p, i % 3 ? 90 : 2000);
		size_t what = prop_below(p, 10);

		if (what == 0) {
			o.big = prop_below(p, 2);
			png_put_section(&o, UINT64_MAX);
		}
		if (what <= 2 || i == 0)
			png_put_interface(&o, 1, 0, (uint16_t)(len % 40));
		if (what == 3)
			png_put_block(&o, 4, len);
		if (what == 4)
			png_put_simple(&o, len, len);
		png_put_packet(&o, (uint32_t)prop_below(p, 2), len, (uint8_t)i);
	}
	for (n = prop_below(p, 4) ? 0 : prop_below(p, 4); n > 0; n--)
		room[prop_below(p, o.n)] = (uint8_t)prop_next(p);
	return prop_below(p, 3) ? o.n : prop_below(p, o.n + 1);
}

/* Templates of three domains that come, change and go, and data. */
static size_t
make_ipfix(struct prop *p, uint8_t *room)
{
	struct ipfix_out o = {.p = room};
	size_t messages = prop_below(p, 25), n;

	for (size_t i = 0; i < messages; i++) {
		ipfix_message(&o, (uint32_t)prop_below(p, 3));
		for (n = prop_below(p, 4); n > 0; n--) {
			unsigned set = 2 + (unsigned)prop_below(p, 2);
			unsigned id = 256 + (unsigned)prop_below(p, 5);

			ipfix_set(&o, prop_below(p, 2) ? set : id);
			if (set == 2)
				ipfix_template(
				    &o, id, (unsigned)prop_below(p, 9));
			else
				ipfix_option(&o, prop_below(p, 9) ? id : 3,
				    (unsigned)prop_below(p, 9));
			ipfix_end(&o);
		}
		o.set = o.message;
		ipfix_end(&o);
	}
	for (n = prop_below(p, 4) ? 0 : prop_below(p, 4); n > 0 && o.n; n--)
		room[prop_below(p, o.n)] = (uint8_t)prop_next(p);
	return prop_below(p, 3) ? o.n : prop_below(p, o.n + 1);
}

/* What type 4 can be: a capture, or a text that is folded here and there. */
static size_t
make_dnscap(struct prop *p, uint8_t *room)
{
	size_t n = 0, lines = prop_below(p, 60);

	if (prop_below(p, 2))
		return make_pcap(p, room);
	for (size_t i = 0; i < lines; i++) {
		size_t len = prop_below(p, i % 4 ? 60 : 900);

		memset(room + n, 'a' + (int)(i % 26), len);
		n += len;
		if (prop_below(p, 2))
			room[n++] = '\\';
		room[n++] = '\n';
	}
	return prop_below(p, 3) ? n : prop_below(p, n + 1);
}

static size_t
make_lines(struct prop *p, uint8_t *room)
{
	size_t n = 0, lines = prop_below(p, 60);

	for (size_t i = 0; i < lines; i++) {
		size_t len = prop_below(p, i % 4 ? 60 : 900);

		memset(room + n, 'a' + (int)(i % 26), len);
		n += len;
		room[n++] = '\n';
	}
	return prop_below(p, 3) ? n : prop_below(p, n + 1);
}

static void
any_cut_is_the_same(
    const struct d4_cutter_kind *kind, size_t (*make)(struct prop *, uint8_t *))
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000);
	uint8_t *room = malloc(ROOM);
	struct d4_buf whole, cut;

	assert_non_null(room);
	d4_buf_init(&whole, STREAM_MAX);
	d4_buf_init(&cut, STREAM_MAX);
	for (uint64_t i = 0; i < cases; i++) {
		struct prop p = prop_case(seed, i);
		struct d4_slice s = d4_slice_of(room, make(&p, room));

		stream_cut(kind, s, NULL, &whole);
		stream_cut(kind, s, &p, &cut);
		if (!d4_slice_eq(d4_buf_slice(&whole), d4_buf_slice(&cut)))
			fail_msg("%s: seed %llu case %llu differs", kind->name,
			    (unsigned long long)seed, (unsigned long long)i);
	}
	d4_buf_fini(&whole);
	d4_buf_fini(&cut);
	free(room);
}

static void
any_cut_of_a_capture_gives_the_same_packets(void **state)
{
	(void)state;
	any_cut_is_the_same(&d4_cutter_pcap, make_pcap);
}

static void
any_cut_of_sections_gives_the_same_blocks(void **state)
{
	(void)state;
	any_cut_is_the_same(&d4_cutter_pcapng, make_pcapng);
}

static void
any_cut_of_a_flow_export_gives_the_same_messages(void **state)
{
	(void)state;
	any_cut_is_the_same(&d4_cutter_ipfix, make_ipfix);
}

static void
any_cut_of_dnscaps_output_gives_the_same_records(void **state)
{
	(void)state;
	any_cut_is_the_same(&d4_cutter_dnscap, make_dnscap);
}

static void
any_cut_of_a_text_gives_the_same_lines(void **state)
{
	(void)state;
	any_cut_is_the_same(&d4_cutter_lines, make_lines);
}

/* Lines around the limit are a megabyte each, so there are fewer cases. */
static void
any_cut_of_lines_at_the_limit_gives_the_same_lines(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(2000) / 100;
	size_t room = 5 * (size_t)D4_LINE_MAX;
	uint8_t *text = malloc(room);
	struct d4_buf whole, cut;

	(void)state;
	assert_non_null(text);
	d4_buf_init(&whole, STREAM_MAX);
	d4_buf_init(&cut, STREAM_MAX);
	for (uint64_t i = 0; i < cases; i++) {
		struct prop p = prop_case(seed, i);
		size_t n = 0;

		while (n < room - D4_LINE_MAX - 4 && prop_below(&p, 8)) {
			size_t len = D4_LINE_MAX + prop_below(&p, 5) - 2;

			if (prop_below(&p, 3) == 0)
				len = prop_below(&p, 100);
			memset(text + n, 'x', len);
			n += len;
			text[n++] = '\n';
		}
		n -= prop_below(&p, 2) && n > 1 ? 1 : 0;
		stream_cut(
		    &d4_cutter_lines, d4_slice_of(text, n), NULL, &whole);
		stream_cut(&d4_cutter_lines, d4_slice_of(text, n), &p, &cut);
		if (!d4_slice_eq(d4_buf_slice(&whole), d4_buf_slice(&cut)))
			fail_msg("seed %llu case %llu differs",
			    (unsigned long long)seed, (unsigned long long)i);
	}
	d4_buf_fini(&whole);
	d4_buf_fini(&cut);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_of_a_capture_gives_the_same_packets),
	    cmocka_unit_test(any_cut_of_sections_gives_the_same_blocks),
	    cmocka_unit_test(any_cut_of_a_flow_export_gives_the_same_messages),
	    cmocka_unit_test(any_cut_of_dnscaps_output_gives_the_same_records),
	    cmocka_unit_test(any_cut_of_a_text_gives_the_same_lines),
	    cmocka_unit_test(
		any_cut_of_lines_at_the_limit_gives_the_same_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
