/* An audit: two files, cut and searched as they pass. */
#include <stdlib.h>
#include "tools/audit.h"

static bool
audit_open(struct audit_file *f, const struct d4_cutter_kind *kind)
{
	d4_buf_init(&f->opening, D4_OPENING_MAX);
	f->sha = EVP_MD_CTX_new();
	return d4_cutter_new(kind, &f->cutter) == D4_OK && f->sha != NULL &&
	       EVP_DigestInit_ex(f->sha, EVP_sha256(), NULL) == 1;
}

enum d4_status
audit_new(const struct d4_cutter_kind *kind, uint8_t type, struct audit **out)
{
	struct audit *a = calloc(1, sizeof(*a));

	*out = NULL;
	if (a == NULL)
		return D4_ENOMEM;
	a->type = type;
	a->capture = kind == &d4_cutter_pcap || kind == &d4_cutter_pcapng ||
	             kind == &d4_cutter_ipfix;
	if (audit_book_init(&a->book) != D4_OK ||
	    !audit_open(&a->file[AUDIT_IN], kind) ||
	    !audit_open(&a->file[AUDIT_OUT], kind)) {
		audit_free(a);
		return D4_ENOMEM;
	}
	*out = a;
	return D4_OK;
}

void
audit_free(struct audit *a)
{
	if (a == NULL)
		return;
	for (unsigned i = 0; i < AUDIT_SIDES; i++) {
		d4_cutter_free(a->file[i].cutter);
		EVP_MD_CTX_free(a->file[i].sha);
		d4_buf_fini(&a->file[i].opening);
	}
	audit_book_fini(&a->book);
	d4_prefix_set_fini(&a->scope.set);
	free(a);
}

/* audit_first -- which first 16 bits the addresses of a prefix have. */
static void
audit_first(bool first[65536], const struct d4_prefix *p)
{
	unsigned from = (unsigned)(p->addr.b[0] << 8 | p->addr.b[1]);
	unsigned n = p->len >= 16 ? 1 : 1u << (16 - p->len);

	for (unsigned i = from; i < from + n && i < 65536; i++)
		first[i] = true;
}

enum d4_status
audit_protect(struct audit *a, const struct d4_prefix_set *set)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && i < set->n; i++) {
		const struct d4_prefix *p = &set->list[i];

		audit_first(a->scope.first[p->addr.family == 6], p);
		st = d4_prefix_set_add(&a->scope.set, p);
	}
	return st;
}

/* audit_opening -- another one: it is searched like a record. */
static void
audit_opening(struct audit *a, struct audit_file *f, struct audit_record *r)
{
	struct d4_slice in = d4_cutter_opening(f->cutter);

	if (d4_slice_eq(in, d4_buf_slice(&f->opening)))
		return;
	f->opening.n = 0;
	if (d4_buf_add(&f->opening, in.p, in.n) != D4_OK)
		a->failed = true;
	f->searched += a->capture ? in.n : 0;
	r->bytes = in;
	r->at = f->at < in.n ? 0 : f->at - in.n;
	audit_scan(&a->scope, r, &a->book);
}

/* audit_head -- where a record's packet begins, and of what link type. */
static void
audit_head(const struct audit_file *f, struct audit_record *r)
{
	r->opening = d4_buf_slice(&f->opening);
	r->head = r->len = 0;
	if (f->cutter->kind == &d4_cutter_pcapng) {
		audit_block(r);
	} else if (f->cutter->kind == &d4_cutter_pcap) {
		r->head = AUDIT_PCAP;
		r->len = r->bytes.n - AUDIT_PCAP;
	}
}

/* audit_run -- the records of a run, one by one; it ends at byte `end`. */
static void
audit_run(struct audit *a, enum audit_side side, const struct d4_run *run,
    uint64_t end)
{
	struct audit_file *f = &a->file[side];
	struct audit_record r = {
	    .side = side,
	    .capture = a->capture,
	    .type = a->type,
	    .link = (uint16_t)d4_cutter_variant(f->cutter),
	};
	struct d4_slice data = run->data;
	size_t n;

	f->at = end - run->bytes;
	if (a->capture)
		audit_opening(a, f, &r);
	if (run->reason != D4_R_NONE) {
		f->records += run->n;
		f->unread += run->n;
		f->at += run->bytes;
		return;
	}
	f->searched += a->capture ? data.n : 0;
	while ((n = d4_cutter_split(f->cutter, data)) != 0) {
		r.number = ++f->records;
		r.at = f->at;
		r.bytes = d4_slice_skip(&data, n);
		f->at += n;
		audit_head(f, &r);
		audit_scan(&a->scope, &r, &a->book);
	}
}

void
audit_feed(struct audit *a, enum audit_side side, struct d4_slice in)
{
	struct audit_file *f = &a->file[side];
	enum d4_status st = D4_OK;
	struct d4_run run;

	f->bytes += in.n;
	if (EVP_DigestUpdate(f->sha, in.p, in.n) != 1)
		a->failed = true;
	if (f->broken != D4_R_NONE)
		return;
	while ((st = d4_cutter_feed(f->cutter, &in, &run)) == D4_OK)
		audit_run(a, side, &run, f->bytes - in.n);
	if (st == D4_AGAIN)
		return;
	f->broken = st == D4_ENOMEM ? D4_R_INTERNAL : f->cutter->failed;
}

void
audit_end(struct audit *a)
{
	for (unsigned i = 0; i < AUDIT_SIDES; i++) {
		struct audit_file *f = &a->file[i];
		struct d4_run run;

		if (EVP_DigestFinal_ex(f->sha, f->digest, NULL) != 1)
			a->failed = true;
		if (d4_cutter_finish(f->cutter, &run) != D4_ETRUNC)
			continue;
		f->records++;
		f->unread++;
	}
	audit_book_sort(&a->book);
}
