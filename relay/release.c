#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "libd4/kit/json.h"
#include "libd4/kit/spool.h"
#include "relay/release.h"

#define RELEASE_VERSION 1

void
release_fini(struct release *r)
{
	for (size_t i = 0; i < r->n; i++)
		json_decref(r->lane[i].findings);
	free(r->lane);
	memset(r, 0, sizeof(*r));
}

enum d4_status
release_add(struct release *r, const struct release_lane *lane)
{
	struct release_lane *list;
	size_t cap;

	if (r->n == r->cap) {
		cap = r->cap == 0 ? 16 : 2 * r->cap;
		list = reallocarray(r->lane, cap, sizeof(*list));
		if (list == NULL) {
			json_decref(lane->findings);
			return D4_ENOMEM;
		}
		r->lane = list;
		r->cap = cap;
	}
	r->lane[r->n++] = *lane;
	return D4_OK;
}

#define RELEASE_STOCK "d4-core"

static json_t *
release_json(const struct release *r)
{
	json_t *lanes = json_object(), *root;

	for (size_t i = 0; i < r->n; i++) {
		const struct release_lane *l = &r->lane[i];
		json_t *o = json_pack(
		    "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, "
		    "s:I, s:I}",
		    "rule", l->rule, "policy", l->policy, "pipeline",
		    l->pipeline, "sink", l->sink, "after", (json_int_t)l->after,
		    "max_rate_bits", (json_int_t)l->max_rate_bits, "max_volume",
		    (json_int_t)l->max_volume, "delay_us",
		    (json_int_t)l->delay_us, "not_before",
		    (json_int_t)l->not_before_s, "max_age",
		    (json_int_t)l->max_age_s);

		if (l->findings != NULL)
			(void)json_object_set(o, "findings", l->findings);
		if (json_object_set_new(lanes, l->id, o) != 0) {
			json_decref(lanes);
			return NULL;
		}
	}
	root = json_pack("{s:i, s:s, s:b, s:o}", "v", RELEASE_VERSION,
	    "profile", r->stock ? RELEASE_STOCK : "d4hub", "parked", r->parked,
	    "lanes", lanes);
	return root;
}

enum d4_status
release_text(const struct release *r, struct d4_buf *out)
{
	return d4_json_line(
	    release_json(r), JSON_COMPACT | JSON_SORT_KEYS, out);
}

/* A file of before there were others says nothing: a D4 server. */
static bool
release_sink(const json_t *o, char *out, size_t n)
{
	if (json_object_get(o, "sink") != NULL)
		return d4_json_text(o, "sink", out, n);
	(void)snprintf(out, n, "d4");
	return true;
}

/* A file of before there was that says nothing: 0, the entries know. */
static bool
release_optional(const json_t *o, const char *key, uint64_t *out)
{
	return json_object_get(o, key) == NULL ||
	       d4_json_number(o, key, INT64_MAX, out);
}

static enum d4_status
release_one(const char *id, const json_t *o, struct release *out)
{
	struct release_lane l = {.max_volume = 0};

	if (!d4_spool_name_lane(id))
		return D4_EMALFORMED;
	memcpy(l.id, id, sizeof(l.id));
	if (!d4_json_text(o, "rule", l.rule, sizeof(l.rule)) ||
	    !d4_json_text(o, "policy", l.policy, sizeof(l.policy)) ||
	    !d4_json_text(o, "pipeline", l.pipeline, sizeof(l.pipeline)) ||
	    !release_sink(o, l.sink, sizeof(l.sink)) ||
	    !d4_json_number(o, "after", INT64_MAX, &l.after) ||
	    !d4_json_number(o, "max_rate_bits", INT64_MAX, &l.max_rate_bits) ||
	    !d4_json_number(o, "max_volume", INT64_MAX, &l.max_volume) ||
	    !release_optional(o, "delay_us", &l.delay_us) ||
	    !release_optional(o, "not_before", &l.not_before_s) ||
	    !release_optional(o, "max_age", &l.max_age_s))
		return D4_EMALFORMED;
	return release_add(out, &l);
}

static int
release_compare(const void *a, const void *b)
{
	const struct release_lane *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static enum d4_status
release_read(json_t *root, struct release *out)
{
	json_t *lanes = json_object_get(root, "lanes"), *o;
	enum d4_status st = D4_OK;
	const char *id, *profile;

	if (json_integer_value(json_object_get(root, "v")) != RELEASE_VERSION)
		return D4_EVERSION;
	if (!json_is_object(lanes))
		return D4_EMALFORMED;
	/* A file of the first release does not say: as it was then. */
	profile = json_string_value(json_object_get(root, "profile"));
	out->stock = profile != NULL && strcmp(profile, RELEASE_STOCK) == 0;
	out->parked = json_is_true(json_object_get(root, "parked"));
	json_object_foreach(lanes, id, o)
	{
		st = release_one(id, o, out);
		if (st != D4_OK)
			return st;
	}
	if (out->n > 1)
		qsort(out->lane, out->n, sizeof(*out->lane), release_compare);
	return D4_OK;
}

enum d4_status
release_parse(struct d4_slice text, struct release *out)
{
	enum d4_status st = D4_EMALFORMED;
	json_t *root;

	release_fini(out);
	root = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (root != NULL)
		st = release_read(root, out);
	json_decref(root);
	if (st != D4_OK)
		release_fini(out);
	return st;
}

const struct release_lane *
release_find(const struct release *r, const char *id)
{
	struct release_lane key = {.max_volume = 0};

	if (r->n == 0 || strlen(id) >= sizeof(key.id))
		return NULL;
	memcpy(key.id, id, strlen(id) + 1);
	return bsearch(&key, r->lane, r->n, sizeof(*r->lane), release_compare);
}
