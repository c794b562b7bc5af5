#include <string.h>
#include "libd4/nearest.h"
#include "sanitizers/pdns_name.h"
#include "sanitizers/word.h"

#define WORD_HINTS 16u

static enum d4_status
word_unknown(
    const struct d4_yaml *n, const struct san_word *words, struct d4_diag *diag)
{
	const char *text = n->kind == D4_YAML_SCALAR ? n->text : "";
	const char *known[WORD_HINTS + 1] = {NULL};
	char hint[D4_DIAG_TEXT];
	size_t k = 0;

	for (; words->text != NULL && k < WORD_HINTS; words++)
		known[k++] = words->text;
	(void)d4_nearest_hint(text, known, hint, sizeof(hint));
	return d4_diag_set(diag, n->at, hint, "`%s` is no word for this", text);
}

enum d4_status
san_word(const struct d4_yaml *n, const struct san_word *words,
    struct d4_diag *diag, int *out)
{
	const struct san_word *w = words;

	if (n->kind != D4_YAML_SCALAR)
		return word_unknown(n, words, diag);
	while (w->text != NULL && strcmp(w->text, n->text) != 0)
		w++;
	if (w->text == NULL)
		return word_unknown(n, words, diag);
	*out = w->value;
	return D4_OK;
}

const struct d4_yaml *
san_item(const struct d4_yaml *n, size_t i)
{
	if (n->kind == D4_YAML_SCALAR)
		return i == 0 ? n : NULL;
	if (n->kind == D4_YAML_LIST)
		return i < n->n ? n->item[i] : NULL;
	return NULL;
}

enum d4_status
san_word_names(
    const struct d4_yaml *n, struct d4_diag *diag, struct san_suffixes *set)
{
	enum d4_status st = D4_OK;
	const struct d4_yaml *item;

	if (san_item(n, 0) == NULL)
		return d4_diag_set(diag, n->at, "write [corp.example]",
		    "this is a name or a list of names");
	for (size_t i = 0; st == D4_OK && (item = san_item(n, i)) != NULL;
	     i++) {
		st = D4_EMALFORMED;
		if (item->kind == D4_YAML_SCALAR)
			st = san_suffixes_add(set, d4_slice_str(item->text));
		if (st == D4_EMALFORMED)
			st = d4_diag_set(diag, item->at,
			    "write a name such as example.lu, in ASCII "
			    "(xn--...)",
			    "not a name of the DNS");
	}
	return st;
}
