#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <jansson.h>
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "libd4/kit/spool_cursor.h"

#define CURSOR_VERSION 1
#define CURSOR_MAX     4096u /* bytes of a cursor file */

/* may_lack: files of the first release do not have it, and mean 0. */
struct cursor_field {
	const char *name;
	size_t offset;
	bool may_lack;
};

#define CURSOR_FIELD(member)                                             \
	{                                                                \
#member, offsetof(struct d4_spool_cursor, member), false \
	}
#define CURSOR_LATER(member)                                            \
	{                                                               \
#member, offsetof(struct d4_spool_cursor, member), true \
	}

static const struct cursor_field cursor_fields[] = {
    CURSOR_FIELD(sent),
    CURSOR_FIELD(acked),
    CURSOR_FIELD(confirmed),
    CURSOR_LATER(sent_part),
    CURSOR_LATER(acked_part),
    CURSOR_LATER(confirmed_part),
    CURSOR_FIELD(sent_records),
    CURSOR_FIELD(acked_records),
    CURSOR_FIELD(confirmed_records),
    CURSOR_FIELD(maybe_lost),
    CURSOR_FIELD(resent),
    CURSOR_FIELD(expired),
    CURSOR_FIELD(damaged),
    CURSOR_FIELD(toobig),
    CURSOR_FIELD(withheld),
    CURSOR_LATER(gone),
    CURSOR_LATER(stuck),
};

#define CURSOR_FIELDS (sizeof(cursor_fields) / sizeof(cursor_fields[0]))

enum d4_status
d4_spool_cursor_save(const char *path, const struct d4_spool_cursor *c)
{
	json_t *o = json_object();
	enum d4_status st;
	char *text;
	int bad;

	bad = json_object_set_new(o, "v", json_integer(CURSOR_VERSION));
	for (size_t i = 0; i < CURSOR_FIELDS; i++) {
		const struct cursor_field *f = &cursor_fields[i];
		const uint64_t *v =
		    (const uint64_t *)(const void *)((const char *)c +
						     f->offset);

		bad |= json_object_set_new(
		    o, f->name, json_integer((json_int_t)*v));
	}
	text = bad == 0 ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (text == NULL)
		return D4_ENOMEM;
	st = d4_file_replace(path, d4_slice_str(text), 0640);
	free(text);
	return st;
}

/* Is the place a_seq, a_part at or in front of b_seq, b_part? */
static bool
cursor_order(uint64_t a_seq, uint64_t a_part, uint64_t b_seq, uint64_t b_part)
{
	return a_seq < b_seq || (a_seq == b_seq && a_part <= b_part);
}

static enum d4_status
cursor_read(const json_t *o, struct d4_spool_cursor *out)
{
	struct d4_spool_cursor c = {.sent = 0};

	if (json_integer_value(json_object_get(o, "v")) != CURSOR_VERSION)
		return D4_EVERSION;
	for (size_t i = 0; i < CURSOR_FIELDS; i++) {
		const struct cursor_field *f = &cursor_fields[i];
		uint64_t *n = (void *)((char *)&c + f->offset);

		if (f->may_lack && json_object_get(o, f->name) == NULL)
			continue;
		if (!d4_json_number(o, f->name, INT64_MAX, n))
			return D4_EMALFORMED;
	}
	if (!cursor_order(
		c.confirmed, c.confirmed_part, c.acked, c.acked_part) ||
	    !cursor_order(c.acked, c.acked_part, c.sent, c.sent_part))
		return D4_EMALFORMED;
	*out = c;
	return D4_OK;
}

enum d4_status
d4_spool_cursor_load(const char *path, struct d4_spool_cursor *c)
{
	enum d4_status st;
	struct d4_buf text;
	json_t *o;

	d4_buf_init(&text, CURSOR_MAX);
	st = d4_file_read(path, &text);
	if (st == D4_OK) {
		o = json_loadb(
		    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
		st = o == NULL ? D4_EMALFORMED : cursor_read(o, c);
		json_decref(o);
	}
	d4_buf_fini(&text);
	return st;
}
