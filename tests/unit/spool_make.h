/* Lanes and entries for the spool's tests. */
#ifndef UNIT_SPOOL_MAKE_H
#define UNIT_SPOOL_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/kit/spool.h"
#include "tmpdir.h"

#define LANE_ID "0123456789abcdef"

static inline struct d4_spool_lane
make_lane(const char *rule)
{
	struct d4_spool_lane lane = {
	    .id = LANE_ID,
	    .partner = "acme-csirt",
	    .source = "tele-pcap",
	    .label = "green",
	    .pap = "clear",
	    .cls = "S2",
	    .engine = "san1",
	    .epoch = "0",
	    .type = 254,
	    .ext = "ja3-jl",
	    .variant = 0x10000001,
	    .meta = d4_slice_str("{\"type\":\"ja3-jl\",\"x\":\"\xc3\xa9\"}"),
	};

	for (unsigned i = 0; i < D4_UUID_LEN; i++)
		lane.wire_uuid.b[i] = (uint8_t)(0xa0 + i);
	d4_uuid_force(&lane.wire_uuid, 4);
	(void)snprintf(lane.rule, sizeof(lane.rule), "%s", rule);
	memset(lane.policy, 'a', 64);
	memset(lane.pipeline, 'b', 64);
	return lane;
}

static inline struct d4_spool_entry
make_entry(uint64_t id, const void *data, size_t n)
{
	struct d4_spool_entry e = {
	    .origin = 7,
	    .id_ms = id,
	    .id_n = 1,
	    .sess_seq = 100 + id,
	    .n = 3,
	    .t_first_us = 1700000000000000u + id,
	    .t_last_us = 1700000000000009u + id,
	    .not_before_s = 11,
	    .expires_s = 1800000000,
	    .opening = n > 2 ? 2 : 0,
	    .data = d4_slice_of(data, n),
	};

	memset(e.sess.b, 0x5e, sizeof(e.sess.b));
	return e;
}

static inline struct d4_spool_writer *
open_writer(const char *dir, const char *rule, uint64_t *torn)
{
	struct d4_spool_lane lane = make_lane(rule);
	struct d4_spool_writer *w = NULL;
	uint64_t t = 0;

	assert_int_equal(d4_spool_writer_open(dir, &lane, &t, &w), D4_OK);
	if (torn != NULL)
		*torn = t;
	else
		assert_int_equal(t, 0);
	return w;
}

/* One entry whose data is a text, committed. */
static inline void
put_text(struct d4_spool_writer *w, uint64_t id, const char *text)
{
	struct d4_spool_entry e = make_entry(id, text, strlen(text));

	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(d4_spool_commit(w), D4_OK);
}

static inline void
lane_path(const char *dir, const char *name, char *out, size_t n)
{
	(void)snprintf(out, n, "%s/acme-csirt/" LANE_ID "%s%s", dir,
	    name[0] != '\0' ? "/" : "", name);
}

static inline struct d4_spool_reader *
open_reader(const char *dir, uint64_t after)
{
	struct d4_spool_reader *r = NULL;
	char path[256];

	lane_path(dir, "", path, sizeof(path));
	assert_int_equal(d4_spool_reader_open(path, after, &r), D4_OK);
	return r;
}

/* The next entry must be this text under this seq. */
static inline void
expect_text(struct d4_spool_reader *r, uint64_t seq, const char *text)
{
	const struct d4_spool_lane *lane = NULL;
	struct d4_spool_entry e = {.n = 0};

	assert_int_equal(d4_spool_next(r, &lane, &e), D4_OK);
	assert_int_equal(e.seq, seq);
	assert_true(d4_slice_eqs(e.data, text));
	assert_string_equal(lane->partner, "acme-csirt");
}

static inline void
expect_end(struct d4_spool_reader *r)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_entry e;

	assert_int_equal(d4_spool_next(r, &lane, &e), D4_AGAIN);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_AGAIN);
}

#endif
