/* The local ring of what is in quarantine. */
#include <sys/stat.h>
#include "libd4/kit/file.h"
#include "relay/quarantine.h"
#include "test.h"
#include "tmpfixture.h"

#define FOLDER "quarantine"

static const struct quarantine_head head = {
    .sensor = {{1, 2, 3}}, .type = 254, .ext = "ja3-jl"};

static struct quarantine_entry
entry(const char *record)
{
	struct quarantine_entry e = {.t_us = 1700000000000000,
	    .opening = d4_slice_str("open|"),
	    .record = d4_slice_str(record)};

	(void)snprintf(e.reason, sizeof(e.reason), "selfcheck");
	(void)snprintf(e.partner, sizeof(e.partner), "acme");
	(void)snprintf(e.rule, sizeof(e.rule), "r1");
	(void)snprintf(e.pipeline, sizeof(e.pipeline), "p1");
	return e;
}

static void
put(struct quarantine *q, const struct quarantine_head *h, const char *record)
{
	const struct quarantine_entry e = entry(record);

	quarantine_put(q, h, &e);
}

static struct d4_account *
books(void)
{
	struct d4_account *a;

	assert_int_equal(d4_account_open(dir, "wash", &a), D4_OK);
	return a;
}

/* All records of a ring, one behind the other, and the numbers' ends. */
struct seen {
	char text[65536];
	size_t n;
	uint64_t first, last;
};

static bool
see(void *arg, const struct quarantine_entry *e)
{
	struct seen *s = arg;

	assert_string_equal(e->reason, "selfcheck");
	assert_string_equal(e->partner, "acme");
	assert_string_equal(e->pipeline, "p1");
	assert_true(d4_slice_eqs(e->opening, "open|"));
	if (s->n == 0)
		s->first = e->number;
	s->last = e->number;
	s->n += (size_t)snprintf(s->text + s->n, sizeof(s->text) - s->n, "%.*s",
	    (int)e->record.n, (const char *)e->record.p);
	return true;
}

static struct seen
look(const struct quarantine_head *h)
{
	static struct seen s;
	const struct quarantine_reader r = {see, &s};
	struct quarantine_head got;
	char id[LANE_ID_TEXT];

	s = (struct seen){.n = 0};
	assert_int_equal(quarantine_id(h, id), D4_OK);
	assert_int_equal(quarantine_read(in_dir(FOLDER), id, &got, &r), D4_OK);
	assert_int_equal(got.type, h->type);
	assert_string_equal(got.ext, h->ext);
	assert_true(d4_uuid_eq(&got.sensor, &h->sensor));
	return s;
}

static void
what_is_put_is_read_in_its_order_and_is_nobody_else_s(void **state)
{
	struct d4_account *a = books();
	struct quarantine q;
	char id[LANE_ID_TEXT], path[64];
	struct stat sb;

	(void)state;
	assert_int_equal(quarantine_open(&q, dir, 1u << 20, a), D4_OK);
	put(&q, &head, "one ");
	put(&q, &head, "two ");
	quarantine_close(&q);
	/* a restart goes on behind it */
	assert_int_equal(quarantine_open(&q, dir, 1u << 20, a), D4_OK);
	put(&q, &head, "three");
	assert_int_equal(q.unkept, 0);
	quarantine_close(&q);
	assert_string_equal(look(&head).text, "one two three");
	assert_int_equal(look(&head).last, 3);
	assert_int_equal(stat(in_dir(FOLDER), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0700);
	assert_int_equal(quarantine_id(&head, id), D4_OK);
	(void)snprintf(path, sizeof(path), FOLDER "/%s", id);
	assert_int_equal(stat(in_dir(path), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	d4_account_close(a);
}

static void
without_the_option_nothing_is_kept(void **state)
{
	struct quarantine q;
	struct stat sb;

	(void)state;
	assert_int_equal(quarantine_open(&q, dir, 0, NULL), D4_OK);
	put(&q, &head, "one");
	quarantine_close(&q);
	assert_int_not_equal(stat(in_dir(FOLDER), &sb), 0);
}

/* Bytes of all files of the folder. */
static uint64_t
folder_bytes(void)
{
	json_t *list = quarantine_list(in_dir(FOLDER));
	uint64_t sum = 0;

	assert_non_null(list);
	for (size_t i = 0; i < 2 * json_array_size(list); i++) {
		const char *id = json_string_value(
		    json_object_get(json_array_get(list, i / 2), "id"));
		char *path = quarantine_file(in_dir(FOLDER), id, i % 2 == 1);
		struct stat sb;

		if (stat(path, &sb) == 0)
			sum += (uint64_t)sb.st_size;
		free(path);
	}
	json_decref(list);
	return sum;
}

static void
a_ring_is_bounded_and_says_what_went(void **state)
{
	struct d4_account *a = books();
	struct quarantine q;
	char record[1001];
	json_t *list;
	const json_t *one;

	(void)state;
	memset(record, 'x', 1000);
	record[1000] = '\0';
	assert_int_equal(quarantine_open(&q, dir, 1, a), D4_OK);
	for (unsigned i = 0; i < 300; i++) {
		put(&q, &head, record);
		assert_true(folder_bytes() <= QUARANTINE_MIN);
	}
	assert_int_equal(q.unkept, 0);
	assert_int_equal(look(&head).last, 300);
	assert_true(look(&head).n > QUARANTINE_MIN / 4);
	list = quarantine_list(in_dir(FOLDER));
	assert_int_equal(json_array_size(list), 1);
	one = json_array_get(list, 0);
	assert_int_equal(
	    json_integer_value(json_object_get(one, "gone")) +
		json_integer_value(json_object_get(one, "records")),
	    300);
	json_decref(list);
	quarantine_close(&q);
	d4_account_close(a);
}

static void
one_that_is_too_big_costs_only_itself(void **state)
{
	static char record[QUARANTINE_MIN];
	struct d4_account *a = books();
	struct quarantine q;

	(void)state;
	memset(record, 'y', sizeof(record) - 1);
	assert_int_equal(quarantine_open(&q, dir, 1, a), D4_OK);
	put(&q, &head, "one ");
	put(&q, &head, record);
	assert_int_equal(q.unkept, 1);
	put(&q, &head, "two");
	assert_string_equal(look(&head).text, "one two");
	quarantine_close(&q);
	d4_account_close(a);
}

/* What a kill left of an entry, and what somebody wrote behind it. */
static void
half_an_entry_is_cut_off(void **state)
{
	static const char *const tails[] = {
	    "x", "\xff\xff\xff\xff", "\x40\0\0\0\0\0\0\0xyz"};
	struct d4_account *a = books();
	char id[LANE_ID_TEXT], path[64];

	(void)state;
	assert_int_equal(quarantine_id(&head, id), D4_OK);
	(void)snprintf(path, sizeof(path), FOLDER "/%s", id);
	for (size_t i = 0; i < 3; i++) {
		struct quarantine q;
		FILE *f;

		assert_int_equal(quarantine_open(&q, dir, 1, a), D4_OK);
		put(&q, &head, "one ");
		f = fopen(in_dir(path), "a");
		assert_non_null(f);
		assert_true(fwrite(tails[i], 1, 1 + 3 * i, f) == 1 + 3 * i);
		assert_int_equal(fclose(f), 0);
		assert_string_equal(look(&head).text, "one ");
		put(&q, &head, "two");
		assert_string_equal(look(&head).text, "one two");
		/* dropped while it is in use: a new one begins */
		assert_int_equal(quarantine_drop(in_dir(FOLDER), id), D4_OK);
		assert_int_equal(
		    quarantine_drop(in_dir(FOLDER), id), D4_ENOENT);
		put(&q, &head, "three");
		assert_string_equal(look(&head).text, "three");
		assert_int_equal(look(&head).first, 1);
		assert_int_equal(quarantine_drop(in_dir(FOLDER), id), D4_OK);
		quarantine_close(&q);
	}
	d4_account_close(a);
}

static void
there_are_so_many_rings_and_the_books_know_which_went(void **state)
{
	struct quarantine_head h = head;
	struct d4_account *a = books();
	struct quarantine q;
	struct d4_buf text;
	json_t *list;

	(void)state;
	assert_int_equal(quarantine_open(&q, dir, 1, a), D4_OK);
	for (unsigned i = 0; i <= QUARANTINE_RINGS; i++) {
		h.sensor.b[15] = (uint8_t)i;
		put(&q, &h, "one");
	}
	assert_int_equal(q.unkept, 0);
	list = quarantine_list(in_dir(FOLDER));
	assert_int_equal(json_array_size(list), QUARANTINE_RINGS);
	json_decref(list);
	quarantine_close(&q);
	d4_account_close(a);
	d4_buf_init(&text, 65536);
	assert_int_equal(d4_file_read(in_dir("wash.jsonl"), &text), D4_OK);
	assert_non_null(memmem(text.p, text.n, "quarantine.removed", 18));
	d4_buf_fini(&text);
}

static void
no_id_is_taken_for_a_path(void **state)
{
	static const char *const ids[] = {"", "..", "../../etc/passwd",
	    "0123456789abcde", "0123456789abcdeg", "0123456789abcdef0",
	    "0123456789ABCDEF"};
	struct quarantine_head h;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct quarantine_reader r = {see, NULL};

		assert_null(quarantine_file(dir, ids[i], false));
		assert_int_equal(
		    quarantine_read(dir, ids[i], &h, &r), D4_EINVAL);
		assert_int_equal(quarantine_drop(dir, ids[i]), D4_EINVAL);
	}
}

static void
a_head_that_is_none_is_refused(void **state)
{
	uint8_t good[QUARANTINE_HEAD], bad[QUARANTINE_HEAD];
	static const struct {
		size_t at;
		uint8_t value;
		enum d4_status st;
	} rows[] = {{0, 'X', D4_EMALFORMED}, {3, 2, D4_EVERSION},
	    {5, 64, D4_EMALFORMED}, {6, '\n', D4_EMALFORMED},
	    {6, 0x80, D4_EMALFORMED}};
	struct quarantine_head h;

	(void)state;
	quarantine_put_head(&head, good);
	assert_int_equal(quarantine_get_head(good, &h), D4_OK);
	assert_string_equal(h.ext, head.ext);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(bad, good, sizeof(bad));
		bad[rows[i].at] = rows[i].value;
		assert_int_equal(quarantine_get_head(bad, &h), rows[i].st);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(what_is_put_is_read_in_its_order_and_is_nobody_else_s),
	    T(without_the_option_nothing_is_kept),
	    T(a_ring_is_bounded_and_says_what_went),
	    T(one_that_is_too_big_costs_only_itself),
	    T(half_an_entry_is_cut_off),
	    T(there_are_so_many_rings_and_the_books_know_which_went),
	    T(no_id_is_taken_for_a_path),
	    T(a_head_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
