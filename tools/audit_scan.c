/* The audit's eyes: all protected addresses that stand in one record. */
#include <ctype.h>
#include <string.h>
#include "libd4/type.h"
#include "libd4/wire.h"
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"
#include "tools/audit.h"

#define SCAN_PLAIN 64u /* addresses that a record spells */

/*
 * struct scan -- a record being looked at.
 * Shape:  parts: of a packet. plain: what was noted already, as text or as
 *         hidden: what is decoded for a search holds the plain ones as well.
 */
struct scan {
	const struct audit_scope *scope;
	const struct audit_record *r;
	struct audit_book *book;
	struct audit_parts parts;
	struct d4_addr plain[SCAN_PLAIN];
	unsigned n_plain;
};

/* scan_place -- what the record's byte at `at` is. */
static void
scan_place(const struct scan *s, enum audit_spelling how, size_t at,
    char out[AUDIT_PLACE])
{
	const struct audit_record *r = s->r;

	if (how == AUDIT_HIDDEN || how == AUDIT_CODED)
		(void)snprintf(out, AUDIT_PLACE, "anywhere");
	else if (!r->capture)
		audit_line_name(r->bytes, r->type, at, out);
	else if (r->number == 0)
		(void)snprintf(out, AUDIT_PLACE, "opening");
	else if (r->type == D4_TYPE_YAF)
		(void)audit_message(r->opening, r->bytes, at, out);
	else if (r->head == 0)
		(void)snprintf(out, AUDIT_PLACE, "block without a packet");
	else if (at < r->head)
		(void)snprintf(out, AUDIT_PLACE, "pcap header");
	else if (at >= r->head + r->len)
		(void)snprintf(out, AUDIT_PLACE, "block options");
	else
		audit_parts_name(&s->parts, at - r->head, out);
}

/* scan_field -- an address field begins there. */
static bool
scan_field(const struct scan *s, size_t at)
{
	const struct audit_record *r = s->r;
	char place[AUDIT_PLACE];

	if (!r->capture || r->number == 0)
		return false;
	if (r->type == D4_TYPE_YAF)
		return audit_message(r->opening, r->bytes, at, place);
	return r->head != 0 && at >= r->head &&
	       audit_parts_field(&s->parts, at - r->head);
}

static void
scan_note(const struct scan *s, const struct d4_addr *a, size_t at,
    enum audit_spelling how)
{
	char place[AUDIT_PLACE];
	struct audit_spot spot = {
	    .side = s->r->side,
	    .spelling = how,
	    .place = place,
	    .record = s->r->number,
	    .at = s->r->at + at,
	};

	if (how == AUDIT_BINARY)
		spot.field = scan_field(s, at);
	scan_place(s, how, at, place);
	audit_book_note(s->book, a, &spot);
}

static bool
scan_protected(const struct scan *s, const struct d4_addr *a)
{
	return d4_prefix_set_find(&s->scope->set, a) != NULL;
}

/* Four bytes at `at`, read the three ways. */
static void
scan_ip4(const struct scan *s, size_t at)
{
	const uint8_t *p = s->r->bytes.p + at;
	const bool *first = s->scope->first[0];
	struct d4_addr a = {.family = 4, .b = {p[0], p[1], p[2], p[3]}};

	if (first[p[0] << 8 | p[1]] && scan_protected(s, &a))
		scan_note(s, &a, at, AUDIT_BINARY);
	if (first[p[3] << 8 | p[2]]) {
		a = (struct d4_addr){
		    .family = 4, .b = {p[3], p[2], p[1], p[0]}};
		if (scan_protected(s, &a))
			scan_note(s, &a, at, AUDIT_REVERSED);
	}
	if (!first[(p[0] ^ 0xff) << 8 | (p[1] ^ 0xff)])
		return;
	for (unsigned i = 0; i < 4; i++)
		a.b[i] = p[i] ^ 0xff;
	if (scan_protected(s, &a))
		scan_note(s, &a, at, AUDIT_INVERTED);
}

static void
scan_ip6(const struct scan *s, size_t at)
{
	const uint8_t *p = s->r->bytes.p + at;
	struct d4_addr a = {.family = 6};

	if (!s->scope->first[1][p[0] << 8 | p[1]])
		return;
	memcpy(a.b, p, sizeof(a.b));
	if (scan_protected(s, &a))
		scan_note(s, &a, at, AUDIT_BINARY);
}

static void
scan_binary(const struct scan *s)
{
	size_t n = s->r->bytes.n;

	for (size_t at = 0; at + 4 <= n; at++)
		scan_ip4(s, at);
	for (size_t at = 0; at + 16 <= n; at++)
		scan_ip6(s, at);
}

/* scan_begin -- where the number in front of the gap begins. */
static size_t
scan_begin(const struct san_find *f)
{
	size_t at = f->gap;

	while (at > 0 && isxdigit(f->text.p[at - 1]))
		at--;
	return at;
}

/* scan_new -- the record was not known to spell it; now it is. */
static bool
scan_new(struct scan *s, const struct d4_addr *a)
{
	for (unsigned i = 0; i < s->n_plain; i++) {
		if (s->plain[i].family == a->family &&
		    memcmp(s->plain[i].b, a->b, a->family == 4 ? 4 : 16) == 0)
			return false;
	}
	if (s->n_plain < SCAN_PLAIN)
		s->plain[s->n_plain++] = *a;
	return true;
}

static void
scan_text(struct scan *s)
{
	struct san_find f = {.text = s->r->bytes};
	struct d4_addr a;

	while (san_find_next(&f, &a)) {
		if (!san_scope_has(&s->scope->set, &a))
			continue;
		scan_note(s, &a, scan_begin(&f), AUDIT_TEXT);
		(void)scan_new(s, &a);
	}
}

/* struct scan_wanted -- what a search hands back, and what to call it. */
struct scan_wanted {
	struct scan *scan;
	enum audit_spelling how;
};

/* A search asks for every reading; that it ends nothing is "no". */
static bool
scan_hidden(const void *arg, const struct d4_addr *a)
{
	const struct scan_wanted *w = arg;

	if (san_scope_has(&w->scan->scope->set, a) && scan_new(w->scan, a))
		scan_note(w->scan, a, 0, w->how);
	return false;
}

void
audit_scan(const struct audit_scope *s, const struct audit_record *r,
    struct audit_book *b)
{
	struct scan scan = {.scope = s, .r = r, .book = b};
	struct scan_wanted hidden = {.scan = &scan, .how = AUDIT_HIDDEN};
	struct san_wanted wanted = {.is = scan_hidden, .arg = &hidden};
	struct d4_slice packet = r->bytes;

	if (r->head != 0 && r->bytes.n >= r->head) {
		d4_slice_skip(&packet, r->head);
		packet.n = r->len;
		audit_packet(packet, r->link, &scan.parts);
	}
	if (r->capture)
		scan_binary(&scan);
	scan_text(&scan);
	(void)san_find_numbers(r->bytes, &wanted);
	hidden.how = AUDIT_CODED;
	(void)san_find_hidden(r->bytes, &wanted);
}
