/*
 * Which paths are still items: the lists are read once a walk, when something
 * is to be removed, from their newest items on, so that what an analyzer takes
 * meanwhile shifts nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/compat_keep.h"
#include "hub/compat_parts.h"
#include "libd4/fnv.h"
#include "libd4/kit/log.h"

#define PAGE      1000u
#define ITEMS_MAX (1u << 22) /* 32 MiB; above it all count as unread */

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t
path_hash(const char *p, size_t n)
{
	return d4_fnv64(D4_FNV64, d4_slice_of(p, n));
}

static redisReply *
ask2(struct compat *c, const char *word, const char *key)
{
	struct compat_words w = {.n = 0};

	words_add(&w, word);
	words_add(&w, key);
	return compat_ask(c, &w);
}

static void
unread_add(struct compat *c, const redisReply *page)
{
	struct compat_unread *u = &c->unread;

	if (u->n + page->elements > u->max) {
		size_t max = 2 * u->max + page->elements;
		uint64_t *all = realloc(u->hash, max * sizeof(*all));

		if (all == NULL)
			d4_fatalx("out of memory");
		u->hash = all;
		u->max = max;
	}
	for (size_t i = 0; i < page->elements; i++) {
		const redisReply *e = page->element[i];

		if (e->type == REDIS_REPLY_STRING)
			u->hash[u->n++] = path_hash(e->str, e->len);
	}
}

static void
unread_list(struct compat *c, const char *key)
{
	size_t got = PAGE;

	for (size_t at = 0; got == PAGE && !c->unread.many; at += PAGE) {
		char from[24], to[24];
		struct compat_words w = {.n = 0};
		redisReply *r;

		(void)snprintf(from, sizeof(from), "%zu", at);
		(void)snprintf(to, sizeof(to), "%zu", at + PAGE - 1);
		words_add(&w, "LRANGE");
		words_add(&w, key);
		words_add(&w, from);
		words_add(&w, to);
		r = compat_ask(c, &w);
		got = r->type == REDIS_REPLY_ARRAY ? r->elements : 0;
		if (got != 0)
			unread_add(c, r);
		freeReplyObject(r);
		c->unread.many = c->unread.n > ITEMS_MAX;
	}
}

/* Calls fn for the lists of a type; the connection is at database 2 then. */
static void
unread_lists(struct compat *c, const char *item,
    void (*fn)(struct compat *c, const char *key))
{
	static const char *const sets[] = {"analyzer:", "analyzer_uuid_group:"};
	const char *ext = strcmp(item, "1") == 0 ? "" : "254:";
	char key[256];

	for (size_t s = 0; s < sizeof(sets) / sizeof(sets[0]); s++) {
		redisReply *r;

		(void)snprintf(key, sizeof(key), "%s%s%s", sets[s], ext, item);
		r = ask2(c, "SMEMBERS", key);
		freeReplyObject(ask2(c, "SELECT", "2"));
		for (size_t i = 0;
		     r->type == REDIS_REPLY_ARRAY && i < r->elements; i++) {
			if (snprintf(key, sizeof(key), "analyzer:%s:%s", item,
				r->element[i]->str) < (int)sizeof(key))
				fn(c, key);
		}
		freeReplyObject(ask2(c, "SELECT", "0"));
		freeReplyObject(r);
	}
}

static void
unread_load(struct compat *c)
{
	for (size_t i = 0; i < KEEP_TYPES; i++)
		unread_lists(c, keep_types[i], unread_list);
	if (c->unread.n != 0)
		qsort(c->unread.hash, c->unread.n, sizeof(uint64_t), by_value);
	c->unread.loaded = true;
}

bool
compat_unread(struct compat *c, const char *path)
{
	uint64_t h = path_hash(path, strlen(path));

	if (!c->unread.loaded)
		unread_load(c);
	return c->unread.many ||
	       (c->unread.n != 0 && bsearch(&h, c->unread.hash, c->unread.n,
					sizeof(h), by_value) != NULL);
}

static void
unread_remove(struct compat *c, const char *key)
{
	struct compat_words w = {.n = 0};

	words_add(&w, "LREM");
	words_add(&w, key);
	words_add(&w, "-1"); /* the oldest are at the end */
	words_add(&w, c->unread.path);
	freeReplyObject(compat_ask(c, &w));
}

void
compat_unread_drop(struct compat *c, const char *item, const char *path)
{
	if (c->unread.many || !compat_unread(c, path))
		return;
	c->unread.path = path;
	unread_lists(c, item, unread_remove);
	c->unread.path = NULL;
}

void
compat_unread_clear(struct compat *c)
{
	free(c->unread.hash);
	c->unread = (struct compat_unread){.n = 0};
}
