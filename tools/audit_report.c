/* The audit's report: for a person who answers for it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "tools/audit.h"

#define REPORT_FOUND 20u /* occurrences in the output that are shown */

static const char *const report_spelling[AUDIT_SPELLINGS] = {
    [AUDIT_BINARY] = "binary",
    [AUDIT_TEXT] = "text",
    [AUDIT_REVERSED] = "reversed",
    [AUDIT_INVERTED] = "inverted",
    [AUDIT_HIDDEN] = "hidden",
    [AUDIT_CODED] = "coded",
};

/* struct report -- own: addresses of the input, n_own of them. */
struct report {
	struct audit *audit;
	const struct audit_facts *facts;
	FILE *out;
	struct d4_addr *own;
	size_t n_own;
	uint64_t found; /* occurrences in the output */
};

static void
report_file(const struct report *r, const char *name, enum audit_side side)
{
	const struct audit_file *f = &r->audit->file[side];

	(void)fprintf(r->out,
	    "%-10s %" PRIu64 " records, %" PRIu64 " bytes, sha256 ", name,
	    f->records, f->bytes);
	for (unsigned i = 0; i < sizeof(f->digest); i++)
		(void)fprintf(r->out, "%02x", f->digest[i]);
	(void)fputc('\n', r->out);
	if (f->unread != 0)
		(void)fprintf(r->out,
		    "           %" PRIu64 " of them broken, not searched\n",
		    f->unread);
	if (f->broken != D4_R_NONE)
		(void)fprintf(r->out,
		    "           not searched from byte %" PRIu64 " on: %s\n",
		    f->at, d4_reason_text(f->broken));
}

static void
report_tally(const struct report *r)
{
	const struct d4_tally *t = r->facts->tally;

	(void)fprintf(r->out, "released   %" PRIu64 " of %" PRIu64 " records\n",
	    t->records[D4_R_NONE], t->in);
	for (unsigned i = 1; i < D4_REASON_MAX; i++) {
		if (t->records[i] == 0)
			continue;
		(void)fprintf(r->out, "withheld   %" PRIu64 " %s: %s\n",
		    t->records[i], d4_reason_name((enum d4_reason)i),
		    d4_reason_text((enum d4_reason)i));
	}
}

static void
report_scope(const struct report *r)
{
	const struct d4_prefix_set *set = &r->audit->scope.set;
	char text[D4_ADDR_TEXT];

	for (size_t i = 0; i < set->n; i++) {
		d4_addr_text(&set->list[i].addr, text);
		(void)fprintf(r->out, "%-10s %s/%u\n",
		    i == 0 ? "protected" : "", text, set->list[i].len);
	}
	(void)fprintf(r->out,
	    "           %zu addresses of them stand in the input\n\n",
	    r->n_own);
}

/*
 * report_mine -- a hit that counts: the input surely has the address. Others
 * are bytes that would be a protected address if they were one.
 */
static bool
report_mine(const struct report *r, const struct audit_hit *h)
{
	return audit_own_has(r->own, r->n_own, &h->addr);
}

/* A line of the table: all addresses at one place in one spelling. */
struct report_row {
	uint64_t n[AUDIT_SIDES], addrs[AUDIT_SIDES];
};

static void
report_row(const struct report *r, const struct audit_hit *h,
    const struct report_row *row)
{
	if (row->n[AUDIT_IN] + row->n[AUDIT_OUT] == 0)
		return;
	(void)fprintf(r->out,
	    "%-24s %-9s %12" PRIu64 " %9" PRIu64 " %12" PRIu64 " %9" PRIu64
	    "\n",
	    r->audit->book.place[h->place], report_spelling[h->spelling],
	    row->n[AUDIT_IN], row->addrs[AUDIT_IN], row->n[AUDIT_OUT],
	    row->addrs[AUDIT_OUT]);
}

/* report_table -- all hits that are `mine` or not; occurrences after. */
static uint64_t
report_table(const struct report *r, bool mine)
{
	const struct audit_book *b = &r->audit->book;
	struct report_row row = {.n = {0}};
	uint64_t after = 0;

	(void)fprintf(r->out, "%-24s %-9s %12s %9s %12s %9s\n", "where",
	    "spelled", "before", "addresses", "after", "addresses");
	for (size_t i = 0; i < b->n; i++) {
		const struct audit_hit *h = &b->hit[i];
		bool last = i + 1 == b->n || h[1].place != h->place ||
		            h[1].spelling != h->spelling;
		bool counts = report_mine(r, h) == mine;

		for (unsigned s = 0; counts && s < AUDIT_SIDES; s++) {
			row.n[s] += h->n[s];
			row.addrs[s] += h->n[s] != 0;
		}
		if (!last)
			continue;
		after += row.n[AUDIT_OUT];
		report_row(r, h, &row);
		row = (struct report_row){.n = {0}};
	}
	(void)fputc('\n', r->out);
	return after;
}

/* report_found -- where the output has them. */
static void
report_found(const struct report *r, bool mine)
{
	const struct audit_book *b = &r->audit->book;
	char text[D4_ADDR_TEXT];
	unsigned shown = 0;

	for (size_t i = 0; i < b->n && shown < REPORT_FOUND; i++) {
		const struct audit_hit *h = &b->hit[i];

		if (h->n[AUDIT_OUT] == 0 || report_mine(r, h) != mine)
			continue;
		d4_addr_text(&h->addr, text);
		(void)fprintf(r->out,
		    "  %s, %s in %s: %" PRIu64 " times, first in the output's "
		    "record %" PRIu64 ", byte %" PRIu64 "\n",
		    text, report_spelling[h->spelling], b->place[h->place],
		    h->n[AUDIT_OUT], h->record[AUDIT_OUT], h->at[AUDIT_OUT]);
		shown++;
	}
}

/* Three ways of reading four bytes, at every byte of a capture. */
static double
report_chance(const struct report *r)
{
	const struct d4_prefix_set *set = &r->audit->scope.set;
	double n = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->list[i].addr.family == 4)
			n += (double)(1ull << (32 - set->list[i].len));
	}
	return 3.0 * n * (double)r->audit->file[AUDIT_OUT].searched /
	       4294967296.0;
}

static bool
report_whole(const struct report *r)
{
	const struct audit *a = r->audit;

	return !a->failed && !a->book.full &&
	       a->file[AUDIT_OUT].broken == D4_R_NONE &&
	       a->file[AUDIT_OUT].unread == 0;
}

static void
report_verdict(const struct report *r)
{
	if (!report_whole(r))
		(void)fprintf(r->out,
		    "NOT COMPLETE: not everything could be searched or "
		    "noted; this proves nothing.\n");
	if (r->found != 0) {
		(void)fprintf(r->out,
		    "FOUND: protected addresses of the input stand in the "
		    "output %" PRIu64 " times:\n",
		    r->found);
		report_found(r, true);
	} else if (report_whole(r)) {
		(void)fprintf(r->out,
		    "No protected address that stands in the input is "
		    "disclosed in any field of the output.\n");
	}
	(void)fputc('\n', r->out);
}

/* report_alike -- bytes that look like addresses which the input lacks. */
static void
report_alike(const struct report *r)
{
	(void)fprintf(r->out,
	    "Look-alikes: bytes and digits that would be a protected address "
	    "if they were one, but the\ninput has that address in no field "
	    "for addresses and in no text. In bytes of chance one\nwould "
	    "expect %.1f of them after the pipeline.\n",
	    report_chance(r));
	if (report_table(r, false) != 0)
		report_found(r, false);
	(void)fprintf(r->out,
	    "\nSearched for, at every byte: four or sixteen bytes in network "
	    "order, four reversed, four\ninverted (Teredo); dotted, dashed "
	    "and RFC 4291 text; hex digits and numbers (hidden); reverse\n"
	    "names, 10[.]1, 10_1, 0xa.0x1, escapes, forms of Unicode, base64 "
	    "(coded), once a record.\nNot searched for: names, mail "
	    "addresses, what is compressed or encrypted.\n\nread and "
	    "approved: "
	    "______________________   date: ______________\n");
}

bool
audit_report(struct audit *a, const struct audit_facts *facts, FILE *out)
{
	struct report r = {.audit = a, .facts = facts, .out = out};

	r.own = audit_book_own(&a->book, &r.n_own);
	if (r.own == NULL) {
		a->failed = true;
		(void)fprintf(out, "NOT COMPLETE: memory is out.\n");
	}
	(void)fprintf(out,
	    "audit by d4-sanitize " D4_VERSION "\n"
	    "pipeline   %s of %s, class S%u, sha256 %s\n"
	    "partner    %s\n",
	    facts->pipeline, facts->policy, facts->cls, facts->hash,
	    facts->partner);
	report_file(&r, "input", AUDIT_IN);
	report_file(&r, "output", AUDIT_OUT);
	report_tally(&r);
	report_scope(&r);
	if (r.own != NULL) {
		r.found = report_table(&r, true);
		report_verdict(&r);
		report_alike(&r);
	}
	free(r.own);
	return r.found == 0 && report_whole(&r);
}
