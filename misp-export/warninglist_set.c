#include <stdlib.h>
#include <string.h>
#include "libd4/fnv.h"
#include "misp-export/warninglist_set.h"

#define WARN_BYTES (512u << 20) /* of all words of a list */
#define WARN_NAME  256u

static uint64_t
set_hash(const char *s)
{
	uint64_t h = d4_fnv64(D4_FNV64, d4_slice_str(s));

	return h ^ h >> 32;
}

static const char *
set_word(const struct warn_set *s, size_t slot)
{
	return (const char *)s->words.p + s->slot[slot] - 1;
}

/* The word's slot, or the free one where it belongs. */
static size_t
set_find(const struct warn_set *s, const char *word)
{
	size_t i = (size_t)set_hash(word) & (s->n_slots - 1);

	while (s->slot[i] != 0 && strcmp(set_word(s, i), word) != 0)
		i = (i + 1) & (s->n_slots - 1);
	return i;
}

static enum d4_status
set_add(struct warn_set *s, const char *word)
{
	size_t i = set_find(s, word), at = s->words.n;
	enum d4_status st;

	if (*word == '\0' || s->slot[i] != 0)
		return D4_OK;
	st = d4_buf_add(&s->words, word, strlen(word) + 1);
	if (st != D4_OK)
		return st;
	s->slot[i] = (uint32_t)at + 1;
	s->n++;
	return D4_OK;
}

/* A name in lower case without dots at its ends; false: it is too long. */
static bool
set_name(const char *in, char out[WARN_NAME])
{
	size_t n;

	while (*in == '.')
		in++;
	n = strlen(in);
	while (n > 0 && in[n - 1] == '.')
		n--;
	if (n == 0 || n >= WARN_NAME)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] =
		    (char)(in[i] >= 'A' && in[i] <= 'Z' ? in[i] | 0x20 : in[i]);
	out[n] = '\0';
	return true;
}

static enum d4_status
set_net(struct warn_set *s, const json_t *list)
{
	size_t n = json_array_size(list), k = 0;
	struct d4_prefix *p = calloc(n + 1, sizeof(*p));

	if (p == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text != NULL &&
		    d4_prefix_parse(d4_slice_str(text), &p[k]) == D4_OK)
			k++;
	}
	s->n = k;
	d4_prefix_set_take(&s->net, p, k);
	return D4_OK;
}

static enum d4_status
set_words(struct warn_set *s, const json_t *list)
{
	enum d4_status st = D4_OK;
	char name[WARN_NAME];

	for (size_t i = 0; i < json_array_size(list) && st == D4_OK; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			continue;
		if (s->kind != WARN_HOSTNAME)
			st = set_add(s, text);
		else if (set_name(text, name))
			st = set_add(s, name);
	}
	return st;
}

enum d4_status
warn_set_init(struct warn_set *s, enum warn_kind kind, const json_t *list)
{
	size_t n = json_array_size(list);

	*s = (struct warn_set){.kind = kind};
	d4_buf_init(&s->words, WARN_BYTES);
	if (kind == WARN_CIDR)
		return set_net(s, list);
	if (kind == WARN_REGEX)
		return warn_regex_init(&s->regex, list);
	if (n > UINT32_MAX / 4)
		return D4_ETOOBIG;
	for (s->n_slots = 16; s->n_slots < 2 * n;)
		s->n_slots *= 2;
	s->slot = calloc(s->n_slots, sizeof(*s->slot));
	return s->slot == NULL ? D4_ENOMEM : set_words(s, list);
}

void
warn_set_fini(struct warn_set *s)
{
	d4_buf_fini(&s->words);
	free(s->slot);
	d4_prefix_set_fini(&s->net);
	warn_regex_fini(&s->regex);
}

/* ---- asking ---- */

/* The name itself, and each one that it stands under. */
static bool
set_has_name(const struct warn_set *s, const char *value)
{
	char name[WARN_NAME];
	const char *p = name;

	if (!set_name(value, name))
		return false;
	while (p != NULL) {
		if (s->slot[set_find(s, p)] != 0)
			return true;
		p = strchr(p, '.');
		p = p != NULL ? p + 1 : NULL;
	}
	return false;
}

static bool
set_has_part(const struct warn_set *s, const char *value)
{
	const char *word = (const char *)s->words.p;
	const char *end = word + s->words.n;

	for (; word < end; word += strlen(word) + 1) {
		if (strstr(value, word) != NULL)
			return true;
	}
	return false;
}

bool
warn_set_has(struct warn_set *s, const char *value)
{
	struct d4_addr a;

	switch (s->kind) {
	case WARN_STRING:
		return s->slot[set_find(s, value)] != 0;
	case WARN_SUBSTRING:
		return s->n != 0 && set_has_part(s, value);
	case WARN_HOSTNAME:
		return set_has_name(s, value);
	case WARN_REGEX:
		return warn_regex_has(&s->regex, value);
	case WARN_CIDR:
		break;
	}
	return d4_addr_parse(d4_slice_str(value), &a) == D4_OK &&
	       d4_prefix_set_find(&s->net, &a) != NULL;
}
