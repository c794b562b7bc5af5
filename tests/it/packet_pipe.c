/*
 * For tests: captures through a pipeline, without a policy or a program.
 *   packet_pipe STEPS FILE... >OUT
 *   packet_pipe --each STEPS FILE...
 * Each file is a file of one stream; the network `telescope` is 10.1.0.0/16
 * and 2001:db8:77::/48. All outputs of the first file's variant make one
 * capture on stdout; other variants are left out. The tally goes to stderr.
 * With --each every file has a stream of its own, its output in FILE.out, and
 * a line with its tally on stdout.
 */
#include "chain.h"

#define PIPE_MAX (512u << 20)

static void
pipe_load(const char *path, struct d4_buf *out)
{
	FILE *f = fopen(path, "rb");
	uint8_t block[65536];
	size_t n;

	out->n = 0;
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	while ((n = fread(block, 1, sizeof(block), f)) != 0) {
		if (d4_buf_add(out, block, n) != D4_OK)
			exit(1);
	}
	(void)fclose(f);
}

static void
pipe_file(struct san_stream *s, const char *path, uint32_t *variant)
{
	struct d4_buf in, out;
	size_t skip = 0;

	d4_buf_init(&in, PIPE_MAX);
	d4_buf_init(&out, PIPE_MAX);
	pipe_load(path, &in);
	(void)test_run(s, d4_buf_slice(&in), 0, &out);
	if (out.n != 0 && *variant == 0)
		*variant = san_stream_variant(s);
	else
		skip = san_stream_opening(s);
	if (out.n > skip && san_stream_variant(s) == *variant)
		(void)fwrite(out.p + skip, 1, out.n - skip, stdout);
	d4_buf_fini(&in);
	d4_buf_fini(&out);
}

static void
pipe_tally(const struct d4_tally *t, FILE *f)
{
	(void)fprintf(f, "in=%llu", (unsigned long long)t->in);
	for (unsigned r = 0; r < D4_REASON_MAX; r++) {
		if (t->records[r] != 0)
			(void)fprintf(f, " %s=%llu",
			    d4_reason_name((enum d4_reason)r),
			    (unsigned long long)t->records[r]);
	}
	(void)fprintf(f, "\n");
}

static void
pipe_each(const struct san_chain *c, const char *path)
{
	struct san_stream *s = test_stream(c, 1, "");
	struct d4_buf in, out;
	char name[4096];
	FILE *f;

	d4_buf_init(&in, PIPE_MAX);
	d4_buf_init(&out, PIPE_MAX);
	pipe_load(path, &in);
	(void)test_run(s, d4_buf_slice(&in), 0, &out);
	(void)snprintf(name, sizeof(name), "%s.out", path);
	f = fopen(name, "wb");
	if (f == NULL || (out.n != 0 && fwrite(out.p, 1, out.n, f) != out.n))
		exit(1);
	(void)fclose(f);
	pipe_tally(san_stream_tally(s), stdout);
	d4_buf_fini(&in);
	d4_buf_fini(&out);
	san_stream_free(s);
}

static int
pipe_all(const struct san_chain *c, char **paths)
{
	struct san_stream *s = test_stream(c, 1, "");
	uint32_t variant = 0;
	enum d4_reason why;
	bool broken;

	for (; *paths != NULL; paths++)
		pipe_file(s, *paths, &variant);
	pipe_tally(san_stream_tally(s), stderr);
	broken = san_stream_broken(s, &why);
	if (broken)
		fprintf(stderr, "broken: %s\n", d4_reason_name(why));
	san_stream_free(s);
	return broken ? 2 : 0;
}

int
main(int argc, char **argv)
{
	bool each = argc > 1 && strcmp(argv[1], "--each") == 0;
	struct san_chain *c;
	int rc = 0;

	argv += each ? 2 : 1;
	if (argc < (each ? 4 : 3)) {
		fprintf(stderr, "usage: packet_pipe [--each] STEPS FILE...\n");
		return 64;
	}
	c = test_chain(argv[0], 1, "");
	if (!each)
		rc = pipe_all(c, argv + 1);
	for (char **path = argv + 1; each && *path != NULL; path++)
		pipe_each(c, *path);
	san_chain_free(c);
	return rc;
}
