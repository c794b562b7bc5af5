/* May this line leave? First what is broken, then what is not wanted. */
#include <string.h>
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"
#include "sanitizers/pdns_run.h"

static bool
judge_in_scope(const struct san_pdns_run *r, const struct d4_addr *a)
{
	return r->scope != NULL && san_scope_has(r->scope, a);
}

/* judge_tells -- a text has an address of the scope, however it is written. */
static bool
judge_tells(const struct san_pdns_run *r, struct d4_slice text)
{
	return r->scope != NULL && (san_find_scope(text, r->scope) ||
				       san_hidden_scope(text, r->scope));
}

static bool
judge_unspecified(const struct d4_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->b, zero, a->family == 4 ? 4 : 16) == 0;
}

/*
 * judge_who -- a column that is read at all must be an address, or empty.
 * Mostly it is the one of the line before: few servers are asked.
 */
static enum d4_reason
judge_who(struct san_pdns_run *r, unsigned i)
{
	struct d4_slice f = r->line.f[i == 0 ? PDNS_CLIENT : PDNS_SERVER];
	struct san_pdns_who_is *w = &r->who[i];

	if (f.n != 0 && f.n == w->n && memcmp(w->text, f.p, f.n) == 0)
		return D4_R_NONE;
	w->n = 0;
	w->set = false;
	w->in_scope = false;
	if (f.n == 0)
		return D4_R_NONE;
	memset(&w->addr, 0, sizeof(w->addr));
	if (d4_addr_parse(f, &w->addr) != D4_OK)
		return D4_R_PDNS_VALUE;
	w->set = !judge_unspecified(&w->addr);
	w->in_scope = judge_in_scope(r, &w->addr);
	w->n = (uint8_t)f.n; /* of an address: it fits */
	memcpy(w->text, f.p, f.n);
	return D4_R_NONE;
}

static enum d4_reason
judge_columns(struct san_pdns_run *r)
{
	bool all = r->scope != NULL;
	enum d4_reason why = D4_R_NONE;

	if (all || r->window != NULL || r->conf->who[0] >= PDNS_ADDR)
		why = judge_who(r, 0);
	if (why == D4_R_NONE && (all || r->conf->who[1] >= PDNS_ADDR))
		why = judge_who(r, 1);
	return why;
}

static enum d4_reason
judge_require(const struct san_pdns_run *r)
{
	bool client = r->who[0].in_scope, server = r->who[1].in_scope;

	if (r->addr == NULL)
		return D4_R_NONE;
	switch (r->addr->require) {
	case SAN_REQUIRE_NONE:
		return D4_R_NONE;
	case SAN_REQUIRE_ANY:
		return client || server ? D4_R_NONE : D4_R_SCOPE_MISS;
	case SAN_REQUIRE_SRC:
		return client ? D4_R_NONE : D4_R_SCOPE_MISS;
	case SAN_REQUIRE_DST:
		return server ? D4_R_NONE : D4_R_SCOPE_MISS;
	}
	return D4_R_INTERNAL;
}

/*
 * judge_spelled -- the name spells an address of the scope, in some form; text
 * is the name in its own case, for base64 has one.
 */
static bool
judge_spelled(const struct san_pdns_run *r, const struct san_name *n,
    struct d4_slice text)
{
	if (!r->deny_reverse || !n->digits)
		return false;
	return san_name_reverse(n, r->scope) || judge_tells(r, text);
}

/* judge_name -- what holds for the name asked for and for names in answers. */
static enum d4_reason
judge_name(const struct san_pdns_run *r, const struct san_name *n,
    struct d4_slice text)
{
	if (n->n_labels < 2 || san_name_denied_label(n))
		return D4_R_PDNS_LABEL;
	if (san_suffixes_has(r->conf->deny, n))
		return D4_R_PDNS_SUFFIX;
	return judge_spelled(r, n, text) ? D4_R_PDNS_REVERSE : D4_R_NONE;
}

static enum d4_reason
judge_qname(struct san_pdns_run *r)
{
	enum d4_reason why;

	if (!san_name_parse(r->line.f[PDNS_QNAME], &r->name))
		return D4_R_PDNS_VALUE;
	why = judge_name(r, &r->name, r->line.f[PDNS_QNAME]);
	if (why == D4_R_NONE && r->conf->allow != NULL &&
	    !san_suffixes_has(r->conf->allow, &r->name))
		return D4_R_PDNS_ALLOW;
	return why;
}

/* ---- answers ---- */

/*
 * judge_quad -- the last four bytes of any IPv6 address may be written as an
 * address of IPv4: then one of the scope stands there to be read, also where
 * it means nothing (2001:db8::10.1.2.3).
 */
static bool
judge_quad(const struct san_pdns_run *r, struct d4_slice text)
{
	return r->answer.family == 6 && memchr(text.p, '.', text.n) != NULL &&
	       judge_tells(r, text);
}

/* judge_answer_addr -- an address, which may not be one of the scope. */
static enum d4_reason
judge_answer_addr(struct san_pdns_run *r, uint8_t family)
{
	struct d4_slice text = r->line.f[PDNS_ANSWER];

	memset(&r->answer, 0, sizeof(r->answer));
	if (d4_addr_parse(text, &r->answer) != D4_OK ||
	    r->answer.family != family)
		return D4_R_PDNS_VALUE;
	if (r->conf->answer_keep)
		return D4_R_NONE;
	return judge_in_scope(r, &r->answer) || judge_quad(r, text)
	           ? D4_R_PDNS_ANSWER
	           : D4_R_NONE;
}

/* judge_word -- a name in an answer; the root says "nothing here". */
static enum d4_reason
judge_word(struct san_pdns_run *r, struct d4_slice text)
{
	if (!san_name_parse(text, &r->word))
		return D4_R_PDNS_VALUE;
	return r->word.n_labels == 0 ? D4_R_NONE
	                             : judge_name(r, &r->word, text);
}

static bool
judge_is_number(struct d4_slice t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	}
	return true;
}

/* judge_words -- "10 mail.example.org.": all that are no numbers. */
static enum d4_reason
judge_words(struct san_pdns_run *r)
{
	struct d4_slice left = r->line.f[PDNS_ANSWER];
	enum d4_reason why = D4_R_NONE;

	while (why == D4_R_NONE && left.n != 0) {
		const uint8_t *gap = memchr(left.p, ' ', left.n);
		size_t n = gap == NULL ? left.n : (size_t)(gap - left.p);
		struct d4_slice word = d4_slice_skip(&left, n);

		if (left.n != 0)
			(void)d4_slice_skip(&left, 1);
		if (!judge_is_number(word))
			why = judge_word(r, word);
	}
	return why;
}

/* judge_text -- an answer that we do not understand: no address in it. */
static enum d4_reason
judge_text(const struct san_pdns_run *r)
{
	if (r->conf->answer_keep || !judge_tells(r, r->line.f[PDNS_ANSWER]))
		return D4_R_NONE;
	return D4_R_PDNS_ANSWER;
}

static enum d4_reason
judge_answer(struct san_pdns_run *r)
{
	switch (san_pdns_rrtype_at((unsigned)r->line.type)->answer) {
	case PDNS_IP4:
		return judge_answer_addr(r, 4);
	case PDNS_IP6:
		return judge_answer_addr(r, 6);
	case PDNS_NAME:
		return judge_word(r, r->line.f[PDNS_ANSWER]);
	case PDNS_WORDS:
		return judge_words(r);
	case PDNS_TEXT:
		return judge_text(r);
	}
	return D4_R_INTERNAL;
}

static bool
judge_listed(const struct san_pdns_run *r)
{
	return r->line.type >= 0 && (r->conf->rrtypes >> r->line.type & 1) != 0;
}

static enum d4_reason
judge_about(struct san_pdns_run *r)
{
	enum d4_reason why;

	r->line.type = san_pdns_rrtype_find(r->line.f[PDNS_RRTYPE]);
	if (!judge_listed(r))
		return D4_R_PDNS_RRTYPE;
	why = judge_qname(r);
	return why == D4_R_NONE ? judge_answer(r) : why;
}

enum d4_reason
san_pdns_about(struct san_pdns_run *r, struct d4_slice qname,
    struct d4_slice rrtype, struct d4_slice answer)
{
	r->line.f[PDNS_QNAME] = qname;
	r->line.f[PDNS_RRTYPE] = rrtype;
	r->line.f[PDNS_ANSWER] = answer;
	return judge_about(r);
}

/* judge_fresh -- what san_pdns_recall did not know; needs line.f only. */
static void
judge_fresh(struct san_pdns_run *r, struct san_pdns_known *k)
{
	enum d4_reason why = D4_R_PDNS_VALUE;

	if (san_pdns_class(r->line.f[PDNS_CLASS]))
		why = judge_about(r);
	k->cut = (uint8_t)r->name.n;
	if (why == D4_R_NONE && r->conf->trim != 0)
		san_pdns_trim(r->suffix, r->conf->trim, &r->name);
	k->cut = (uint8_t)(k->cut - r->name.n);
	/* A bar that stood inside the name would stand at the field's border.
	 */
	if (k->cut != 0 && r->name.text[0] == '|')
		why = D4_R_PDNS_FIELDS;
	if (why == D4_R_NONE && r->window != NULL &&
	    san_pdns_key(r, k->key) != D4_OK)
		why = D4_R_INTERNAL;
	k->why = (uint16_t)why;
	if (why == D4_R_INTERNAL)
		san_pdns_forget(k);
}

/* judge_known -- from the class to the answer. */
static enum d4_reason
judge_known(struct san_pdns_run *r)
{
	const struct d4_slice *f = r->line.f;
	const uint8_t *from = f[PDNS_CLASS].p;
	const uint8_t *end = f[PDNS_ANSWER].p + f[PDNS_ANSWER].n;
	struct san_pdns_known *k;
	bool fresh;

	k = san_pdns_recall(
	    r->memory, d4_slice_of(from, (size_t)(end - from)), &fresh);
	if (fresh)
		judge_fresh(r, k);
	r->known = k;
	return (enum d4_reason)k->why;
}

enum d4_reason
san_pdns_judge(struct san_pdns_run *r, struct d4_slice record)
{
	enum d4_reason why = san_pdns_split(record, &r->line);

	if (why == D4_R_NONE)
		why = san_pdns_read(&r->line);
	if (why == D4_R_NONE)
		why = judge_columns(r);
	if (why == D4_R_NONE)
		why = judge_known(r);
	if (why == D4_R_NONE && r->line.count < r->conf->min_count)
		why = D4_R_PDNS_COUNT;
	return why == D4_R_NONE ? judge_require(r) : why;
}
