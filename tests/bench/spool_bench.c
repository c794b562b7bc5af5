/*
 * The airlock's append and commit, against the disk alone: write(2) and
 * fdatasync(2) of as many bytes at the end of a plain file.
 *   spool_bench DIR BATCH MILLISECONDS
 * DIR is an empty folder on the disk that is measured. Prints two rates, in
 * commits a second of wall time: ours, the disk's. They are taken in turns,
 * so that both meet the same load.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bench_clock.h"
#include "libd4/kit/spool.h"

#define ENTRY (64u << 10) /* a full queue entry */
#define TURNS 8

struct bench {
	char dir[256], plain[300];
	uint8_t *data;
	size_t batch;
	struct d4_spool_writer *w;
	uint64_t id;
	int fd;
};

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void
bench_make(struct bench *b, const char *dir, size_t batch)
{
	struct d4_spool_lane lane = {.id = "0123456789abcdef",
	    .partner = "acme",
	    .source = "s",
	    .rule = "r",
	    .label = "green",
	    .pap = "clear",
	    .cls = "S2",
	    .engine = "san1",
	    .epoch = "0",
	    .type = 8};
	uint64_t torn;

	memset(lane.policy, 'a', sizeof(lane.policy) - 1);
	memset(lane.pipeline, 'b', sizeof(lane.pipeline) - 1);
	d4_uuid_force(&lane.wire_uuid, 4);
	(void)snprintf(b->dir, sizeof(b->dir), "%s", dir);
	(void)snprintf(b->plain, sizeof(b->plain), "%s/plain", b->dir);
	b->batch = batch;
	b->data = malloc(batch);
	must(b->data != NULL, "memory");
	memset(b->data, 0x5a, batch);
	must(d4_spool_writer_open(b->dir, &lane, &torn, &b->w) == D4_OK,
	    "spool");
}

/* As many entries as a batch has room for, one commit. */
static void
commit_ours(struct bench *b)
{
	size_t each = b->batch < ENTRY ? b->batch : ENTRY;

	for (size_t at = 0; at < b->batch; at += each) {
		struct d4_spool_entry e = {.id_ms = ++b->id,
		    .n = 1,
		    .t_first_us = b->id,
		    .t_last_us = b->id,
		    .data = {b->data, each - D4_SPOOL_FIXED}};

		must(d4_spool_append(b->w, &e) == D4_OK, "append");
	}
	must(d4_spool_commit(b->w) == D4_OK, "commit");
}

static void
commit_plain(struct bench *b)
{
	must(write(b->fd, b->data, b->batch) == (ssize_t)b->batch, "write");
	must(fdatasync(b->fd) == 0, "fdatasync");
}

/* One turn; adds what it did to commits and time. */
static void
turn(
    struct bench *b, void (*run)(struct bench *), double seconds, double sum[2])
{
	double start = bench_wall_s(), used;

	do {
		run(b);
		sum[0]++;
		used = bench_wall_s() - start;
	} while (used < seconds);
	sum[1] += used;
}

int
main(int argc, char **argv)
{
	double seconds, ours[2] = {0}, plain[2] = {0};
	struct bench b = {.fd = -1};

	if (argc != 4) {
		(void)fputs("usage: spool_bench DIR BATCH MS\n", stderr);
		return 64;
	}
	bench_make(&b, argv[1], strtoul(argv[2], NULL, 10));
	seconds = strtod(argv[3], NULL) / 1000 / TURNS;
	for (int i = 0; i < TURNS; i++) {
		b.fd = open(b.plain, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		must(b.fd >= 0, b.plain);
		commit_plain(&b); /* the file is there */
		turn(&b, commit_ours, seconds, ours);
		turn(&b, commit_plain, seconds, plain);
		must(close(b.fd) == 0 && unlink(b.plain) == 0, b.plain);
		must(d4_spool_trim(b.w, d4_spool_seq(b.w)) == D4_OK, "trim");
	}
	(void)printf("%.2f %.2f\n", ours[0] / ours[1], plain[0] / plain[1]);
	d4_spool_writer_close(b.w);
	free(b.data);
	return 0;
}
