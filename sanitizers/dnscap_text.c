/* The text of dnscap -g, read word by word and written anew. */
#include <string.h>
#include "sanitizers/dnscap.h"
#include "sanitizers/stamp.h"

#define TEXT_STAMP  26u /* bytes of "2016-10-20 15:23:01.075993" */
#define TEXT_DIGITS 10u
#define TEXT_WORD   16u /* bytes of a class, type, opcode or flag */
#define TEXT_RECORD 24u /* fields of one */
#define TEXT_FOLD   " \\\n\t"

/*
 * struct text -- a record under way; the first `why` stays.
 * Shape:  in: what was not read yet. out: where it goes on.
 */
struct text {
	struct san_dnscap *r;
	struct d4_slice in;
	struct d4_buf *out;
	enum d4_reason why;
};

static void
text_fail(struct text *t, enum d4_reason why)
{
	if (t->why == D4_R_NONE)
		t->why = why;
}

static void
text_put(struct text *t, struct d4_slice s)
{
	if (t->why == D4_R_NONE && d4_buf_add(t->out, s.p, s.n) != D4_OK)
		t->why = D4_R_INTERNAL;
}

static void
text_say(struct text *t, const char *s)
{
	text_put(t, d4_slice_str(s));
}

static bool
text_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* text_skip -- blanks, and the backslashes in front of new lines. */
static void
text_skip(struct text *t)
{
	while (
	    t->in.n != 0 && (text_blank(t->in.p[0]) ||
				(t->in.p[0] == '\\' &&
				    (t->in.n == 1 || text_blank(t->in.p[1])))))
		(void)d4_slice_skip(&t->in, 1);
}

/* text_word -- up to the next blank; empty: nothing is left. */
static struct d4_slice
text_word(struct text *t)
{
	size_t n = 0;

	text_skip(t);
	while (n < t->in.n && !text_blank(t->in.p[n]))
		n++;
	return d4_slice_skip(&t->in, n);
}

/* text_all -- 1 to max bytes, all of them of these, or digits. */
static bool
text_all(struct d4_slice s, size_t max, const char *more)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if ((c < '0' || c > '9') &&
		    (c == 0 || strchr(more, (int)c) == NULL))
			return false;
	}
	return s.n != 0 && s.n <= max;
}

#define TEXT_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* text_between -- s without its brackets; empty: it has none. */
static struct d4_slice
text_between(struct d4_slice s)
{
	return s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']'
	           ? d4_slice_of(s.p + 1, s.n - 2)
	           : d4_slice_of(s.p, 0);
}

struct d4_slice
san_dnscap_stamp(struct d4_slice line)
{
	struct text t = {.in = line};

	(void)text_word(&t);
	text_skip(&t);
	return d4_slice_of(t.in.p, t.in.n < TEXT_STAMP ? 0 : TEXT_STAMP);
}

static void
text_stamp(struct text *t)
{
	struct san_stamp to;
	uint64_t s, unit = t->r->line.unit_us;
	struct d4_slice stamp;
	enum d4_reason why;

	text_skip(t);
	if (t->in.n < TEXT_STAMP) {
		text_fail(t, D4_R_PDNS_VALUE);
		return;
	}
	stamp = d4_slice_skip(&t->in, TEXT_STAMP);
	if (!text_all(stamp, TEXT_STAMP, "-: .") ||
	    !san_stamp_seconds(stamp, &s)) {
		text_fail(t, D4_R_TIME_VALUE);
		return;
	}
	why = unit == 0 ? D4_R_NONE : san_stamp_floor(stamp, unit, &to);
	if (why != D4_R_NONE)
		text_fail(t, why);
	else
		text_put(t, unit == 0 ? stamp : d4_slice_of(to.text, to.n));
}

/* [#12 eth0 4095]: the interface may be a path with blanks. */
static void
text_source(struct text *t)
{
	const uint8_t *end;

	text_skip(t);
	end = t->in.n == 0 ? NULL : memchr(t->in.p, '\n', t->in.n);
	if (t->in.n < 2 || memcmp(t->in.p, "[#", 2) != 0 || end == NULL) {
		text_fail(t, D4_R_PDNS_VALUE);
		return;
	}
	(void)d4_slice_skip(&t->in, (size_t)(end - t->in.p));
	text_say(t, " [#0 - 4095]" TEXT_FOLD);
}

static void
text_head(struct text *t)
{
	struct d4_slice n = text_word(t);

	if (!text_all(text_between(n), TEXT_DIGITS, ""))
		text_fail(t, D4_R_PDNS_VALUE);
	text_put(t, n);
	text_say(t, " ");
	text_stamp(t);
	text_source(t);
}

static void
text_addr(struct text *t, struct d4_slice s, uint8_t family)
{
	struct d4_addr a = {.family = 0}, to;
	char text[D4_ADDR_TEXT];
	enum d4_reason why = D4_R_PDNS_VALUE;

	if (d4_addr_parse(s, &a) == D4_OK &&
	    (family == 0 || a.family == family))
		why = san_line_map(&t->r->line, &a, &to);
	if (why != D4_R_NONE) {
		text_fail(t, why);
		return;
	}
	d4_addr_text(&to, text);
	text_say(t, text);
}

/* [address].port */
static void
text_peer(struct text *t)
{
	struct d4_slice w = text_word(t);
	const uint8_t *end = w.n == 0 ? NULL : memchr(w.p, ']', w.n);
	size_t n = end == NULL ? 0 : (size_t)(end - w.p);

	if (n < 2 || w.p[0] != '[' || w.n < n + 3 || end[1] != '.' ||
	    !text_all(d4_slice_of(end + 2, w.n - n - 2), 5, "")) {
		text_fail(t, D4_R_PDNS_VALUE);
		return;
	}
	text_say(t, "[");
	text_addr(t, d4_slice_of(w.p + 1, n - 1), 0);
	text_put(t, d4_slice_of(end, w.n - n));
	text_say(t, " ");
}

/* text_fields -- a word cut at its commas; how many, 0: too many. */
static unsigned
text_fields(struct d4_slice w, struct d4_slice f[TEXT_RECORD])
{
	unsigned n = 0;

	for (;; n++) {
		const uint8_t *end = w.n == 0 ? NULL : memchr(w.p, ',', w.n);
		size_t len = end == NULL ? w.n : (size_t)(end - w.p);

		if (n == TEXT_RECORD)
			return 0;
		f[n] = d4_slice_skip(&w, len);
		if (end == NULL)
			return n + 1;
		(void)d4_slice_skip(&w, 1);
	}
}

/* QUERY,NOERROR,59311,qr|rd|ra */
static void
text_flags(struct text *t)
{
	struct d4_slice w = text_word(t), f[TEXT_RECORD];

	if (text_fields(w, f) != 4 || !text_all(f[0], TEXT_WORD, TEXT_UPPER) ||
	    !text_all(f[1], TEXT_WORD, TEXT_UPPER) ||
	    !text_all(f[2], TEXT_DIGITS, "") ||
	    (f[3].n != 0 && !text_all(f[3], 32, "|abcdefghijklmnopqrstuvwxyz")))
		text_fail(t, D4_R_PDNS_VALUE);
	text_put(t, w);
}

/* text_name -- a name that may leave; the root is one. */
static void
text_name(struct text *t, struct d4_slice s, bool question)
{
	const struct d4_prefix_set *scope =
	    t->r->line.addr->scope.n != 0 ? &t->r->line.addr->scope : NULL;
	bool root = s.n == 1 && s.p[0] == '.';
	struct san_name name;

	if (!root && !san_name_parse(s, &name))
		text_fail(t, D4_R_PDNS_VALUE);
	else if (!root)
		text_fail(t, san_dns_judge(t->r->conf, scope,
				 &(struct san_dns_asked){&name, s, question}));
	text_put(t, s);
}

/* text_row -- what we know of a type; NULL: it is not released. */
static const struct san_dns_rr *
text_row(const struct text *t, struct d4_slice type)
{
	const struct san_dns_rr *row;

	for (unsigned i = 0; (row = san_dns_rr_at(i)) != NULL; i++) {
		if (d4_slice_eqs(type, row->name))
			return (t->r->conf->rrtypes >> i & 1) != 0 ? row : NULL;
	}
	return NULL;
}

/* A field of the data: a number, a length in brackets, a name, an address. */
static void
text_datum(struct text *t, struct d4_slice f, const struct san_dns_rr *row)
{
	char what = row->data[0];

	text_say(t, ",");
	if (what == '4' || what == '6')
		text_addr(t, f, what == '4' ? 4 : 6);
	else if (text_all(f, TEXT_DIGITS, "") ||
		 text_all(text_between(f), TEXT_DIGITS, ""))
		text_put(t, f);
	else
		text_name(t, f, false);
}

/* .,4096,4096,0,edns0[len=0,...],... : the numbers, and no options. */
static void
text_edns(struct text *t, const struct d4_slice *f)
{
	text_say(t, ".");
	for (unsigned i = 1; i < 4; i++) {
		if (!text_all(f[i], TEXT_DIGITS, ""))
			text_fail(t, D4_R_PDNS_VALUE);
		text_say(t, ",");
		text_put(t, f[i]);
	}
}

/*
 * text_record -- one of a section, into t->out; false: it is left out. Of the
 * root only OPT has a number for its class.
 */
static bool
text_record(struct text *t, bool question)
{
	struct d4_slice f[TEXT_RECORD];
	unsigned n = text_fields(text_word(t), f);
	const struct san_dns_rr *row;

	if (n < 3 || !text_all(f[1], TEXT_WORD, TEXT_UPPER) ||
	    !text_all(f[2], TEXT_WORD, TEXT_UPPER) || (question && n != 3)) {
		text_fail(t, D4_R_PDNS_VALUE);
		return false;
	}
	if (!question && n >= 4 && d4_slice_eqs(f[0], ".") &&
	    text_all(f[1], TEXT_DIGITS, "") &&
	    text_all(f[2], TEXT_DIGITS, "")) {
		text_edns(t, f);
		return true;
	}
	row = text_row(t, f[2]);
	if (!question && row == NULL)
		return false;
	text_name(t, f[0], question);
	for (unsigned i = 1; i < 3; i++) {
		text_say(t, ",");
		text_put(t, f[i]);
	}
	if (question)
		return true;
	if (n < 5 || !text_all(f[3], TEXT_DIGITS, ""))
		text_fail(t, D4_R_PDNS_VALUE);
	text_say(t, ",");
	text_put(t, f[3]);
	for (unsigned i = 4; i < n; i++)
		text_datum(t, f[i], row);
	return true;
}

/* A section: how many, then so many records, counted anew. */
static void
text_section(struct text *t, unsigned k)
{
	struct text part = *t;
	struct d4_slice w = text_word(&part);
	unsigned want = 0, n = 0;

	if (!text_all(w, 5, ""))
		text_fail(&part, D4_R_PDNS_VALUE);
	for (size_t i = 0; part.why == D4_R_NONE && i < w.n; i++)
		want = want * 10 + (unsigned)(w.p[i] - '0');
	part.out = &t->r->part;
	part.out->n = 0;
	for (; part.why == D4_R_NONE && want > 0; want--) {
		size_t mark = part.out->n;

		text_say(&part, n == 0 ? " " : TEXT_FOLD);
		if (text_record(&part, k == 0))
			n++;
		else
			part.out->n = mark;
	}
	t->in = part.in;
	text_fail(t, part.why);
	if (k != 0)
		text_say(t, n == 0 ? " " : TEXT_FOLD);
	if (t->why == D4_R_NONE && d4_buf_addf(t->out, "%u", n) != D4_OK)
		t->why = D4_R_INTERNAL;
	text_put(t, d4_buf_slice(part.out));
}

enum d4_reason
san_dnscap_write(struct san_dnscap *r, struct d4_slice line, struct d4_buf *out)
{
	struct text t = {.r = r, .in = line, .out = out};

	text_head(&t);
	text_peer(&t);
	text_peer(&t);
	text_skip(&t);
	if (t.why != D4_R_NONE || t.in.n == 0)
		return t.why; /* no DNS in it: a handshake, an ICMP error */
	text_say(&t, TEXT_FOLD "dns ");
	if (!d4_slice_eqs(text_word(&t), "dns"))
		text_fail(&t, D4_R_PDNS_VALUE);
	text_flags(&t);
	text_say(&t, TEXT_FOLD);
	for (unsigned k = 0; t.why == D4_R_NONE && k < 4; k++)
		text_section(&t, k);
	text_skip(&t);
	if (t.in.n != 0)
		text_fail(&t, D4_R_PDNS_VALUE);
	return t.why;
}
