/* For tests: captures in memory, made of packets in hex. */
#ifndef TEST_PCAPFILE_H
#define TEST_PCAPFILE_H

#include "chain.h"
#include "libd4/wire.h"
#include "test.h"

#define TEST_FILE_MAX (64u << 20)

/* A little-endian microsecond opening of a link type. */
static inline void
test_pcap_open(struct d4_buf *f, uint32_t link)
{
	uint8_t h[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};

	d4_put_le32(h + 16, 262144);
	d4_put_le32(h + 20, link);
	d4_buf_init(f, TEST_FILE_MAX);
	assert_int_equal(d4_buf_add(f, h, sizeof(h)), D4_OK);
}

/* One packet, captured n of len bytes, at second 1700000000. */
static inline void
test_pcap_add(struct d4_buf *f, const void *p, size_t n, size_t len)
{
	uint8_t h[16];

	d4_put_le32(h, 1700000000);
	d4_put_le32(h + 4, 123456);
	d4_put_le32(h + 8, (uint32_t)n);
	d4_put_le32(h + 12, (uint32_t)len);
	assert_int_equal(d4_buf_add(f, h, sizeof(h)), D4_OK);
	assert_int_equal(d4_buf_add(f, p, n), D4_OK);
}

static inline void
test_unhex(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
	out[2 * n] = '\0';
}

/*
 * One packet through a stream. What left (without the record's header) is in
 * out[0..*n); the answer is why it did not, or D4_R_NONE.
 */
static inline enum d4_reason
test_packet(struct san_stream *s, uint32_t link, struct d4_slice in,
    uint8_t *out, size_t *n)
{
	const struct d4_tally *t = san_stream_tally(s);
	struct d4_tally before = *t;
	struct d4_buf f, res;
	enum d4_reason why = D4_R_NONE;

	test_pcap_open(&f, link);
	test_pcap_add(&f, in.p, in.n, in.n);
	d4_buf_init(&res, TEST_FILE_MAX);
	(void)test_run(s, d4_buf_slice(&f), 0, &res);
	test_balance(s);
	*n = 0;
	if (res.n != 0) {
		*n = d4_get_le32(res.p + 24 + 8);
		assert_int_equal(res.n, 40 + *n);
		memcpy(out, res.p + 40, *n);
	}
	for (unsigned r = D4_R_NONE + 1; r < D4_REASON_MAX; r++) {
		if (t->records[r] != before.records[r])
			why = (enum d4_reason)r;
	}
	d4_buf_fini(&f);
	d4_buf_fini(&res);
	return why;
}

#endif
