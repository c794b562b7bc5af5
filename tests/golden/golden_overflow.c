/* A segment and a reference to it that Python wrote (entry.py). */
#include "libd4/kit/overflow.h"
#include "test.h"

#define KEY "d4:{8:8}:q"

/* What stands behind "$N\r\n" of field `name` in the command. */
static struct d4_slice
field(struct d4_slice cmd, const char *name)
{
	struct d4_slice rest = cmd;
	size_t n = strlen(name);
	const uint8_t *at = cmd.p;

	for (; (size_t)(at - cmd.p) + n + 4 < cmd.n; at++) {
		if (at != cmd.p && at[-1] == '\n' && memcmp(at, name, n) == 0 &&
		    at[n] == '\r')
			break;
	}
	rest.n -= (size_t)(at - cmd.p) + n + 3;
	rest.p = at + n + 3; /* behind "\r\n$" */
	n = strtoul((const char *)rest.p, NULL, 10);
	rest.p = (const uint8_t *)memchr(rest.p, '\n', rest.n) + 1;
	rest.n = n;
	return rest;
}

static struct d4_entry
stored(struct d4_slice cmd)
{
	struct d4_entry e = {.seq = 3, .n = 2, .t_rx_us = 1700000000123456};

	assert_int_equal(d4_ref_parse(field(cmd, "ref"), &e.ref), D4_OK);
	assert_int_equal(
	    d4_uuid_parse("7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b", &e.sensor),
	    D4_OK);
	return e;
}

static void
python_s_segment_is_read(void **state)
{
	const char *top = getenv("D4_SOURCE");
	struct d4_overflow_file f = {.fd = -1};
	size_t n, m;
	uint8_t *cmd = test_read("tests/golden/entry_stored.resp", &n);
	uint8_t *pdns = test_read("tests/golden/entry_passivedns.resp", &m);
	struct d4_entry e = stored(d4_slice_of(cmd, n)), other;
	char root[4096];
	struct d4_buf b;

	(void)state;
	(void)snprintf(root, sizeof(root), "%s/tests/golden/overflow",
	    top != NULL ? top : ".");
	d4_buf_init(&b, D4_OVERFLOW_BUF);
	assert_int_equal(d4_overflow_read(&f, root, KEY, &e, &b), D4_OK);
	assert_true(d4_slice_eq(e.data, field(d4_slice_of(pdns, m), "data")));
	other = e;
	other.seq++;
	assert_int_equal(
	    d4_overflow_read(&f, root, KEY, &other, &b), D4_ECHECKSUM);
	d4_overflow_close(&f);
	d4_buf_fini(&b);
	free(cmd);
	free(pdns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(python_s_segment_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
