#include <stddef.h>
#include <string.h>
#include "relay/totals.h"

/* The texts of a key: member name and place. */
struct key_text {
	const char *name;
	size_t offset;
	size_t size;
};

#define KEY_TEXT(member)                                        \
	{                                                       \
#member, offsetof(struct totals_key, member),   \
		    sizeof(((struct totals_key *)NULL)->member) \
	}

static const struct key_text key_texts[] = {
    KEY_TEXT(partner),
    KEY_TEXT(rule),
    KEY_TEXT(source),
    KEY_TEXT(lane),
    KEY_TEXT(ext),
    KEY_TEXT(label),
};

#define KEY_TEXTS (sizeof(key_texts) / sizeof(key_texts[0]))

static json_t *
row_number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *
row_withheld(const struct totals_counts *c)
{
	json_t *o = json_object();

	for (unsigned i = D4_R_NONE + 1; i < D4_REASON_MAX; i++) {
		if (c->withheld[i] > 0)
			(void)json_object_set_new(o,
			    d4_reason_name((enum d4_reason)i),
			    row_number(c->withheld[i]));
	}
	return o;
}

/* Only where records have parts. */
static int
row_parts(const struct totals_counts *c, json_t *row)
{
	json_t *o = json_object();

	for (size_t i = 0; i < D4_PARTS; i++) {
		if (c->parts[i] > 0)
			(void)json_object_set_new(o,
			    d4_reason_name(d4_part_reason(i)),
			    row_number(c->parts[i]));
	}
	if (json_object_size(o) != 0)
		return json_object_set_new(row, "parts", o);
	json_decref(o);
	return 0;
}

static json_t *
row_json(const struct totals_key *key, const struct totals_counts *c)
{
	const char *base = (const char *)key;
	json_t *o = json_object();
	int bad = 0;

	for (size_t i = 0; i < KEY_TEXTS; i++)
		bad |= json_object_set_new(o, key_texts[i].name,
		    json_string(base + key_texts[i].offset));
	bad |= json_object_set_new(o, "type", json_integer(key->type));
	bad |= json_object_set_new(o, "allow", json_boolean(key->allow));
	bad |= json_object_set_new(o, "shadow", json_boolean(key->shadow));
	bad |= json_object_set_new(o, "entries", row_number(c->entries));
	bad |= json_object_set_new(o, "in", row_number(c->in));
	bad |= json_object_set_new(o, "forward", row_number(c->forward));
	bad |= json_object_set_new(o, "quarantine", row_number(c->quarantine));
	bad |= json_object_set_new(o, "withheld", row_withheld(c));
	bad |= row_parts(c, o);
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

json_t *
totals_json(const struct totals *t, bool batch)
{
	json_t *rows = json_array(), *o = json_object();
	size_t k = batch ? 1 : 0;
	int bad = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct totals_row *r = &t->row[i];

		if (!batch || r->touched)
			bad |= json_array_append_new(rows,
			    row_json(&r->key, batch ? &r->batch : &r->sum));
	}
	bad |= json_object_set_new(o, "entries", row_number(t->entries[k]));
	bad |= json_object_set_new(o, "malformed", row_number(t->malformed[k]));
	bad |= json_object_set_new(o, "duplicate", row_number(t->duplicate[k]));
	bad |= json_object_set_new(o, "lost", row_number(t->lost[k]));
	bad |= json_object_set_new(o, "rows", rows);
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

/* Adds a number; false: it is none, or the sum is no JSON number any more. */
static bool
row_sum(const json_t *v, uint64_t *out)
{
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    *out > INT64_MAX - (uint64_t)json_integer_value(v))
		return false;
	*out += (uint64_t)json_integer_value(v);
	return true;
}

static bool
row_read(const json_t *o, const char *name, uint64_t *out)
{
	return row_sum(json_object_get(o, name), out);
}

static bool
row_read_key(const json_t *o, struct totals_key *key)
{
	uint64_t type = 0;

	for (size_t i = 0; i < KEY_TEXTS; i++) {
		const struct key_text *t = &key_texts[i];
		const json_t *v = json_object_get(o, t->name);
		size_t n = json_string_length(v);

		if (!json_is_string(v) || n >= t->size)
			return false;
		memcpy((char *)key + t->offset, json_string_value(v), n + 1);
	}
	if (!row_read(o, "type", &type) || type > UINT8_MAX)
		return false;
	key->type = (uint8_t)type;
	key->allow = json_is_true(json_object_get(o, "allow"));
	key->shadow = json_is_true(json_object_get(o, "shadow"));
	return true;
}

/* A reason that this version does not know counts as `internal`. */
static bool
row_read_withheld(json_t *o, struct totals_counts *c)
{
	enum d4_reason r;
	const char *name;
	json_t *v;

	if (!json_is_object(o))
		return false;
	json_object_foreach(o, name, v)
	{
		if (!d4_reason_find(name, &r))
			r = D4_R_INTERNAL;
		if (!row_sum(v, &c->withheld[r]))
			return false;
	}
	return true;
}

/* Rows of older versions have none. */
static bool
row_read_parts(const json_t *o, struct totals_counts *c)
{
	for (size_t i = 0; i < D4_PARTS; i++) {
		const json_t *v =
		    json_object_get(o, d4_reason_name(d4_part_reason(i)));

		if (v != NULL && !row_sum(v, &c->parts[i]))
			return false;
	}
	return o == NULL || json_is_object(o);
}

static enum d4_status
row_add(struct totals *t, const json_t *o)
{
	struct totals_key key = {.type = 0};
	struct totals_counts *c;
	enum d4_status st;
	size_t row;

	if (!row_read_key(o, &key))
		return D4_EMALFORMED;
	st = totals_row(t, &key, &row);
	if (st != D4_OK)
		return st;
	c = &t->row[row].sum;
	if (!row_read(o, "entries", &c->entries) ||
	    !row_read(o, "in", &c->in) ||
	    !row_read(o, "forward", &c->forward) ||
	    !row_read(o, "quarantine", &c->quarantine) ||
	    !row_read_withheld(json_object_get(o, "withheld"), c) ||
	    !row_read_parts(json_object_get(o, "parts"), c))
		return D4_EMALFORMED;
	return D4_OK;
}

enum d4_status
totals_add_json(struct totals *t, const json_t *o)
{
	const json_t *rows = json_object_get(o, "rows");
	enum d4_status st = D4_OK;

	if (!json_is_array(rows) || !row_read(o, "entries", &t->entries[0]) ||
	    !row_read(o, "malformed", &t->malformed[0]) ||
	    !row_read(o, "duplicate", &t->duplicate[0]) ||
	    !row_read(o, "lost", &t->lost[0]))
		return D4_EMALFORMED;
	for (size_t i = 0; st == D4_OK && i < json_array_size(rows); i++)
		st = row_add(t, json_array_get(rows, i));
	return st;
}
