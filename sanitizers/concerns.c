#include <stdlib.h>
#include <string.h>
#include "sanitizers/concerns.h"
#include "sanitizers/find.h"
#include "sanitizers/pdns_name.h"

struct san_concerns {
	const struct d4_prefix_set *networks;
	struct san_suffixes *domains;
};

static enum d4_status
concerns_domains(
    struct san_concerns *c, const struct d4_yaml *list, struct d4_diag *diag)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && i < list->n; i++) {
		st = san_suffixes_add(
		    c->domains, d4_slice_str(list->item[i]->text));
		if (st == D4_EMALFORMED)
			st = d4_diag_set(diag, list->item[i]->at,
			    "write example.org", "`%.64s` is no domain",
			    list->item[i]->text);
	}
	return st;
}

enum d4_status
san_concerns_new(const struct san_about *about, struct d4_diag *diag,
    struct san_concerns **out)
{
	struct san_concerns *c = calloc(1, sizeof(*c));
	enum d4_status st = D4_OK;

	if (c == NULL)
		return D4_ENOMEM;
	c->networks = about->networks;
	c->domains = san_suffixes_new();
	if (c->domains == NULL)
		st = D4_ENOMEM;
	else if (about->domains != NULL)
		st = concerns_domains(c, about->domains, diag);
	if (st != D4_OK) {
		san_concerns_free(c);
		return st;
	}
	*out = c;
	return D4_OK;
}

void
san_concerns_free(struct san_concerns *c)
{
	if (c == NULL)
		return;
	san_suffixes_free(c->domains);
	free(c);
}

bool
san_concerns_addr(const struct san_concerns *c, const struct d4_addr *a)
{
	return c->networks != NULL && san_scope_has(c->networks, a);
}

/* Bytes of words. What is beyond ASCII is none: it separates. */
static bool
concerns_of_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '.' || c == ':' || c == '-' ||
	       c == '_';
}

/* "192.0.2.1:443": the part in front of the only colon. */
static struct d4_slice
concerns_portless(struct d4_slice word)
{
	const uint8_t *colon = memchr(word.p, ':', word.n);
	size_t n;

	if (colon == NULL)
		return word;
	n = (size_t)(colon - word.p);
	if (memchr(colon + 1, ':', word.n - n - 1) != NULL)
		return word;
	return d4_slice_of(word.p, n);
}

static bool
concerns_word(const struct san_concerns *c, struct d4_slice word)
{
	struct san_name name;
	struct d4_addr a;

	while (word.n != 0 && strchr(".:", word.p[word.n - 1]) != NULL)
		word.n--; /* the end of a sentence */
	if (word.n == 0)
		return false;
	if (d4_addr_parse(word, &a) == D4_OK)
		return san_concerns_addr(c, &a);
	word = concerns_portless(word);
	if (word.n == 0)
		return false;
	if (d4_addr_parse(word, &a) == D4_OK)
		return san_concerns_addr(c, &a);
	return san_name_parse(word, &name) &&
	       san_suffixes_has(c->domains, &name);
}

bool
san_concerns_line(const struct san_concerns *c, struct d4_slice line)
{
	size_t i = 0, from;

	while (i < line.n) {
		from = i;
		while (i < line.n && concerns_of_word(line.p[i]))
			i++;
		if (i != from &&
		    concerns_word(c, d4_slice_of(line.p + from, i - from)))
			return true;
		i++;
	}
	return false;
}
