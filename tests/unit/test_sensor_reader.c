#include <unistd.h>
#include "frames.h"
#include "libd4/wire.h"
#include "pcapng.h"
#include "sensor/reader.h"

/* A reader on a pipe; every frame's payload is gathered. */
struct bench {
	struct frames f;
	struct event_base *base;
	struct reader *reader;
	struct d4_buf got;
	int fd[2];
	uint8_t type;
	unsigned n_frames, ends, openings, turns;
	size_t taking;
	bool hold; /* leave frames in the ring */
	const char *why;
};

static void
on_frames(void *arg)
{
	struct bench *b = arg;
	uint32_t n;

	while (!b->hold && ring_next(b->f.ring) != NULL) {
		struct d4_slice s = frames_next(&b->f, b->type, &n);

		assert_int_equal(d4_buf_add(&b->got, s.p, s.n), D4_OK);
		b->n_frames++;
	}
}

static void
on_end(void *arg, const char *why)
{
	struct bench *b = arg;

	on_frames(b);
	b->ends++;
	b->why = why;
	(void)event_base_loopbreak(b->base);
}

static enum d4_status
on_opened(void *arg, struct d4_slice opening)
{
	struct bench *b = arg;

	assert_true(opening.n != 0);
	b->openings++;
	return D4_OK;
}

static void
on_turn(void *arg)
{
	struct bench *b = arg;

	on_frames(b);
	b->turns++;
}

static void
on_taking(void *arg, size_t n)
{
	struct bench *b = arg;

	b->taking = n;
}

static const struct reader_events events = {
    on_taking, on_frames, on_opened, on_turn, on_end};

static void
open_bench_from(struct bench *b, uint8_t type, const char *kind)
{
	struct reader_conf conf = {.source = {.row = d4_type_find(type)}};
	char path[32];

	*b = (struct bench){.type = type};
	frames_init(&b->f, type, 1000);
	d4_buf_init(&b->got, 64u << 20);
	b->base = event_base_new();
	assert_int_equal(pipe(b->fd), 0);
	/* The pipe's end as a file with a name. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", b->fd[0]);
	conf.source.base = b->base;
	conf.source.kind = source_find(kind);
	conf.source.path = path;
	conf.source.type = type;
	conf.framer = b->f.framer;
	conf.counts = &b->f.counts;
	assert_int_equal(reader_new(&conf, &events, b, &b->reader), D4_OK);
}

static void
open_bench(struct bench *b, uint8_t type)
{
	open_bench_from(b, type, "file");
}

static void
close_bench(struct bench *b)
{
	reader_free(b->reader);
	event_base_free(b->base);
	d4_buf_fini(&b->got);
	frames_fini(&b->f);
	(void)close(b->fd[0]);
	if (b->fd[1] >= 0)
		(void)close(b->fd[1]);
}

static void
feed(struct bench *b, const void *p, size_t n)
{
	assert_int_equal(write(b->fd[1], p, n), (ssize_t)n);
}

static void
eof(struct bench *b)
{
	(void)close(b->fd[1]);
	b->fd[1] = -1;
	assert_int_equal(event_base_dispatch(b->base), 0);
	assert_int_equal(b->ends, 1);
}

static void
lines_come_out_whole_and_the_last_gets_its_newline(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 8);
	feed(&b, "one\ntwo\nthr", 11);
	assert_true(event_base_loop(b.base, EVLOOP_ONCE) >= 0);
	feed(&b, "ee\nfour", 7);
	eof(&b);
	assert_null(b.why);
	assert_slice(d4_buf_slice(&b.got), "one\ntwo\nthree\nfour\n");
	assert_int_equal(b.f.counts.tally.in, 4);
	assert_int_equal(b.f.counts.bytes_in, 18);
	close_bench(&b);
}

static void
a_pause_of_the_source_sends_what_is_there(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 8);
	feed(&b, "live\n", 5);
	while (b.n_frames == 0)
		assert_true(event_base_loop(b.base, EVLOOP_ONCE) >= 0);
	assert_slice(d4_buf_slice(&b.got), "live\n");
	assert_int_equal(b.ends, 0);
	close_bench(&b);
}

static void
a_full_ring_stops_reading_and_resume_goes_on(void **state)
{
	static char line[1000];
	struct bench b;
	uint64_t fed = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	open_bench(&b, 3);
	b.hold = true;
	while (b.f.counts.bytes_in < 6u << 20) {
		uint64_t before = b.f.counts.bytes_in;

		for (unsigned i = 0; i < 60; i++, fed++)
			feed(&b, line, sizeof(line));
		assert_true(event_base_loop(b.base, EVLOOP_NONBLOCK) >= 0);
		if (b.f.counts.bytes_in == before)
			break;
	}
	/* About the ring's 4 MiB were read, and then no more. */
	assert_true(b.f.counts.bytes_in < 5u << 20);
	b.hold = false;
	on_frames(&b);
	reader_resume(b.reader);
	eof(&b);
	assert_int_equal(b.got.n, fed * sizeof(line));
	close_bench(&b);
}

static void
stop_ends_the_input_after_what_is_whole(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 8);
	feed(&b, "one\n", 4);
	while (b.f.counts.bytes_in == 0)
		assert_true(event_base_loop(b.base, EVLOOP_ONCE) >= 0);
	reader_stop(b.reader);
	assert_int_equal(b.ends, 1);
	assert_slice(d4_buf_slice(&b.got), "one\n");
	close_bench(&b);
}

/* A little-endian pcap: the opening, and packets of 4 bytes. */
static size_t
make_pcap(uint8_t *p, unsigned packets)
{
	static const uint8_t head[24] = {
	    0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [17] = 4, [20] = 1};
	size_t n = sizeof(head);

	memcpy(p, head, n);
	for (unsigned i = 0; i < packets; i++, n += 20) {
		memset(p + n, 0, 20);
		d4_put_le32(p + n, i + 1);
		d4_put_le32(p + n + 8, 4);
		d4_put_le32(p + n + 12, 4);
	}
	return n;
}

static void
a_capture_keeps_its_opening_and_loses_a_cut_packet(void **state)
{
	uint8_t pcap[24 + 3 * 20];
	size_t n = make_pcap(pcap, 3);
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	feed(&b, pcap, n - 7);
	eof(&b);
	assert_null(b.why);
	assert_int_equal(b.got.n, 40);
	assert_memory_equal(b.got.p, pcap + 24, 40);
	assert_int_equal(reader_opening(b.reader).n, 24);
	assert_memory_equal(reader_opening(b.reader).p, pcap, 24);
	assert_int_equal(b.f.counts.tally.in, 3);
	assert_int_equal(b.f.counts.tally.records[D4_R_EOF_PARTIAL], 1);
	close_bench(&b);
}

/* Packets of another section must not follow under the first one's header. */
static void
another_opening_on_the_way_waits_for_another_session(void **state)
{
	uint8_t room[512];
	struct png_out o = {.p = room};
	struct bench b;
	size_t first;

	(void)state;
	png_put_section(&o, UINT64_MAX);
	png_put_interface(&o, 1, 0, 0);
	png_put_packet(&o, 0, 4, 'a');
	first = o.n;
	png_put_interface(&o, 1, 0, 0);
	png_put_packet(&o, 1, 4, 'b');
	open_bench(&b, 5);
	feed(&b, room, o.n);
	while (b.turns == 0)
		(void)event_base_loop(b.base, EVLOOP_ONCE);
	assert_int_equal(b.got.n, 36);
	assert_int_equal(reader_opening(b.reader).n, first - 36);
	reader_turned(b.reader);
	assert_int_equal(reader_opening(b.reader).n, first - 36 + 20);
	assert_int_equal(b.openings, 2);
	eof(&b);
	assert_int_equal(b.got.n, 72);
	assert_int_equal(b.turns, 1);
	assert_int_equal(b.f.counts.tally.in, 2);
	close_bench(&b);
}

static void
what_is_no_capture_ends_the_input_with_a_reason(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	feed(&b, "this is not a capture file, is it?\n", 35);
	eof(&b);
	assert_string_equal(b.why, d4_reason_text(D4_R_PCAP_MAGIC));
	assert_int_equal(b.f.counts.tally.records[D4_R_PCAP_MAGIC], 1);
	assert_int_equal(b.got.n, 0);
	close_bench(&b);
}

static void
an_empty_input_ends_without_frames(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 8);
	eof(&b);
	assert_null(b.why);
	assert_int_equal(b.n_frames, 0);
	close_bench(&b);
}

static void
a_type_without_records_goes_through_as_it_is(void **state)
{
	char text[2500];
	struct bench b;

	(void)state;
	memset(text, 'q', sizeof(text));
	open_bench(&b, 9);
	feed(&b, text, sizeof(text));
	eof(&b);
	assert_int_equal(b.got.n, sizeof(text));
	assert_int_equal(b.n_frames, 3);
	assert_int_equal(b.f.counts.tally.in, 3);
	assert_int_equal(reader_opening(b.reader).n, 0);
	close_bench(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		lines_come_out_whole_and_the_last_gets_its_newline),
	    cmocka_unit_test(a_pause_of_the_source_sends_what_is_there),
	    cmocka_unit_test(a_full_ring_stops_reading_and_resume_goes_on),
	    cmocka_unit_test(stop_ends_the_input_after_what_is_whole),
	    cmocka_unit_test(
		a_capture_keeps_its_opening_and_loses_a_cut_packet),
	    cmocka_unit_test(
		another_opening_on_the_way_waits_for_another_session),
	    cmocka_unit_test(what_is_no_capture_ends_the_input_with_a_reason),
	    cmocka_unit_test(an_empty_input_ends_without_frames),
	    cmocka_unit_test(a_type_without_records_goes_through_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
