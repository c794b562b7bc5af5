#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/kit/crc32c.h"
#include "libd4/kit/file.h"
#include "libd4/kit/spool_format.h"

#define SEGMENT "00000000000000000007.seg"
#define SALT    "6f6e6cd0-7b5c-4b1e-9d63-0a4e6f0c8d21"

/* A segment that tests/support/spool.py wrote from ADR 0006. */
static void
golden_read(struct d4_buf *file)
{
	const char *source = getenv("D4_SOURCE");
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/golden/spool/" SEGMENT,
	    source != NULL ? source : ".");
	d4_buf_init(file, 1u << 20);
	assert_int_equal(d4_file_read(path, file), D4_OK);
}

static void
a_segment_of_the_other_program_is_understood(void **state)
{
	const char *dir = getenv("D4_SOURCE");
	const struct d4_spool_lane *lane = NULL;
	struct d4_spool_reader *r = NULL;
	struct d4_spool_entry e = {.n = 0};
	char path[512], uuid[D4_UUID_TEXT];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/tests/golden/spool",
	    dir != NULL ? dir : ".");
	assert_int_equal(d4_spool_reader_open(path, 0, &r), D4_OK);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_OK);
	assert_string_equal(lane->rule, "tele-to-acme");
	assert_string_equal(lane->cls, "S2");
	assert_int_equal(lane->variant, 0x10000001);
	assert_int_equal(lane->base, 40);
	d4_uuid_text(&lane->wire_uuid, uuid);
	assert_string_equal(uuid, "a0a1a2a3-a4a5-46a7-a8a9-aaabacadaeaf");
	assert_int_equal(e.seq, 7);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.origin, d4_crc32c(0, d4_slice_str("d4:{1:0}:q")));
	assert_int_equal(e.opening, 24);
	assert_int_equal(e.data.n, 24 + 2 * 16 + 60 + 61);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_OK);
	assert_int_equal(e.not_before_s, 1700003600);
	assert_int_equal(e.id_ms, 1700000000124);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_OK);
	assert_int_equal(e.expires_s, 1702592000);
	assert_int_equal(e.seq, 11);
	assert_int_equal(e.base, 43);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_AGAIN);
	d4_spool_reader_close(r);
}

static void
what_is_read_is_written_again_byte_for_byte(void **state)
{
	struct spool_walk walk = {.final = true};
	struct d4_buf file, meta, again;
	struct d4_spool_lane lane;
	struct d4_spool_entry e;
	uint8_t fixed[D4_SPOOL_FIXED];
	size_t skipped, at;

	(void)state;
	golden_read(&file);
	d4_buf_init(&meta, SPOOL_JSON_MAX);
	d4_buf_init(&again, 1u << 20);
	walk.seed = spool_seed(d4_buf_slice(&file));
	assert_int_equal(
	    spool_lane_decode(d4_buf_slice(&file), &meta, &lane, &walk.off),
	    D4_OK);
	assert_int_equal(spool_lane_encode(&lane, SALT, &again), D4_OK);
	while (spool_walk_next(&walk, d4_buf_slice(&file), &e, &skipped) ==
	       D4_OK) {
		at = again.n;
		spool_entry_encode(&e, fixed);
		assert_int_equal(
		    d4_buf_add(&again, fixed, sizeof(fixed)), D4_OK);
		assert_int_equal(d4_buf_add(&again, e.data.p, e.data.n), D4_OK);
		(void)spool_entry_seal(again.p + at, walk.seed);
	}
	assert_true(d4_slice_eq(d4_buf_slice(&again), d4_buf_slice(&file)));
	d4_buf_fini(&file);
	d4_buf_fini(&meta);
	d4_buf_fini(&again);
}

/* The same entries, packed by the other program. */
static void
packed_entries_are_the_same_entries(void **state)
{
	static const char *const names[] = {"spool", "spool_packed"};
	const char *dir = getenv("D4_SOURCE");
	const struct d4_spool_lane *lane;
	struct d4_spool_reader *r[2];
	struct d4_spool_entry e[2];
	enum d4_status st;
	char path[512];

	(void)state;
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/tests/golden/%s",
		    dir != NULL ? dir : ".", names[i]);
		assert_int_equal(d4_spool_reader_open(path, 0, &r[i]), D4_OK);
	}
	for (;;) {
		st = d4_spool_next(r[0], &lane, &e[0]);
		assert_int_equal(d4_spool_next(r[1], &lane, &e[1]), st);
		if (st == D4_AGAIN)
			break;
		assert_int_equal(st, D4_OK);
		assert_int_equal(e[0].seq, e[1].seq);
		assert_int_equal(e[0].opening, e[1].opening);
		assert_true(d4_slice_eq(e[0].data, e[1].data));
	}
	d4_spool_reader_close(r[0]);
	d4_spool_reader_close(r[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_segment_of_the_other_program_is_understood),
	    cmocka_unit_test(what_is_read_is_written_again_byte_for_byte),
	    cmocka_unit_test(packed_entries_are_the_same_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
