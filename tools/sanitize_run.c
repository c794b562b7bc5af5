/* d4-sanitize: stdin through a stream to stdout. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tools/sanitize_tool.h"

#define CHUNK   (256u << 10) /* bytes read at a time */
#define PIPE    (1 << 20)    /* bytes that a pipe is asked to hold */
#define OUT_MAX ((size_t)64 << 20)
#define MIB     1048576.0

/*
 * struct flow -- one run.
 * Shape:  total: bytes of the file on stdin when progress is shown, else 0.
 */
struct flow {
	struct san_stream *stream;
	struct sanitize_sum *sum;
	struct audit *audit; /* or NULL */
	uint8_t *chunk;
	struct d4_buf out;
	uint64_t total;
	int64_t begun_ms, shown_ms;
};

static int64_t
run_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* run_watched -- a file is read while somebody looks: show how far it is. */
static void
run_watched(struct flow *f)
{
	struct stat st;
	off_t at;

	if (!isatty(STDERR_FILENO) || isatty(STDOUT_FILENO) ||
	    fstat(STDIN_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	if (at >= 0 && at < st.st_size)
		f->total = (uint64_t)(st.st_size - at);
}

static void
run_progress(struct flow *f, bool last)
{
	int64_t now;
	double bytes = (double)f->sum->bytes_in, s;

	if (f->total == 0)
		return;
	now = run_now_ms();
	if (!last && now - f->shown_ms < 500)
		return;
	f->shown_ms = now;
	s = (double)(now - f->begun_ms + 1) / 1000;
	(void)fprintf(stderr, "\r%5.1f %%  %.0f MiB  %.0f MiB/s%s",
	    100 * bytes / (double)f->total, bytes / MIB, bytes / MIB / s,
	    last ? "\n" : "");
	(void)fflush(stderr);
}

/* run_write -- all that was released. */
static bool
run_write(struct flow *f)
{
	size_t done = 0;

	if (f->audit != NULL)
		audit_feed(f->audit, AUDIT_OUT, d4_buf_slice(&f->out));
	while (done < f->out.n) {
		ssize_t n =
		    write(STDOUT_FILENO, f->out.p + done, f->out.n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			sanitize_say("cannot write: %s", strerror(errno));
			return false;
		}
		done += (size_t)n;
		f->sum->bytes_out += (uint64_t)n;
	}
	f->out.n = 0;
	return true;
}

/* run_took -- what a call on the stream came to; false: stop, it is said. */
static bool
run_took(struct flow *f, enum d4_status st)
{
	if (!run_write(f))
		return false;
	/* D4_EMALFORMED: the rest is only counted, the reader is not cut off.
	 */
	if (st == D4_OK || st == D4_EMALFORMED || st == D4_EDENIED)
		return true;
	sanitize_say("%s", d4_status_text(st));
	return false;
}

/* run_more -- one piece of input; *more: there may be another. */
static bool
run_more(struct flow *f, bool *more)
{
	ssize_t n = read(STDIN_FILENO, f->chunk, CHUNK);
	enum d4_status st;

	*more = true;
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0) {
		sanitize_say("cannot read: %s", strerror(errno));
		return false;
	}
	if (n == 0) {
		*more = false;
		st = san_stream_finish(f->stream, &f->out);
		return run_took(f, st);
	}
	f->sum->bytes_in += (uint64_t)n;
	if (f->audit != NULL)
		audit_feed(
		    f->audit, AUDIT_IN, d4_slice_of(f->chunk, (size_t)n));
	st = san_stream_feed(
	    f->stream, d4_slice_of(f->chunk, (size_t)n), &f->out);
	*more = st != D4_EDENIED;
	run_progress(f, false);
	return run_took(f, st);
}

/* run_close -- a full disk may be told as late as here. */
static bool
run_close(void)
{
	if (close(STDOUT_FILENO) == 0)
		return true;
	sanitize_say("cannot write: %s", strerror(errno));
	return false;
}

bool
sanitize_run(
    struct san_stream *s, struct audit *audit, struct sanitize_sum *sum)
{
	struct flow f = {
	    .stream = s,
	    .sum = sum,
	    .audit = audit,
	    .begun_ms = run_now_ms(),
	};
	bool ok = true, more = true;

	/* Only pipes know this; for all else it fails and changes nothing. */
	(void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE);
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE);
	d4_buf_init(&f.out, OUT_MAX);
	f.chunk = malloc(CHUNK);
	if (f.chunk == NULL) {
		sanitize_say("%s", d4_status_text(D4_ENOMEM));
		return false;
	}
	run_watched(&f);
	san_stream_many(s);
	san_stream_begin(s);
	while (ok && more)
		ok = run_more(&f, &more);
	run_progress(&f, true);
	(void)san_stream_broken(s, &sum->broken);
	d4_buf_fini(&f.out);
	free(f.chunk);
	return run_close() && ok;
}
