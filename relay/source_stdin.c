/* Standard input as a source: a session for each run (ADR 0016). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/type.h"
#include "relay/source_feed.h"
#include "relay/source_cut.h"

/*
 * struct input
 * Shape:  cut: what was read and is not durable yet. held: an entry of it is
 *         to be put, or waits. mark: a file that is there while input was
 *         read and did not end: a wash that finds it did not read the first
 *         bytes. resync: up to the next newline nothing is a line. file:
 *         standard input is one. end: nothing more is read; told: the
 *         supervisor knows.
 */
struct input {
	struct source_feed feed;
	struct source_cut cut;
	struct event *more;
	uint8_t *block;
	char *mark;
	uint64_t number, blocks, t_us;
	bool held, resync, file, end, lost, told, marked;
};

static struct input *
input_of(const struct source *s)
{
	return s->state;
}

/* ---- entries ---- */

static void
input_put(struct input *in)
{
	const struct source_cut *c = &in->cut;
	struct feed_entry e = {.id = {in->number, in->blocks},
	    .seq = c->seq + 1,
	    .n = c->n,
	    .t_us = in->t_us,
	    .t_hdr_s = in->t_us / 1000000,
	    .data = d4_buf_slice(&c->out)};
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < c->n_lost; i++)
		feed_drop(&in->feed, c->lost[i].why,
		    (struct feed_drop){c->lost[i].n, c->lost[i].bytes}, NULL);
	if (c->n > 0)
		st = feed_put(&in->feed, &e);
	if (st == D4_OK)
		feed_finish(&in->feed, e.id);
	else
		feed_fail(&in->feed, st);
}

/* The run's number, and with it its session. */
static bool
input_begin(struct input *in)
{
	uint64_t now = d4_now_us(), last = feed_last(&in->feed).ms;

	if (in->number != 0)
		return true;
	if (!in->marked && d4_file_replace(in->mark, d4_slice_str("reading\n"),
			       0600) != D4_OK) {
		feed_alarms(&in->feed, "%s cannot be written", in->mark);
		return false;
	}
	in->marked = true;
	in->number = now > last ? now : last + 1;
	return feed_sess(&in->feed, in->number) == D4_OK;
}

static void
input_ends(struct input *in)
{
	in->end = true;
	in->lost = in->lost || source_cut_end(&in->cut, in->file) != D4_OK;
	(void)unlink(in->mark);
	in->marked = false;
}

/* Lines are found again behind the next newline. */
static void
input_resync(struct input *in, struct d4_slice *got)
{
	const uint8_t *nl;

	if (!in->resync || got->n == 0)
		return;
	nl = memchr(got->p, '\n', got->n);
	in->resync = nl == NULL;
	d4_slice_skip(got, nl == NULL ? got->n : (size_t)(nl - got->p) + 1);
}

/* What is cut is an entry, if it is anything. */
static void
input_cut(struct input *in, enum d4_status st)
{
	if (st != D4_OK)
		in->lost = in->end = true;
	if (in->cut.n == 0 && in->cut.n_lost == 0)
		return;
	in->blocks++;
	in->held = true;
	input_put(in);
}

static void
input_read(struct input *in)
{
	enum d4_status st = D4_OK;
	struct d4_slice got;
	ssize_t n;

	n = read(STDIN_FILENO, in->block, CUT_BLOCK);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	source_cut_begin(&in->cut);
	in->t_us = d4_now_us();
	got = d4_slice_of(in->block, n > 0 ? (size_t)n : 0);
	input_resync(in, &got);
	if (n <= 0)
		input_ends(in);
	else
		st = source_cut_feed(&in->cut, got);
	input_cut(in, st);
}

/* The rest of what was read, under another opening. */
static void
input_more(struct input *in)
{
	source_cut_begin(&in->cut);
	input_cut(in, source_cut_go(&in->cut));
}

/* ---- the end ---- */

static void
input_tell(struct input *in)
{
	struct wash *w = in->feed.source->wash;

	if (in->told)
		return;
	d4_info(
	    "source=%s end=%s", in->feed.conf->id, in->lost ? "lost" : "input");
	in->told =
	    d4_fd_send(w->setup->channel,
		d4_slice_str(in->lost ? "end lost" : "end"), -1) == D4_OK;
}

/*
 * An earlier wash of this run died: what it had read and not written is gone.
 * Lines go on behind the next newline; a capture cannot be followed.
 */
static void
input_lost(struct input *in)
{
	const struct source_conf *c = in->feed.conf;
	const struct d4_type_row *row = d4_type_of(c->type, c->ext);
	bool lines = row == NULL || row->opening == D4_OPENING_NONE;

	d4_warnx("alarm source=%s lost=unknown at_most=%u then=%s", c->id,
	    CUT_BLOCK + D4_LINE_MAX, lines ? "next line" : "end");
	if (feed_account(&in->feed, "source.lost",
		json_pack("{s:s, s:s, s:I}", "reason",
		    d4_reason_name(D4_R_STDIN_LOST), "lost", "unknown",
		    "at_most_bytes", (json_int_t)(CUT_BLOCK + D4_LINE_MAX))) !=
	    D4_OK)
		d4_warnx("source=%s not_accounted", c->id);
	in->resync = lines;
	in->end = in->lost = !lines;
	in->marked = true;
}

/* ---- events ---- */

static void
input_wait(struct input *in)
{
	const struct timeval now = {0, 0};

	if (source_cut_full(&in->cut)) {
		event_active(in->more, EV_TIMEOUT, 0);
		return;
	}
	if (event_pending(in->more, EV_READ | EV_TIMEOUT, NULL))
		return;
	(void)event_add(in->more, in->file ? &now : NULL);
}

static void
input_step(struct source *s)
{
	struct input *in = input_of(s);

	if (!feed_ready(&in->feed))
		return;
	if (in->held)
		input_put(in);
	else if (in->end)
		input_tell(in);
	else if (input_begin(in))
		input_wait(in);
}

static void
on_more(evutil_socket_t fd, short what, void *arg)
{
	struct input *in = input_of(arg);

	(void)fd;
	(void)what;
	if (!feed_ready(&in->feed) || in->held || in->end)
		return;
	if (source_cut_full(&in->cut))
		input_more(in);
	else
		input_read(in);
	input_step(arg);
}

static void
input_ack(struct shard *s)
{
	struct input *in = input_of(s->source);

	feed_ended(&in->feed);
	in->held = false;
	if (in->end)
		input_tell(in);
	else
		input_wait(in);
}

/* It is still in memory, and put again. */
static void
input_drop(struct shard *s)
{
	feed_ended(&input_of(s->source)->feed);
}

/* ---- life ---- */

static void
input_close(struct source *s)
{
	struct input *in = input_of(s);

	if (in->more != NULL)
		event_free(in->more);
	source_cut_fini(&in->cut);
	free(in->block);
	free(in->mark);
	free(in);
}

static enum d4_status
input_mark(struct input *in, const struct wash_setup *setup)
{
	char name[sizeof(in->feed.conf->id) + 16];
	char *folder = d4_path(setup->dirs.state, "sources");
	enum d4_status st =
	    folder == NULL ? D4_ENOMEM : d4_dir_make(folder, 0700);

	(void)snprintf(name, sizeof(name), "%s.reading", in->feed.conf->id);
	if (st == D4_OK)
		in->mark = d4_path(folder, name);
	free(folder);
	if (st == D4_OK && in->mark == NULL)
		st = D4_ENOMEM;
	if (st != D4_OK)
		return st;
	if (setup->life <= 1)
		(void)unlink(in->mark); /* of an earlier run */
	else if (access(in->mark, F_OK) == 0)
		input_lost(in);
	return D4_OK;
}

static enum d4_status
input_open(struct source *s)
{
	const struct source_conf *c = s->conf;
	const struct d4_type_row *type = d4_type_of(c->type, c->ext);
	struct input *in = calloc(1, sizeof(*in));
	struct stat sb;
	enum d4_status st;

	if (in == NULL)
		return D4_ENOMEM;
	s->state = in;
	in->file = fstat(STDIN_FILENO, &sb) == 0 && S_ISREG(sb.st_mode);
	in->block = malloc(CUT_BLOCK);
	in->more = event_new(s->wash->base, in->file ? -1 : STDIN_FILENO,
	    in->file ? EV_TIMEOUT : EV_READ, on_more, s);
	st = feed_init(&in->feed, s, true);
	if (st == D4_OK)
		st = source_cut_init(&in->cut, type->cutter);
	if (st == D4_OK && (in->block == NULL || in->more == NULL))
		st = D4_ENOMEM;
	return st == D4_OK ? input_mark(in, s->wash->setup) : st;
}

/* What nobody reads any more is its producer's; what was begun is not whole. */
static void
input_stop(struct source *s)
{
	struct input *in = input_of(s);
	size_t held = d4_cutter_held(in->cut.cutter);

	if (in->end || held == 0)
		return;
	if (feed_account(&in->feed, "source.dropped",
		json_pack("{s:s, s:i, s:I}", "reason",
		    d4_reason_name(D4_R_EOF_PARTIAL), "records", 1, "bytes",
		    (json_int_t)held)) != D4_OK)
		d4_warnx("source=%s not_accounted", s->conf->id);
}

static void
input_status(const struct source *s, json_t *o)
{
	const struct input *in = input_of(s);

	(void)json_object_set_new(o, "state",
	    json_string(in->lost  ? "lost"
			: in->end ? "ended"
				  : "live"));
	(void)json_object_set_new(o, "backlog", json_integer(in->held));
}

const struct source_kind source_stdin = {
    .name = "stdin",
    .open = input_open,
    .step = input_step,
    .ack = input_ack,
    .drop = input_drop,
    .stop = input_stop,
    .close = input_close,
    .status = input_status,
};
