#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "relay/parks.h"

/* ---- ids ---- */

#define ID_TEXT_MAX 41u /* two numbers of 20 digits and the dash */

/* One number of decimal digits; *p is left behind it. */
static bool
id_number(const char **p, const char *end, uint64_t *out)
{
	const char *start = *p;
	uint64_t v = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		uint64_t d = (uint64_t)(**p - '0');

		if (v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return *p > start;
}

enum d4_status
stream_id_parse(const char *text, size_t len, struct stream_id *out)
{
	const char *p = text, *end = text + len;
	struct stream_id id;

	if (len > ID_TEXT_MAX || !id_number(&p, end, &id.ms))
		return D4_EMALFORMED;
	if (p == end || *p++ != '-' || !id_number(&p, end, &id.n) || p != end)
		return D4_EMALFORMED;
	*out = id;
	return D4_OK;
}

int
stream_id_compare(const struct stream_id *a, const struct stream_id *b)
{
	if (a->ms != b->ms)
		return a->ms < b->ms ? -1 : 1;
	return (a->n > b->n) - (a->n < b->n);
}

void
stream_id_text(const struct stream_id *id, char out[STREAM_ID_TEXT])
{
	(void)snprintf(out, STREAM_ID_TEXT, "%llu-%llu",
	    (unsigned long long)id->ms, (unsigned long long)id->n);
}

struct stream_id
stream_id_before(const struct stream_id *id)
{
	if (id->n > 0)
		return (struct stream_id){id->ms, id->n - 1};
	if (id->ms > 0)
		return (struct stream_id){id->ms - 1, UINT64_MAX};
	return *id;
}

struct stream_id
stream_id_behind(const struct stream_id *id)
{
	if (id->n < UINT64_MAX)
		return (struct stream_id){id->ms, id->n + 1};
	return (struct stream_id){id->ms + 1, 0};
}

/* ---- who is parked ---- */

void
parks_fini(struct parks *p)
{
	free(p->list);
	free(p->dup);
	*p = (struct parks){.n = 0};
}

struct park *
parks_find(const struct parks *p, const char *partner)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->list[i].partner, partner) == 0)
			return &p->list[i];
	}
	return NULL;
}

static enum d4_status
parks_grow(struct parks *p)
{
	size_t cap = p->cap == 0 ? 4 : 2 * p->cap;
	struct park *list;

	if (p->n == PARKS_MAX)
		return D4_ETOOBIG;
	list = reallocarray(p->list, cap, sizeof(*list));
	if (list == NULL)
		return D4_ENOMEM;
	p->list = list;
	p->cap = cap;
	return D4_OK;
}

enum d4_status
parks_add(struct parks *p, const char *partner, const struct stream_id *upto,
    struct park **out)
{
	struct park *k = parks_find(p, partner);
	enum d4_status st;

	if (strlen(partner) >= sizeof(k->partner))
		return D4_ETOOBIG;
	if (k == NULL && p->n == p->cap) {
		st = parks_grow(p);
		if (st != D4_OK)
			return st;
	}
	if (k == NULL) {
		k = &p->list[p->n++];
		*k = (struct park){.behind = true};
		memcpy(k->partner, partner, strlen(partner) + 1);
	}
	k->upto = k->next = *upto;
	k->behind = true;
	*out = k;
	return D4_OK;
}

enum d4_status
parks_takes(struct parks *p, const char *partner, bool room,
    const struct stream_id *id, bool *take)
{
	struct park *k = parks_find(p, partner);
	struct stream_id before;

	*take = k == NULL && room;
	if (k == NULL && !room) {
		before = stream_id_before(id);
		return parks_add(p, partner, &before, &k);
	}
	/* One that has caught up may be ahead of what is read live. */
	if (k == NULL || k->behind || stream_id_compare(id, &k->next) <= 0)
		return D4_OK;
	k->behind = !room;
	*take = room;
	if (room)
		k->next = *id;
	return D4_OK;
}

void
parks_note_dup(struct parks *p, const struct stream_id *id)
{
	struct stream_id *dup;
	size_t cap;

	if (p->n == 0)
		return;
	if (p->n_dup == PARKS_DUPS) {
		/* The oldest is forgotten: then a record goes out twice. */
		memmove(p->dup, p->dup + 1, --p->n_dup * sizeof(*dup));
	}
	if (p->n_dup == p->cap_dup) {
		cap = p->cap_dup == 0 ? 16 : 2 * p->cap_dup;
		dup = reallocarray(p->dup, cap, sizeof(*dup));
		if (dup == NULL)
			return;
		p->dup = dup;
		p->cap_dup = cap;
	}
	p->dup[p->n_dup++] = *id;
	if (p->dup_batch < p->n_dup)
		p->dup_batch++;
}

bool
parks_dup(const struct parks *p, const struct stream_id *id)
{
	size_t low = 0, high = p->n_dup, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (stream_id_compare(&p->dup[mid], id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->n_dup && stream_id_compare(&p->dup[low], id) == 0;
}

static bool
park_over(const struct park *k, const struct stream_id *last)
{
	return !k->behind && stream_id_compare(&k->next, last) <= 0;
}

void
parks_commit(struct parks *p, const struct stream_id *last)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct park *k = &p->list[i];

		k->upto = k->next;
		if (!park_over(k, last))
			p->list[n++] = *k;
	}
	p->n = n;
	p->dup_batch = 0;
	if (n == 0)
		p->n_dup = 0;
}

/* ---- as text ---- */

static json_t *
parks_dups(const struct parks *p, size_t from)
{
	json_t *list = json_array();
	char text[STREAM_ID_TEXT];

	for (size_t i = from; i < p->n_dup; i++) {
		stream_id_text(&p->dup[i], text);
		(void)json_array_append_new(list, json_string(text));
	}
	return list;
}

json_t *
parks_json(const struct parks *p, const struct stream_id *last, bool batch)
{
	json_t *parks = json_object();
	char text[STREAM_ID_TEXT];
	int bad = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct park *k = &p->list[i];

		if (park_over(k, last))
			continue;
		stream_id_text(&k->next, text);
		bad |=
		    json_object_set_new(parks, k->partner, json_string(text));
	}
	if (bad != 0) {
		json_decref(parks);
		return NULL;
	}
	return json_pack("{s:o, s:o}", "parks", parks, "dups",
	    parks_dups(p, batch ? p->n_dup - p->dup_batch : 0));
}

static enum d4_status
parks_load_id(const json_t *v, struct stream_id *out)
{
	if (!json_is_string(v))
		return D4_EMALFORMED;
	return stream_id_parse(
	    json_string_value(v), json_string_length(v), out);
}

enum d4_status
parks_load(struct parks *p, const json_t *o)
{
	json_t *parks = json_object_get(o, "parks"), *v;
	const json_t *dups = json_object_get(o, "dups");
	struct stream_id id;
	enum d4_status st = D4_OK;
	const char *partner;
	struct park *k;

	/* Without the member: of a version that did not park. */
	p->n = 0;
	json_object_foreach(parks, partner, v)
	{
		st = parks_load_id(v, &id);
		if (st == D4_OK)
			st = parks_add(p, partner, &id, &k);
		if (st != D4_OK)
			return st;
	}
	if (p->n == 0)
		p->n_dup = 0;
	for (size_t i = 0; st == D4_OK && i < json_array_size(dups); i++) {
		st = parks_load_id(json_array_get(dups, i), &id);
		if (st == D4_OK)
			parks_note_dup(p, &id);
	}
	p->dup_batch = 0;
	return st;
}
