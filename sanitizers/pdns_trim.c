#include <string.h>
#include "sanitizers/pdns_run.h"

/* trim_labels -- of the public suffix; a name may be one as a whole. */
static unsigned
trim_labels(const psl_ctx_t *psl, struct san_name *name)
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

void
san_pdns_trim(const psl_ctx_t *psl, unsigned n, struct san_name *name)
{
	unsigned cut;
	size_t from;

	/* A public suffix has one label at least. */
	if (name->n_labels <= n + 1)
		return;
	n += trim_labels(psl, name);
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
