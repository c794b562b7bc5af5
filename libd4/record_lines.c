/*
 * Records that end with a newline: lines, and folded ones, whose newline may
 * stand behind a backslash: then the record goes on in the next line, as
 * dnscap -g writes it:
 *   [56] 2016-10-20 15:23:01.075993 [#0 eth0 4095] \
 *           [192.0.2.1].53199 [192.0.2.2].53  \
 *           dns QUERY,NOERROR,59311,rd \
 *           1 example.,IN,A 0 0 0
 */
#include <stdlib.h>
#include <string.h>
#include "libd4/cutter.h"
#include "libd4/cutter_join.h"

#define LINES_KEEP  65536u /* allocation kept for the next unfinished line */
#define LINES_LANES uint8_t __attribute__((vector_size(16)))
#define LINES_FOUR  (4 * sizeof(LINES_LANES))

/*
 * An unfinished line is either held, or over the limit: then only its bytes
 * are counted, until its newline.
 */
struct lines {
	struct d4_cutter base;
	struct d4_buf held;
	uint64_t skipped;
	bool given;   /* held was handed out by the last call */
	uint8_t last; /* the byte in front of what comes, where it is held */
};

static struct lines *
lines_of(struct d4_cutter *c)
{
	return (struct lines *)c;
}

static enum d4_status
lines_make_kind(const struct d4_cutter_kind *kind, struct d4_cutter **out)
{
	struct lines *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return D4_ENOMEM;
	l->base.kind = kind;
	d4_buf_init(&l->held, D4_LINE_MAX);
	*out = &l->base;
	return D4_OK;
}

static enum d4_status
lines_make(struct d4_cutter **out)
{
	return lines_make_kind(&d4_cutter_lines, out);
}

static enum d4_status
folded_make(struct d4_cutter **out)
{
	return lines_make_kind(&d4_cutter_folded, out);
}

static void
lines_destroy(struct d4_cutter *c)
{
	d4_buf_fini(&lines_of(c)->held);
	free(c);
}

/* Length of the first line of s with its newline; 0 when it has none. */
static size_t
lines_line(struct d4_slice s)
{
	const uint8_t *nl = s.n == 0 ? NULL : memchr(s.p, '\n', s.n);

	return nl == NULL ? 0 : (size_t)(nl - s.p) + 1;
}

/* The same for a folded record; `last` stands in front of s. */
static size_t
lines_folded(struct d4_slice s, uint8_t last)
{
	size_t sum = 0, n;

	while ((n = lines_line(s)) != 0) {
		sum += n;
		if ((n > 1 ? s.p[n - 2] : last) != '\\')
			return sum;
		last = '\n';
		d4_slice_skip(&s, n);
	}
	return 0;
}

/* The first record of s, behind what l holds of it. */
static size_t
lines_first(const struct lines *l, struct d4_slice s)
{
	return l->base.kind == &d4_cutter_folded ? lines_folded(s, l->last)
	                                         : lines_line(s);
}

static struct d4_run
lines_toolong(uint64_t bytes)
{
	return (struct d4_run){
	    .n = 1, .bytes = bytes, .reason = D4_R_LINE_TOOLONG};
}

/* *in holds no newline: keep it, or its length if it cannot fit any more. */
static enum d4_status
lines_stash(struct lines *l, struct d4_slice *in)
{
	enum d4_status st;

	/* The newline that is still to come counts too. */
	if (l->skipped != 0 || in->n >= D4_LINE_MAX - l->held.n) {
		l->skipped += l->held.n + in->n;
		d4_buf_clear(&l->held, LINES_KEEP);
	} else {
		st = d4_buf_add(&l->held, in->p, in->n);
		if (st != D4_OK)
			return st;
	}
	if (in->n != 0)
		l->last = in->p[in->n - 1];
	d4_slice_skip(in, in->n);
	return D4_AGAIN;
}

/* The line that an earlier call began ends after n bytes of *in. */
static enum d4_status
lines_join(struct lines *l, struct d4_slice *in, size_t n, struct d4_run *out)
{
	enum d4_status st;

	if (l->skipped != 0 || n > D4_LINE_MAX - l->held.n) {
		*out = lines_toolong(l->skipped + l->held.n + n);
		l->skipped = 0;
		d4_buf_clear(&l->held, LINES_KEEP);
		d4_slice_skip(in, n);
		return D4_OK;
	}
	st = d4_buf_add(&l->held, in->p, n);
	if (st != D4_OK)
		return st;
	d4_slice_skip(in, n);
	l->given = true;
	*out = (struct d4_run){
	    .data = d4_buf_slice(&l->held), .n = 1, .bytes = l->held.n};
	return D4_OK;
}

/* As many whole lines as *in holds, up to one that is over the limit. */
static void
lines_run(const struct lines *l, struct d4_slice *in, size_t first,
    struct d4_run *out)
{
	struct d4_slice rest = *in;
	uint64_t n = 0;

	if (first > D4_LINE_MAX) {
		*out = lines_toolong(first);
		d4_slice_skip(in, first);
		return;
	}
	for (size_t len = first; len != 0 && len <= D4_LINE_MAX; n++) {
		d4_slice_skip(&rest, len);
		len = lines_first(l, rest);
	}
	*out = (struct d4_run){.n = n, .bytes = in->n - rest.n};
	out->data = d4_slice_skip(in, in->n - rest.n);
}

/* lines_of_four -- newlines in four blocks: a lane has up to four. */
static inline LINES_LANES
lines_of_four(const uint8_t *p)
{
	LINES_LANES x[4];

	memcpy(x, p, sizeof(x));
	/* Each is 255 in its lane, which is less one. */
	return -((LINES_LANES)(x[0] == '\n') + (LINES_LANES)(x[1] == '\n') +
		 (LINES_LANES)(x[2] == '\n') + (LINES_LANES)(x[3] == '\n'));
}

/*
 * How many newlines s has. 63 times four are added before a lane could begin
 * anew.
 */
static uint64_t
lines_count(struct d4_slice s)
{
	uint64_t n = 0;

	while (s.n >= LINES_FOUR) {
		LINES_LANES sum = {0};

		for (unsigned k = 0; k < 63 && s.n >= LINES_FOUR; k++)
			sum += lines_of_four(d4_slice_skip(&s, LINES_FOUR).p);
		for (size_t i = 0; i < sizeof(sum); i++)
			n += sum[i];
	}
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

static size_t
lines_fit(struct d4_slice data, uint64_t *n)
{
	const uint8_t *nl = data.n == 0 ? NULL : memrchr(data.p, '\n', data.n);

	data.n = nl == NULL ? 0 : (size_t)(nl - data.p) + 1;
	*n = lines_count(data);
	return data.n;
}

/* The same where none can be over the limit: nobody asks where each ends. */
static bool
lines_short(struct d4_slice *in, struct d4_run *out)
{
	uint64_t n;
	size_t len = lines_fit(*in, &n);

	*out = (struct d4_run){
	    .data = d4_slice_skip(in, len), .n = n, .bytes = len};
	return len != 0;
}

static enum d4_status
lines_feed(struct d4_cutter *c, struct d4_slice *in, struct d4_run *out)
{
	struct lines *l = lines_of(c);
	size_t first;
	bool fresh;

	if (l->given) {
		d4_buf_clear(&l->held, LINES_KEEP);
		l->given = false;
	}
	fresh = l->held.n == 0 && l->skipped == 0;
	if (fresh)
		l->last = '\n';
	if (fresh && c->kind == &d4_cutter_lines && in->n <= D4_LINE_MAX)
		return lines_short(in, out) ? D4_OK : lines_stash(l, in);
	first = lines_first(l, *in);
	if (first == 0)
		return lines_stash(l, in);
	if (!fresh)
		return lines_join(l, in, first, out);
	lines_run(l, in, first, out);
	return D4_OK;
}

static enum d4_status
lines_finish(struct d4_cutter *c, struct d4_run *out)
{
	struct lines *l = lines_of(c);
	uint64_t left = l->given ? 0 : l->held.n + l->skipped;

	d4_buf_clear(&l->held, LINES_KEEP);
	l->skipped = 0;
	l->given = false;
	return d4_cutter_left(left, out);
}

static struct d4_slice
lines_opening(const struct d4_cutter *c)
{
	(void)c;
	return (struct d4_slice){0};
}

static size_t
lines_held(const struct d4_cutter *c)
{
	const struct lines *l = (const struct lines *)c;

	return l->given ? 0 : l->held.n;
}

static uint32_t
lines_variant(const struct d4_cutter *c)
{
	(void)c;
	return 0;
}

static size_t
lines_split(const struct d4_cutter *c, struct d4_slice data)
{
	(void)c;
	return lines_line(data);
}

static size_t
folded_split(const struct d4_cutter *c, struct d4_slice data)
{
	(void)c;
	return lines_folded(data, '\n');
}

const struct d4_cutter_kind d4_cutter_lines = {
    .name = "lines",
    .make = lines_make,
    .destroy = lines_destroy,
    .feed = lines_feed,
    .finish = lines_finish,
    .opening = lines_opening,
    .held = lines_held,
    .variant = lines_variant,
    .split = lines_split,
    .fit = lines_fit,
};

const struct d4_cutter_kind d4_cutter_folded = {
    .name = "folded",
    .make = folded_make,
    .destroy = lines_destroy,
    .feed = lines_feed,
    .finish = lines_finish,
    .opening = lines_opening,
    .held = lines_held,
    .variant = lines_variant,
    .split = folded_split,
};
