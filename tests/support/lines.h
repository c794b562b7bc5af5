/* For tests: one line through the steps of a pipeline. */
#ifndef TEST_LINES_H
#define TEST_LINES_H

#include "chain.h"

/* Which type the lines are of. */
struct lines_of {
	uint8_t type;
	const char *ext;
};

struct row {
	const char *in, *out;
};

/* What the steps make of a line; the reason's name when it is dropped. */
static inline void
test_line(const struct lines_of *of, const char *steps, const char *in,
    char out[1024])
{
	struct san_chain *c = test_chain(steps, of->type, of->ext);
	struct san_stream *s = test_stream(c, of->type, of->ext);
	const struct d4_tally *t = san_stream_tally(s);
	struct d4_buf buf, text;

	out[0] = '\0';
	d4_buf_init(&buf, 1 << 20);
	d4_buf_init(&text, 1 << 20);
	assert_int_equal(d4_buf_addf(&text, "%s\n", in), D4_OK);
	(void)test_run(s, d4_buf_slice(&text), 0, &buf);
	test_balance(s);
	for (unsigned r = 1; r < D4_REASON_MAX; r++) {
		if (t->records[r] != 0)
			(void)snprintf(
			    out, 1024, "%s", d4_reason_name((enum d4_reason)r));
	}
	if (t->records[D4_R_NONE] == 1)
		(void)snprintf(
		    out, 1024, "%.*s", (int)buf.n - 1, (char *)buf.p);
	d4_buf_fini(&buf);
	d4_buf_fini(&text);
	san_stream_free(s);
	san_chain_free(c);
}

static inline void
test_lines(const struct lines_of *of, const char *steps, const struct row *rows,
    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char out[1024];

		test_line(of, steps, rows[i].in, out);
		if (strcmp(out, rows[i].out) != 0)
			fail_msg("%s\n%s\ngave %s\nnot  %s", steps, rows[i].in,
			    out, rows[i].out);
	}
}

/* Steps that do not compile, and a part of what is said about them. */
static inline void
test_errors(const struct lines_of *of, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct d4_diag diag;
		struct san_chain *c;

		assert_int_equal(
		    test_compile(rows[i].in, of->type, of->ext, &diag, &c),
		    D4_EINVAL);
		if (strstr(diag.what, rows[i].out) == NULL)
			fail_msg("%s\nsaid %s", rows[i].in, diag.what);
		assert_int_not_equal(diag.line, 0);
	}
}

#endif
