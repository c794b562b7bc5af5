#include <assert.h>
#include <libpsl.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/pdns_run.h"

#define CACHE 1024u /* names whose suffix is at hand; a power of two */

/* A name and the labels of its public suffix; n 0: an empty place. */
struct known {
	uint8_t n;
	uint8_t labels;
	uint8_t text[SAN_NAME_MAX];
};

struct san_pdns_suffix {
	const psl_ctx_t *psl;
	struct known cache[CACHE];
};

enum d4_status
san_pdns_suffix_new(struct san_pdns_suffix **out)
{
	struct san_pdns_suffix *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return D4_ENOMEM;
	s->psl = psl_builtin();
	assert(s->psl != NULL); /* the step is refused without it */
	*out = s;
	return D4_OK;
}

void
san_pdns_suffix_free(struct san_pdns_suffix *s)
{
	free(s);
}

/* trim_ask -- how many labels the suffix has; a name may be one as a whole. */
static unsigned
trim_ask(const psl_ctx_t *psl, struct san_name *name)
{
	const char *text = (const char *)name->text, *suffix;
	unsigned n = name->n_labels;

	name->text[name->n] = '\0';
	suffix = psl_unregistrable_domain(psl, text);
	if (suffix == NULL)
		return n;
	while (n > 0 && name->at[name->n_labels - n] < suffix - text)
		n--;
	return n;
}

static unsigned
trim_labels(struct san_pdns_suffix *s, struct san_name *name)
{
	struct known *k = &s->cache[san_name_hash(name) & (CACHE - 1)];

	if (k->n != name->n || memcmp(k->text, name->text, name->n) != 0) {
		k->labels = (uint8_t)trim_ask(s->psl, name);
		k->n = (uint8_t)name->n;
		memcpy(k->text, name->text, name->n);
	}
	return k->labels;
}

void
san_pdns_trim(struct san_pdns_suffix *s, unsigned n, struct san_name *name)
{
	unsigned cut;
	size_t from;

	/* A public suffix has one label at least. */
	if (name->n_labels <= n + 1)
		return;
	n += trim_labels(s, name);
	if (name->n_labels <= n)
		return;
	cut = name->n_labels - n;
	from = name->at[cut];
	memmove(name->text, name->text + from, name->n - from);
	name->n -= from;
	name->n_labels = n;
	for (unsigned i = 0; i <= n; i++)
		name->at[i] = (uint8_t)(name->at[i + cut] - from);
}
