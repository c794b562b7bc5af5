/* A framer with its ring for tests, and what came out of it. */
#ifndef TESTS_FRAMES_H
#define TESTS_FRAMES_H

#include "test.h"
#include "sensor/framer.h"

#define FRAMES_KEY "test-key"

struct frames {
	struct counts counts;
	struct d4_hmac *hmac;
	struct ring *ring;
	struct framer *framer;
};

static inline void
frames_init(struct frames *f, uint8_t type, size_t target)
{
	struct framer_conf conf = {.type = type, .target = target};

	*f = (struct frames){.counts = {.sent = 0}};
	assert_int_equal(d4_uuid_random(&conf.uuid), D4_OK);
	assert_int_equal(
	    d4_hmac_new(d4_slice_str(FRAMES_KEY), &f->hmac), D4_OK);
	assert_int_equal(ring_new(RING_MIN, &f->ring), D4_OK);
	conf.hmac = f->hmac;
	conf.ring = f->ring;
	conf.counts = &f->counts;
	assert_int_equal(framer_new(&conf, &f->framer), D4_OK);
}

static inline void
frames_fini(struct frames *f)
{
	framer_free(f->framer);
	ring_free(f->ring);
	d4_hmac_free(f->hmac);
}

/*
 * Takes the next frame out of the ring: checks header, size and HMAC; returns
 * its payload, valid until the next call that writes into the ring.
 */
static inline struct d4_slice
frames_next(struct frames *f, uint8_t type, uint32_t *records)
{
	struct ring_frame *rf = ring_next(f->ring);
	struct d4_header h;
	struct d4_slice wire, payload;

	assert_non_null(rf);
	wire = ring_bytes(rf);
	assert_true(wire.n > D4_HEADER_LEN);
	assert_int_equal(d4_header_decode(wire.p, &h), D4_OK);
	assert_int_equal(h.type, type);
	assert_int_equal(h.size, wire.n - D4_HEADER_LEN);
	payload = d4_slice_of(wire.p + D4_HEADER_LEN, h.size);
	assert_int_equal(d4_hmac_check(f->hmac, wire.p, payload), D4_OK);
	*records = rf->records;
	ring_sent(f->ring, 1);
	ring_release(f->ring);
	return payload;
}

#endif
