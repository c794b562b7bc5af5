#include <stdlib.h>
#include <string.h>
#include "hub/names.h"

static int
name_cmp(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static bool
names_same(const struct names *a, const struct names *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	}
	return true;
}

void
names_fini(struct names *set)
{
	for (size_t i = 0; i < set->n; i++)
		free(set->at[i]);
	free(set->at);
	*set = (struct names){0};
}

static enum d4_status
names_copy(struct names *to, const redisReply *reply)
{
	to->at = calloc(reply->elements + 1, sizeof(*to->at));
	if (to->at == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; i < reply->elements; i++) {
		const redisReply *one = reply->element[i];

		if (one->type != REDIS_REPLY_STRING)
			continue;
		to->at[to->n] = strndup(one->str, one->len);
		if (to->at[to->n] == NULL)
			return D4_ENOMEM;
		to->n++;
	}
	qsort(to->at, to->n, sizeof(*to->at), name_cmp);
	return D4_OK;
}

enum d4_status
names_read(struct names *set, const redisReply *reply, bool *changed)
{
	struct names fresh = {0};
	enum d4_status st;

	if (reply->type != REDIS_REPLY_ARRAY)
		return D4_EMALFORMED;
	st = names_copy(&fresh, reply);
	if (st != D4_OK) {
		names_fini(&fresh);
		return st;
	}
	*changed = !names_same(set, &fresh);
	names_fini(set);
	*set = fresh;
	return D4_OK;
}

enum d4_status
names_add(struct names *set, const char *name)
{
	size_t i = set->n;
	char **at, *copy;

	if (names_have(set, name))
		return D4_OK;
	at = realloc(set->at, (set->n + 1) * sizeof(*at));
	if (at == NULL)
		return D4_ENOMEM;
	set->at = at;
	copy = strdup(name);
	if (copy == NULL)
		return D4_ENOMEM;
	for (; i > 0 && strcmp(at[i - 1], name) > 0; i--)
		at[i] = at[i - 1];
	at[i] = copy;
	set->n++;
	return D4_OK;
}

bool
names_have(const struct names *set, const char *name)
{
	return set->n != 0 && bsearch(&name, set->at, set->n, sizeof(*set->at),
				  name_cmp) != NULL;
}
