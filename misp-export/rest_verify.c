/* What MISP really has: asked by UUID, of the attributes of each item. */
#include <stdlib.h>
#include <string.h>
#include "misp-export/rest_room.h"

/*
 * struct verify -- UUIDs that were asked for.
 * Shape:  found[i]: MISP has uuid[i]; owner[i]: the item it is of. deleted:
 *         what is deleted there counts. odd: it answered something that
 *         nobody asked for.
 */
struct verify {
	struct d4_uuid *uuid;
	size_t *owner, *order;
	bool *found;
	size_t n, cap, item;
	bool deleted, odd;
};

static void
verify_fini(struct verify *v)
{
	free(v->uuid);
	free(v->owner);
	free(v->order);
	free(v->found);
}

static bool
verify_grow(struct verify *v)
{
	size_t cap = v->cap == 0 ? 1024 : 2 * v->cap;
	struct d4_uuid *uuid = reallocarray(v->uuid, cap, sizeof(*uuid));
	size_t *owner;

	if (uuid == NULL)
		return false;
	v->uuid = uuid;
	owner = reallocarray(v->owner, cap, sizeof(*owner));
	if (owner == NULL)
		return false;
	v->owner = owner;
	v->cap = cap;
	return true;
}

static void
on_uuid(void *arg, const struct d4_uuid *u)
{
	struct verify *v = arg;

	if (v->n == v->cap && !verify_grow(v)) {
		v->odd = true;
		return;
	}
	v->uuid[v->n] = *u;
	v->owner[v->n++] = v->item;
}

static int
order_compare(const void *a, const void *b, void *arg)
{
	const struct verify *v = arg;
	const size_t *x = a, *y = b;

	return memcmp(v->uuid[*x].b, v->uuid[*y].b, D4_UUID_LEN);
}

static bool
verify_fill(struct verify *v, const struct rest_batch *b)
{
	for (v->item = 0; v->item < b->n && !v->odd; v->item++) {
		if (item_uuids(b->item[v->item], on_uuid, v) != D4_OK)
			return false;
	}
	v->found = calloc(v->n + 1, sizeof(*v->found));
	v->order = calloc(v->n + 1, sizeof(*v->order));
	if (v->odd || v->found == NULL || v->order == NULL)
		return false;
	for (size_t i = 0; i < v->n; i++)
		v->order[i] = i;
	qsort_r(v->order, v->n, sizeof(*v->order), order_compare, v);
	return true;
}

/* Unknown filters return everything: what we did not ask for is no answer. */
static void
on_line(void *arg, const struct d4_uuid *u)
{
	struct verify *v = arg;
	size_t low = 0, high = v->n, mid;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		c = memcmp(v->uuid[v->order[mid]].b, u->b, D4_UUID_LEN);
		if (c == 0) {
			v->found[v->order[mid]] = true;
			return;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	v->odd = true;
}

static json_t *
verify_body(const struct verify *v, size_t from, size_t to)
{
	json_t *list = json_array();
	char uuid[D4_UUID_TEXT];

	for (size_t i = from; i < to; i++) {
		d4_uuid_text(&v->uuid[i], uuid);
		(void)json_array_append_new(list, json_string(uuid));
	}
	return json_pack("{s:s, s:[s], s:i, s:o, s:[i,i]}", "returnFormat",
	    "csv", "requested_attributes", "uuid", "headerless", 1, "uuid",
	    list, "deleted", 0, v->deleted ? 1 : 0);
}

static enum rest_step
verify_ask(struct rest *r, struct verify *v, size_t from, size_t to)
{
	json_t *body = verify_body(v, from, to);
	enum rest_step step;
	struct reply a;
	bool ok;

	if (body == NULL)
		return rest_later(r, "out of memory", 0);
	step = rest_ask(r, REST_SEARCH, body, &a);
	json_decref(body);
	if (step == STEP_LATER || step == STEP_STOP)
		return step;
	ok = step == STEP_NEXT && a.kind == REPLY_OK;
	reply_fini(&a);
	if (!ok)
		return rest_later(r, "MISP does not say what it has", 0);
	if (!reply_uuids(d4_buf_slice(&r->raw.body), on_line, v) || v->odd)
		return rest_later(r, "an answer nobody asked for", 0);
	return STEP_NEXT;
}

/* An item is there when all of it is. */
static void
verify_mark(struct rest *r, const struct verify *v, struct rest_batch *b,
    size_t *missing)
{
	bool whole[REST_BATCH];
	struct item *it;
	size_t n = 0;

	memset(whole, 1, sizeof(whole));
	for (size_t i = 0; i < v->n; i++)
		whole[v->owner[i]] = whole[v->owner[i]] && v->found[i];
	for (size_t i = 0; i < b->n; i++) {
		it = b->item[i];
		if (!whole[i]) {
			b->item[i] = b->item[n];
			b->item[n++] = it;
			continue;
		}
		if (it->state == ITEM_OPEN)
			r->counts.items++;
		it->state = ITEM_DONE;
	}
	*missing = n;
}

static enum rest_step
verify_all(struct rest *r, struct verify *v, const struct rest_batch *b)
{
	enum rest_step step = STEP_NEXT;

	if (!verify_fill(v, b))
		step = rest_later(r, "out of memory", 0);
	for (size_t at = 0; at < v->n && step == STEP_NEXT; at += REST_VERIFY) {
		size_t to = v->n - at > REST_VERIFY ? at + REST_VERIFY : v->n;

		step = verify_ask(r, v, at, to);
	}
	return step;
}

enum rest_step
rest_verify(struct rest *r, struct rest_batch *b, size_t *missing)
{
	struct verify v = {.deleted = true};
	enum rest_step step = verify_all(r, &v, b);

	if (step == STEP_NEXT)
		verify_mark(r, &v, b, missing);
	verify_fini(&v);
	return step;
}

/* Of an item without names to ask for, nobody knows. */
static void
alive_mark(const struct verify *v, const struct rest_batch *b, bool *alive)
{
	for (size_t i = 0; i < b->n; i++)
		alive[i] = true;
	for (size_t i = 0; i < v->n; i++)
		alive[v->owner[i]] = false;
	for (size_t i = 0; i < v->n; i++)
		alive[v->owner[i]] = alive[v->owner[i]] || v->found[i];
}

enum rest_step
rest_alive(struct rest *r, const struct rest_batch *b, bool *alive)
{
	struct verify v = {.deleted = false};
	enum rest_step step = verify_all(r, &v, b);

	if (step == STEP_NEXT)
		alive_mark(&v, b, alive);
	verify_fini(&v);
	return step;
}
