/* Segments of the overflow: written, read by reference, damaged, counted. */
#include <fcntl.h>
#include <sys/stat.h>
#include "libd4/kit/overflow.h"
#include "test.h"
#include "tmpdir.h"

#define KEY "d4:{8:3}:q"

/* A folder with one segment of `n` entries, and their references. */
struct box {
	char root[64], dir[96], path[160];
	struct d4_overflow_head head;
	struct d4_overflow_writer w;
	struct d4_overflow_file f;
	struct d4_entry e[3];
	struct d4_buf buf;
	size_t size;
};

static const char *const texts[] = {"first\n", "second line\n", "3\n"};

static void
box_write(struct box *b)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct d4_entry *e = &b->e[i];
		const struct d4_overflow_entry oe = {.seq = i + 1,
		    .n = 1,
		    .t_rx_us = 100 + i,
		    .data = d4_slice_str(texts[i])};

		assert_int_equal(
		    d4_overflow_append(&b->w, &oe, &e->ref), D4_OK);
		e->seq = oe.seq;
		e->n = oe.n;
		e->t_rx_us = oe.t_rx_us;
	}
	assert_int_equal(d4_overflow_sync(&b->w), D4_OK);
	b->size = (size_t)b->w.off;
}

static int
setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	char queue[80];
	uint64_t store;

	tmpdir_make(b->root, sizeof(b->root));
	(void)snprintf(queue, sizeof(queue), "%s/8", b->root);
	(void)snprintf(b->dir, sizeof(b->dir), "%s/3", queue);
	if (mkdir(queue, 0700) != 0 || mkdir(b->dir, 0700) != 0)
		return -1;
	assert_int_equal(d4_overflow_store(b->root, true, &store), D4_OK);
	b->head = (struct d4_overflow_head){
	    .store = store, .segment = 12, .origin = d4_overflow_origin(KEY)};
	assert_int_equal(d4_overflow_create(b->dir, &b->head, &b->w), D4_OK);
	(void)snprintf(
	    b->path, sizeof(b->path), "%s/00000000000000000012.ovf", b->dir);
	b->f.fd = -1;
	d4_buf_init(&b->buf, D4_OVERFLOW_BUF);
	box_write(b);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct box *b = *state;

	d4_overflow_finish(&b->w);
	d4_overflow_close(&b->f);
	d4_buf_fini(&b->buf);
	tmpdir_remove(b->root);
	free(b);
	return 0;
}

static enum d4_status
get(struct box *b, const char *key, struct d4_entry *e)
{
	return d4_overflow_read(&b->f, b->root, key, e, &b->buf);
}

static void
what_is_written_is_read_by_its_reference(void **state)
{
	struct box *b = *state;
	struct stat sb;

	for (size_t i = COUNT(texts); i-- > 0;) {
		assert_int_equal(get(b, KEY, &b->e[i]), D4_OK);
		assert_slice(b->e[i].data, texts[i]);
	}
	assert_int_equal(stat(b->path, &sb), 0);
	assert_int_equal(sb.st_size, b->size);
	assert_int_equal(
	    d4_overflow_create(b->dir, &b->head, &b->w), D4_EEXIST);
}

/* Whoever can write to Redis gets no other bytes than an entry's own. */
static void
a_reference_must_agree_in_everything(void **state)
{
	struct box *b = *state;
	struct d4_entry e = b->e[0];

	e.seq = 2;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	e = b->e[0];
	e.n = 2;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	e = b->e[0];
	e.sensor.b[0] = 1;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	e = b->e[0];
	e.t_rx_us++;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	e = b->e[0];
	e.ref = b->e[1].ref;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	e = b->e[0];
	e.ref.crc ^= 1;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	e = b->e[0];
	e.ref.length--;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	e.ref.length = D4_ENTRY_MAX;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	e = b->e[0];
	e.ref.offset = UINT32_MAX;
	assert_int_equal(get(b, KEY, &e), D4_ECHECKSUM);
	assert_int_equal(get(b, KEY, &b->e[0]), D4_OK);
}

static void
another_queue_store_or_segment_is_not_taken(void **state)
{
	struct box *b = *state;
	struct d4_entry e = b->e[0];
	char other[96];

	e.ref.store++;
	assert_int_equal(get(b, KEY, &e), D4_ENOTSUP);
	e = b->e[0];
	e.ref.segment++;
	assert_int_equal(get(b, KEY, &e), D4_ENOENT);
	e = b->e[0];
	assert_int_equal(get(b, "d4:{8:4}:q", &e), D4_ENOENT);
	d4_overflow_close(&b->f);
	assert_int_equal(get(b, "d4:{../8:3}:q", &e), D4_EMALFORMED);
	/* The same file under another queue's folder. */
	(void)snprintf(other, sizeof(other), "%s/8/4", b->root);
	assert_int_equal(rename(b->dir, other), 0);
	assert_int_equal(get(b, "d4:{8:4}:q", &e), D4_ECHECKSUM);
	(void)snprintf(other, sizeof(other), "%s/id", b->root);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(get(b, KEY, &e), D4_ENOTSUP);
}

static void
a_link_or_a_fifo_is_not_followed(void **state)
{
	struct box *b = *state;
	char real[192];

	(void)snprintf(real, sizeof(real), "%s.real", b->path);
	assert_int_equal(rename(b->path, real), 0);
	assert_int_equal(symlink(real, b->path), 0);
	assert_int_equal(get(b, KEY, &b->e[0]), D4_EIO);
	assert_int_equal(unlink(b->path), 0);
	assert_int_equal(mkfifo(b->path, 0600), 0);
	assert_int_equal(get(b, KEY, &b->e[0]), D4_ECHECKSUM);
}

static void
put_byte(const struct box *b, size_t at, uint8_t change)
{
	int fd = open(b->path, O_RDWR | O_CLOEXEC);
	uint8_t c;

	assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
	c ^= change;
	assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
	assert_int_equal(close(fd), 0);
}

/* The entry that a byte of the file belongs to; COUNT: the header. */
static size_t
entry_at(const struct box *b, size_t at)
{
	for (size_t i = COUNT(texts); i-- > 0;) {
		if (at >= b->e[i].ref.offset)
			return i;
	}
	return COUNT(texts);
}

static void
every_flipped_bit_is_found_and_harms_one_entry(void **state)
{
	struct box *b = *state;

	for (size_t at = 0; at < b->size; at++) {
		size_t hit = entry_at(b, at);

		put_byte(b, at, (uint8_t)(1u << at % 8));
		for (size_t i = 0; i < COUNT(texts); i++) {
			bool bad = hit == i || hit == COUNT(texts);
			enum d4_status st;

			d4_overflow_close(&b->f);
			st = get(b, KEY, &b->e[i]);
			if (bad == (st == D4_OK))
				fail_msg("byte %zu entry %zu: %d", at, i, st);
		}
		put_byte(b, at, (uint8_t)(1u << at % 8));
	}
}

static void
a_torn_tail_is_measured_at_every_length(void **state)
{
	struct box *b = *state;
	struct d4_overflow_sum sum;

	for (size_t cut = b->size; cut > D4_OVERFLOW_HEAD; cut--) {
		size_t whole = 0;

		assert_int_equal(truncate(b->path, (off_t)cut), 0);
		for (size_t i = 0; i < COUNT(texts); i++)
			whole += b->e[i].ref.offset + D4_OVERFLOW_FIXED +
			             b->e[i].ref.length <=
			         cut;
		assert_int_equal(d4_overflow_count(b->path, 0, &sum), D4_OK);
		assert_int_equal(sum.entries, whole);
		assert_int_equal(sum.records, whole);
		assert_int_equal(D4_OVERFLOW_HEAD + whole * D4_OVERFLOW_FIXED +
				     sum.bytes + sum.torn,
		    cut);
		d4_overflow_close(&b->f);
		if (whole < COUNT(texts))
			assert_int_equal(
			    get(b, KEY, &b->e[whole]), D4_ECHECKSUM);
	}
	assert_int_equal(truncate(b->path, D4_OVERFLOW_HEAD - 1), 0);
	assert_int_equal(d4_overflow_count(b->path, 0, &sum), D4_ECHECKSUM);
}

static void
counting_begins_where_it_is_told(void **state)
{
	struct box *b = *state;
	struct d4_overflow_sum sum;

	assert_int_equal(
	    d4_overflow_count(b->path, b->e[1].ref.offset, &sum), D4_OK);
	assert_int_equal(sum.entries, 2);
	assert_int_equal(sum.bytes, strlen(texts[1]) + strlen(texts[2]));
	assert_int_equal(sum.t_first_us, 101);
	assert_int_equal(sum.t_last_us, 102);
	assert_int_equal(sum.torn, 0);
	assert_int_equal(d4_overflow_count(b->path, b->size, &sum), D4_OK);
	assert_int_equal(sum.entries, 0);
	assert_int_equal(d4_overflow_count("/nowhere", 0, &sum), D4_ENOENT);
}

static void
names_and_folders_are_read_strictly(void **state)
{
	static const char *const bad_names[] = {"", "1.ovf",
	    "00000000000000000001.seg", "0000000000000000000x.ovf",
	    "99999999999999999999.ovf", "00000000000000000001.ovf.x"};
	static const char *const bad_keys[] = {"", "8:0", "d4:{8:0}:q2",
	    "d4:{8:0}", "d4:{8:}:q", "d4:{:0}:q", "d4:{..:0}:q",
	    "d4:{8/../..:0}:q", "d4:{8x:0}:q", "d4:{8:0/..}:q", "d4:{8:-1}:q",
	    "d4:{1234:0}:q", "d4:{8:1234567890}:q"};
	char out[64];
	uint64_t n;

	(void)state;
	assert_true(d4_overflow_name_seq("00000000000000000012.ovf", &n));
	assert_int_equal(n, 12);
	for (size_t i = 0; i < COUNT(bad_names); i++)
		assert_false(d4_overflow_name_seq(bad_names[i], &n));
	for (size_t i = 0; i < COUNT(bad_keys); i++) {
		if (d4_overflow_folder(bad_keys[i], out, sizeof(out)) == D4_OK)
			fail_msg("%s", bad_keys[i]);
	}
	assert_int_equal(
	    d4_overflow_folder("d4:{254.a.b-c_d:17}:q", out, sizeof(out)),
	    D4_OK);
	assert_string_equal(out, "254.a.b-c_d/17");
	assert_int_equal(
	    d4_overflow_folder("d4:{254.a:17}:q", out, 5), D4_ETOOBIG);
}

static void
the_store_s_id_is_made_once(void **state)
{
	struct box *b = *state;
	uint64_t id = 0;
	char path[80];
	FILE *f;

	assert_int_equal(d4_overflow_store(b->root, true, &id), D4_OK);
	assert_true(id == b->head.store);
	assert_int_equal(d4_overflow_store("/nowhere", false, &id), D4_ENOENT);
	(void)snprintf(path, sizeof(path), "%s/id", b->root);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs("00112233AABBCCDD\n", f);
	(void)fclose(f);
	assert_int_equal(d4_overflow_store(b->root, true, &id), D4_EMALFORMED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(what_is_written_is_read_by_its_reference),
	    T(a_reference_must_agree_in_everything),
	    T(another_queue_store_or_segment_is_not_taken),
	    T(a_link_or_a_fifo_is_not_followed),
	    T(every_flipped_bit_is_found_and_harms_one_entry),
	    T(a_torn_tail_is_measured_at_every_length),
	    T(counting_begins_where_it_is_told),
	    T(names_and_folders_are_read_strictly),
	    T(the_store_s_id_is_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
