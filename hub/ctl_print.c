#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/ctl_print.h"
#include "libd4/kit/clock.h"

#define PRINT_COLUMNS 12u
#define PRINT_CELL    80u /* bytes of a cell, at most */
#define PRINT_NAME    32u

/* The columns of a table, and how wide each is. */
struct table {
	char name[PRINT_COLUMNS][PRINT_NAME];
	size_t width[PRINT_COLUMNS];
	size_t n;
};

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n >= k && strcmp(text + n - k, end) == 0;
}

/* Nothing that a terminal would obey; UTF-8 stays. */
static void
make_plain(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			*text = '?';
	}
}

static void
cell_time(const json_t *value, char *out, size_t n)
{
	char text[D4_TIME_TEXT];
	json_int_t s = (json_int_t)json_number_value(value);

	d4_time_text(s > 0 ? (uint64_t)s * 1000000 : 0, text);
	(void)snprintf(out, n, "%.19sZ", text);
}

static void
cell_list(const json_t *value, char *out, size_t n)
{
	const json_t *item;
	size_t i, at = 0;

	(void)snprintf(out, n, "%s", json_array_size(value) == 0 ? "-" : "");
	json_array_foreach(value, i, item)
	{
		const char *text = json_string_value(item);
		int k = snprintf(out + at, n - at, "%s%s", i != 0 ? "," : "",
		    text != NULL ? text : "?");

		if (k < 0 || (size_t)k >= n - at)
			return;
		at += (size_t)k;
	}
}

/* One value as a text of at most n bytes. */
static void
cell(const char *name, const json_t *value, char *out, size_t n)
{
	char *text;

	if (value == NULL || json_is_null(value)) {
		(void)snprintf(out, n, "-");
	} else if (json_is_number(value) &&
		   (ends_with(name, "_seen") || ends_with(name, "_until"))) {
		cell_time(value, out, n);
	} else if (json_is_string(value)) {
		(void)snprintf(out, n, "%s", json_string_value(value));
	} else if (json_is_array(value)) {
		cell_list(value, out, n);
	} else {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		(void)snprintf(out, n, "%s", text != NULL ? text : "?");
		free(text);
	}
	make_plain(out);
}

/* Whom it is about first, then by name. */
static int
by_name(const void *a, const void *b)
{
	static const char *const first[] = {
	    "uuid", "state", "queue", "what", "group"};
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		bool one = strcmp(x, first[i]) == 0;

		if (one || strcmp(y, first[i]) == 0)
			return one ? -1 : 1;
	}
	return strcmp(x, y);
}

static void
print_object(const char *prefix, const json_t *v)
{
	size_t n = json_object_size(v), i = 0;
	const char **keys = calloc(n + 1, sizeof(*keys)), *key;
	const json_t *item;
	char name[512];

	if (keys == NULL)
		return;
	json_object_foreach((json_t *)(uintptr_t)v, key, item)
	{
		keys[i++] = key;
	}
	qsort(keys, n, sizeof(*keys), by_name);
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%s%s%s", prefix,
		    prefix[0] != '\0' ? "." : "", keys[i]);
		ctl_print_flat(name, json_object_get(v, keys[i]));
	}
	free(keys);
}

static bool
is_words(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			return false;
	}
	return true;
}

void
ctl_print_flat(const char *prefix, const json_t *v)
{
	const json_t *item;
	char name[512], text[1100];
	size_t i;

	if (json_is_object(v)) {
		print_object(prefix, v);
		return;
	}
	if (json_is_array(v) && !is_words(v)) {
		json_array_foreach(v, i, item)
		{
			(void)snprintf(name, sizeof(name), "%s.%zu", prefix, i);
			ctl_print_flat(name, item);
		}
		return;
	}
	cell(prefix, v, text, sizeof(text));
	(void)snprintf(name, sizeof(name), "%s", prefix);
	make_plain(name);
	(void)printf("%-40s %s\n", name, text);
}

static void
table_columns(struct table *t, const char *columns)
{
	t->n = 0;
	while (*columns != '\0' && t->n < PRINT_COLUMNS) {
		size_t k = strcspn(columns, " ");

		(void)snprintf(
		    t->name[t->n], PRINT_NAME, "%.*s", (int)k, columns);
		t->width[t->n++] = k;
		columns += k + (columns[k] == ' ');
	}
}

static void
table_widths(struct table *t, const json_t *rows)
{
	char text[PRINT_CELL];
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < t->n; c++) {
			cell(t->name[c], json_object_get(row, t->name[c]), text,
			    sizeof(text));
			if (strlen(text) > t->width[c])
				t->width[c] = strlen(text);
		}
	}
}

/* The last column is not filled up. */
static void
table_cell(const struct table *t, size_t c, const char *text)
{
	if (c + 1 == t->n)
		(void)printf("%s\n", text);
	else
		(void)printf("%-*s  ", (int)t->width[c], text);
}

static void
table_print(struct table *t, const json_t *rows)
{
	char text[PRINT_CELL];
	const json_t *row;
	size_t i;

	table_widths(t, rows);
	for (size_t c = 0; c < t->n; c++)
		table_cell(t, c, t->name[c]);
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < t->n; c++) {
			cell(t->name[c], json_object_get(row, t->name[c]), text,
			    sizeof(text));
			table_cell(t, c, text);
		}
	}
}

void
ctl_print(const json_t *answer, const char *columns)
{
	const json_t *value;
	const char *key;
	struct table t;
	size_t lists = 0;

	if (columns == NULL) {
		ctl_print_flat("", answer);
		return;
	}
	table_columns(&t, columns);
	json_object_foreach((json_t *)(uintptr_t)answer, key, value)
	{
		/* Another list than the columns are of has none of them. */
		if (json_is_array(value) &&
		    (lists++ == 0 || json_array_size(value) != 0))
			table_print(&t, value);
	}
}
