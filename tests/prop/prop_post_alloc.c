/*
 * Entries to frames with the n-th allocation failing, for n = 1, 2 ... until
 * none is reached any more: D4_ENOMEM, nothing leaks, and called again it
 * goes on: the bytes are those of a run in which nothing failed.
 */
#include "test.h"
#include "alloc_fail.h"
#include "libd4/header.h"
#include "pcap.h"
#include "relay/post_frames.h"

struct run {
	struct d4_hmac *hmac;
	uint8_t out[65536];
	size_t n;
	uint64_t told;
};

static void
take(struct run *r, const struct post_frame *fr)
{
	size_t n = fr->wire.n - D4_HEADER_LEN;

	assert_true(r->n + n <= sizeof(r->out));
	memcpy(r->out + r->n, fr->wire.p + D4_HEADER_LEN, n);
	r->n += n;
	r->told += fr->counts.fresh;
}

static void
give(struct run *r, struct post_frames *f, const struct d4_spool_entry *e)
{
	enum d4_status st = post_frames_entry(f, e, (struct post_take){0});
	struct post_frame fr;

	if (st == D4_ENOMEM) /* one failure in a run: it works now */
		st = post_frames_entry(f, e, (struct post_take){0});
	assert_int_equal(st, D4_OK);
	for (;;) {
		st = post_frames_next(f, &fr);
		if (st == D4_OK)
			take(r, &fr);
		else if (st == D4_AGAIN)
			return;
		else
			assert_int_equal(st, D4_ENOMEM);
	}
}

/* True: the allocation that was to fail was reached. */
static bool
once(struct run *r, unsigned long fail_at)
{
	static uint8_t data[40000];
	struct pcap_out o = {.p = data, .format = 1};
	struct post_framing of = {
	    .row = d4_type_find(D4_TYPE_PCAP), .hmac = r->hmac};
	struct d4_spool_entry e = {.n = 30, .opening = 24};
	struct post_frames *f = NULL;
	struct post_frame fr;
	bool reached;

	pcap_put_opening(&o, 1);
	for (unsigned i = 0; i < 30; i++)
		pcap_put_packet(&o, 1000 + i, (uint8_t)i);
	e.data = d4_slice_of(data, o.n);
	r->n = 0;
	r->told = 0;
	alloc_fail_at(fail_at);
	if (post_frames_new(&of, &f) != D4_OK)
		assert_int_equal(post_frames_new(&of, &f), D4_OK);
	for (e.seq = 1; e.seq <= 2; e.seq++)
		give(r, f, &e);
	if (post_frames_flush(f, &fr) == D4_OK)
		take(r, &fr);
	reached = alloc_failed();
	alloc_fail_at(0);
	post_frames_free(f);
	return reached;
}

static void
a_failed_allocation_loses_and_repeats_nothing(void **state)
{
	static struct run want, got;
	unsigned long n = 0;
	bool reached;

	(void)state;
	assert_int_equal(d4_hmac_new(d4_slice_str("k"), &want.hmac), D4_OK);
	got.hmac = want.hmac;
	assert_false(once(&want, 0));
	assert_int_equal(want.told, 60);
	do {
		reached = once(&got, ++n);
		assert_int_equal(got.n, want.n);
		assert_memory_equal(got.out, want.out, want.n);
		assert_int_equal(got.told, 60);
	} while (reached);
	assert_true(n > 3);
	d4_hmac_free(want.hmac);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_failed_allocation_loses_and_repeats_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
