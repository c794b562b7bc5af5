/*
 * Whatever allocation fails, the answer is D4_ENOMEM, nothing leaks (ASan) and
 * what can go on goes on: each is run with its n-th allocation failing, for
 * n = 1, 2 ... until none is reached any more.
 */
#include "test.h"
#include "alloc_fail.h"
#include "ipfix.h"
#include "pcap.h"
#include "pcapng.h"
#include "libd4/cutter.h"
#include "libd4/frame.h"
#include "libd4/hmac.h"

#define ROOM (1u << 20)

/* One run; true when it saw D4_ENOMEM. */
static bool
run_buf(struct d4_slice s)
{
	struct d4_buf b;
	enum d4_status st = D4_OK;

	d4_buf_init(&b, 2 * ROOM);
	for (size_t i = 0; i < s.n && st == D4_OK; i += 1000) {
		struct d4_buf before = b;

		st = d4_buf_add(&b, s.p + i, s.n - i < 1000 ? s.n - i : 1000);
		if (st != D4_OK)
			assert_memory_equal(&b, &before, sizeof(b));
	}
	if (st == D4_OK)
		st = d4_buf_addf(&b, "%02000d", 1);
	d4_buf_fini(&b);
	return st == D4_ENOMEM;
}

static bool
run_parser(struct d4_slice s)
{
	enum d4_status st;
	struct d4_parser *p = NULL;
	struct d4_frame f;

	st = d4_parser_new(ROOM, &p);
	while (st == D4_OK && s.n != 0) {
		struct d4_slice in = d4_slice_skip(&s, s.n < 777 ? s.n : 777);

		while ((st = d4_parser_feed(p, &in, &f)) == D4_OK)
			assert_int_equal(f.payload.n, f.header.size);
		if (st == D4_ENOMEM) /* final: the stream is lost */
			assert_int_equal(d4_parser_feed(p, &in, &f), D4_ENOMEM);
		st = st == D4_AGAIN ? D4_OK : st;
	}
	d4_parser_free(p);
	return st == D4_ENOMEM;
}

/* Not final: what is left in the input is fed again and nothing is lost. */
static bool
run_cutter(const struct d4_cutter_kind *kind, struct d4_slice s, uint64_t want)
{
	bool seen = false;
	struct d4_cutter *c = NULL;
	struct d4_run run;
	uint64_t bytes = 0;

	if (d4_cutter_new(kind, &c) != D4_OK)
		return true;
	while (s.n != 0) {
		struct d4_slice in = d4_slice_skip(&s, s.n < 777 ? s.n : 777);
		enum d4_status st = D4_OK;

		while (st != D4_AGAIN) {
			st = d4_cutter_feed(c, &in, &run);
			assert_true(
			    st == D4_OK || st == D4_AGAIN || st == D4_ENOMEM);
			bytes += st == D4_OK ? run.bytes : 0;
			seen = seen || st == D4_ENOMEM;
		}
	}
	assert_true(bytes == want);
	d4_cutter_free(c);
	return seen;
}

static size_t
make_frames(uint8_t *room)
{
	struct d4_header h = {.version = 1, .type = 8};
	size_t n = 0;

	for (uint32_t size = 10; size < 100000; size *= 9) {
		h.size = size;
		d4_header_encode(&h, room + n);
		memset(room + n + D4_HEADER_LEN, 'x', size);
		n += D4_HEADER_LEN + size;
	}
	return n;
}

static size_t
make_pcap(uint8_t *room)
{
	struct pcap_out o = {.p = room, .format = 1};

	pcap_put_opening(&o, 1);
	for (uint32_t len = 0; len < 200000; len = 3 * len + 50)
		pcap_put_packet(&o, len, 'x');
	return o.n;
}

static size_t
make_pcapng(uint8_t *room, size_t *opening)
{
	struct png_out o = {.p = room};

	png_put_section(&o, UINT64_MAX);
	png_put_interface(&o, 1, 0, 0);
	*opening = o.n;
	for (uint32_t len = 0; len < 200000; len = 3 * len + 50) {
		size_t at;

		png_put_packet(&o, 0, len, 'x');
		at = o.n;
		png_put_interface(&o, 1, 0, (uint16_t)(len % 3000));
		*opening += o.n - at;
	}
	return o.n;
}

static size_t
make_lines(uint8_t *room)
{
	size_t n = 0;

	for (size_t len = 1; len < 200000; len *= 7) {
		memset(room + n, 'x', len);
		n += len;
		room[n++] = '\n';
	}
	return n;
}

static uint8_t *
new_room(void)
{
	uint8_t *room = malloc(ROOM);

	assert_non_null(room);
	return room;
}

#define EACH_FAILURE(call)                               \
	for (unsigned long n_ = 1;; n_++) {              \
		bool seen_;                              \
		alloc_fail_at(n_);                       \
		seen_ = (call);                          \
		assert_int_equal(seen_, alloc_failed()); \
		if (!alloc_failed()) {                   \
			assert_true(n_ > 2);             \
			break;                           \
		}                                        \
	}                                                \
	alloc_fail_at(0)

static void
a_buffer_survives_each_failing_allocation(void **state)
{
	uint8_t *room = new_room();

	(void)state;
	memset(room, 'x', ROOM);
	EACH_FAILURE(run_buf(d4_slice_of(room, ROOM)));
	free(room);
}

static void
a_parser_survives_each_failing_allocation(void **state)
{
	uint8_t *room = new_room();
	size_t n = make_frames(room);

	(void)state;
	EACH_FAILURE(run_parser(d4_slice_of(room, n)));
	free(room);
}

static void
a_pcap_cutter_loses_nothing_to_a_failing_allocation(void **state)
{
	uint8_t *room = new_room();
	size_t n = make_pcap(room);

	(void)state;
	EACH_FAILURE(run_cutter(&d4_cutter_pcap, d4_slice_of(room, n), n - 24));
	free(room);
}

static void
a_pcapng_cutter_loses_nothing_to_a_failing_allocation(void **state)
{
	uint8_t *room = new_room();
	size_t opening, n = make_pcapng(room, &opening);

	(void)state;
	EACH_FAILURE(
	    run_cutter(&d4_cutter_pcapng, d4_slice_of(room, n), n - opening));
	free(room);
}

static void
an_ipfix_cutter_loses_nothing_to_a_failing_allocation(void **state)
{
	uint8_t *room = new_room();
	struct ipfix_out o = {.p = room};
	size_t opens = 0;

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		size_t at = o.n;

		ipfix_put_template(&o, i % 4, 256 + i, 3);
		opens += o.n - at;
		ipfix_put_data(&o, i % 4, 256 + i, (size_t)i * i);
		/* With data, so that it is a record and opens what follows. */
		ipfix_message(&o, i % 4);
		ipfix_set(&o, 256 + i);
		ipfix_end(&o);
		ipfix_set(&o, 2);
		ipfix_template(&o, 400 + i, 2);
		ipfix_end(&o);
	}
	EACH_FAILURE(
	    run_cutter(&d4_cutter_ipfix, d4_slice_of(room, o.n), o.n - opens));
	free(room);
}

static void
a_dnscap_cutter_loses_nothing_to_a_failing_allocation(void **state)
{
	uint8_t *room = new_room();
	size_t n = make_pcap(room);

	(void)state;
	EACH_FAILURE(
	    run_cutter(&d4_cutter_dnscap, d4_slice_of(room, n), n - 24));
	n = make_lines(room);
	EACH_FAILURE(run_cutter(&d4_cutter_dnscap, d4_slice_of(room, n), n));
	free(room);
}

static void
a_line_cutter_loses_nothing_to_a_failing_allocation(void **state)
{
	uint8_t *room = new_room();
	size_t n = make_lines(room);

	(void)state;
	EACH_FAILURE(run_cutter(&d4_cutter_lines, d4_slice_of(room, n), n));
	free(room);
}

static void
a_keyed_context_reports_a_failing_allocation(void **state)
{
	struct d4_hmac *h = NULL;

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(d4_hmac_new(d4_slice_str("key"), &h), D4_ENOMEM);
	assert_null(h);
	alloc_fail_at(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_buffer_survives_each_failing_allocation),
	    cmocka_unit_test(a_parser_survives_each_failing_allocation),
	    cmocka_unit_test(
		a_pcap_cutter_loses_nothing_to_a_failing_allocation),
	    cmocka_unit_test(
		a_pcapng_cutter_loses_nothing_to_a_failing_allocation),
	    cmocka_unit_test(
		an_ipfix_cutter_loses_nothing_to_a_failing_allocation),
	    cmocka_unit_test(
		a_dnscap_cutter_loses_nothing_to_a_failing_allocation),
	    cmocka_unit_test(
		a_line_cutter_loses_nothing_to_a_failing_allocation),
	    cmocka_unit_test(a_keyed_context_reports_a_failing_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
