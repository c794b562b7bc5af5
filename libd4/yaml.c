#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include "libd4/yaml.h"
#include "libd4/yaml_text.h"

/* One parse: libyaml's parser, and what the limits count. */
struct builder {
	yaml_parser_t parser;
	struct d4_diag *diag;
	size_t nodes;
	unsigned depth;
};

static enum d4_status build_node(
    struct builder *b, const yaml_event_t *ev, struct d4_yaml **out);

static struct d4_mark
mark_of(yaml_mark_t m)
{
	return (struct d4_mark){(unsigned)m.line + 1, (unsigned)m.column + 1};
}

void
d4_yaml_free(struct d4_yaml *root)
{
	size_t i;

	if (root == NULL)
		return;
	for (i = 0; i < root->n; i++) {
		if (root->key != NULL)
			d4_yaml_free(root->key[i]);
		d4_yaml_free(root->item[i]);
	}
	free(root->key);
	free(root->item);
	free(root->text);
	free(root);
}

static enum d4_status
next_event(struct builder *b, yaml_event_t *ev)
{
	const yaml_parser_t *p = &b->parser;
	const char *context;

	if (yaml_parser_parse(&b->parser, ev) == 1)
		return D4_OK;
	if (p->error == YAML_MEMORY_ERROR)
		return D4_ENOMEM;
	context = p->context != NULL ? p->context : "";
	return d4_diag_set(b->diag, mark_of(p->problem_mark),
	    "see d4-policy(5) for the subset of YAML that is read",
	    "not valid YAML: %s%s%s", context, *context != '\0' ? ": " : "",
	    p->problem != NULL ? p->problem : "unknown error");
}

/* Anchors, aliases, tags: what makes a text mean something else than it says */
static enum d4_status
refuse_magic(struct builder *b, const yaml_event_t *ev)
{
	struct d4_mark at = mark_of(ev->start_mark);
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (ev->type == YAML_ALIAS_EVENT)
		return d4_diag_set(b->diag, at, "write the value out",
		    "aliases (*%s) are not allowed",
		    (const char *)ev->data.alias.anchor);
	if (ev->type == YAML_SCALAR_EVENT) {
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
	} else if (ev->type == YAML_MAPPING_START_EVENT) {
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
	}
	if (anchor != NULL)
		return d4_diag_set(b->diag, at, "remove it",
		    "anchors (&%s) are not allowed", (const char *)anchor);
	if (tag != NULL)
		return d4_diag_set(b->diag, at,
		    "remove it, or put the text in quotes",
		    "tags (%s) are not allowed", (const char *)tag);
	return D4_OK;
}

static enum d4_status
new_node(struct builder *b, const yaml_event_t *ev, struct d4_yaml **out)
{
	struct d4_mark at = mark_of(ev->start_mark);

	if (++b->nodes > D4_YAML_NODES)
		return d4_diag_set(b->diag, at, "make the file smaller",
		    "more than %u values", D4_YAML_NODES);
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return D4_ENOMEM;
	(*out)->at = at;
	return D4_OK;
}

static enum d4_status
build_scalar(struct builder *b, const yaml_event_t *ev, struct d4_yaml *node)
{
	const char *text = (const char *)ev->data.scalar.value;
	size_t n = ev->data.scalar.length;

	if (!d4_yaml_text_ok(d4_slice_of(text, n)))
		return d4_diag_set(b->diag, node->at,
		    "only tab and newline are allowed",
		    "an escape makes a control or invisible character");
	node->kind = D4_YAML_SCALAR;
	node->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = malloc(n + 1);
	if (node->text == NULL)
		return D4_ENOMEM;
	if (n != 0)
		memcpy(node->text, text, n);
	node->text[n] = '\0';
	return D4_OK;
}

/* Room for one more at [n]; doubles at powers of two. */
static enum d4_status
grow(struct d4_yaml ***list, size_t n)
{
	struct d4_yaml **p;

	if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
		return D4_OK;
	p = realloc(*list, (n == 0 ? 4 : n * 2) * sizeof(struct d4_yaml *));
	if (p == NULL)
		return D4_ENOMEM;
	*list = p;
	return D4_OK;
}

/* The next node, or *out = NULL where the container ends. */
static enum d4_status
build_next(struct builder *b, struct d4_yaml **out)
{
	yaml_event_t ev;
	enum d4_status st = next_event(b, &ev);

	*out = NULL;
	if (st != D4_OK)
		return st;
	if (ev.type != YAML_SEQUENCE_END_EVENT &&
	    ev.type != YAML_MAPPING_END_EVENT)
		st = build_node(b, &ev, out);
	yaml_event_delete(&ev);
	return st;
}

static enum d4_status
build_list(struct builder *b, struct d4_yaml *node)
{
	struct d4_yaml *item;
	enum d4_status st;

	node->kind = D4_YAML_LIST;
	for (;;) {
		st = build_next(b, &item);
		if (st != D4_OK || item == NULL)
			return st;
		st = grow(&node->item, node->n);
		if (st != D4_OK) {
			d4_yaml_free(item);
			return st;
		}
		node->item[node->n++] = item;
	}
}

static enum d4_status
check_key(struct builder *b, const struct d4_yaml *key)
{
	if (key->kind != D4_YAML_SCALAR)
		return d4_diag_set(b->diag, key->at, "use a word as the key",
		    "a key that is a list or a map");
	if (strcmp(key->text, "<<") == 0)
		return d4_diag_set(b->diag, key->at, "write the values out",
		    "merge keys (<<) are not allowed");
	if (key->text[0] == '\0')
		return d4_diag_set(b->diag, key->at,
		    "write a key before the colon", "an empty key");
	return D4_OK;
}

/* One key and its value; *more is false where the map ends. */
static enum d4_status
build_pair(struct builder *b, struct d4_yaml *node, bool *more)
{
	struct d4_yaml *key, *value = NULL;
	enum d4_status st = build_next(b, &key);

	*more = key != NULL;
	if (st != D4_OK || key == NULL)
		return st;
	st = check_key(b, key);
	if (st == D4_OK)
		st = build_next(b, &value);
	if (st == D4_OK)
		st = grow(&node->key, node->n);
	if (st == D4_OK)
		st = grow(&node->item, node->n);
	if (st != D4_OK) {
		d4_yaml_free(key);
		d4_yaml_free(value);
		return st;
	}
	assert(value != NULL); /* libyaml gives every key a value */
	node->key[node->n] = key;
	node->item[node->n++] = value;
	return D4_OK;
}

static int
key_order(const void *a, const void *b)
{
	const struct d4_yaml *const *x = a, *const *y = b;
	int order = strcmp((*x)->text, (*y)->text);

	if (order != 0)
		return order;
	if ((*x)->at.line != (*y)->at.line)
		return (*x)->at.line < (*y)->at.line ? -1 : 1;
	return (*x)->at.column < (*y)->at.column ? -1 : 1;
}

/* Sorted, so that a map of 100,000 keys costs no 10^10 comparisons. */
static enum d4_status
check_duplicates(struct builder *b, const struct d4_yaml *map)
{
	struct d4_yaml **sorted;
	enum d4_status st = D4_OK;
	size_t i;

	if (map->n < 2)
		return D4_OK;
	sorted = malloc(map->n * sizeof(struct d4_yaml *));
	if (sorted == NULL)
		return D4_ENOMEM;
	memcpy(sorted, map->key, map->n * sizeof(struct d4_yaml *));
	qsort(sorted, map->n, sizeof(struct d4_yaml *), key_order);
	for (i = 1; i < map->n && st == D4_OK; i++)
		if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0)
			st = d4_diag_set(b->diag, sorted[i]->at,
			    "keep one of them",
			    "duplicate key `%s`, first in line %u",
			    sorted[i]->text, sorted[i - 1]->at.line);
	free(sorted);
	return st;
}

static enum d4_status
build_map(struct builder *b, struct d4_yaml *node)
{
	enum d4_status st;
	bool more = true;

	node->kind = D4_YAML_MAP;
	do {
		st = build_pair(b, node, &more);
		if (st != D4_OK)
			return st;
	} while (more);
	return check_duplicates(b, node);
}

static enum d4_status
build_container(struct builder *b, const yaml_event_t *ev, struct d4_yaml *node)
{
	enum d4_status st;

	if (b->depth == D4_YAML_DEPTH)
		return d4_diag_set(b->diag, node->at, "nest less deeply",
		    "more than %u levels", D4_YAML_DEPTH);
	b->depth++;
	st = ev->type == YAML_MAPPING_START_EVENT ? build_map(b, node)
	                                          : build_list(b, node);
	b->depth--;
	return st;
}

static enum d4_status
build_node(struct builder *b, const yaml_event_t *ev, struct d4_yaml **out)
{
	struct d4_yaml *node = NULL;
	enum d4_status st = refuse_magic(b, ev);

	assert(*out == NULL);
	if (st == D4_OK)
		st = new_node(b, ev, &node);
	if (st != D4_OK)
		return st;
	assert(node != NULL);
	st = ev->type == YAML_SCALAR_EVENT ? build_scalar(b, ev, node)
	                                   : build_container(b, ev, node);
	if (st != D4_OK) {
		d4_yaml_free(node);
		return st;
	}
	*out = node;
	return D4_OK;
}

static enum d4_status
check_document(struct builder *b, const yaml_event_t *ev)
{
	const struct d4_mark at = mark_of(ev->start_mark);

	if (ev->data.document_start.version_directive != NULL ||
	    ev->data.document_start.tag_directives.start !=
		ev->data.document_start.tag_directives.end)
		return d4_diag_set(b->diag, at, "remove it",
		    "directives (%%) are not allowed");
	return D4_OK;
}

/* The one document: stream start, document start, node, end, stream end. */
static enum d4_status
build_document(struct builder *b, struct d4_yaml **root)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	enum d4_status st = D4_OK;
	yaml_event_t ev;

	while (type != YAML_STREAM_END_EVENT && st == D4_OK) {
		st = next_event(b, &ev);
		if (st != D4_OK)
			return st;
		type = ev.type;
		if (type == YAML_DOCUMENT_START_EVENT && *root != NULL)
			st = d4_diag_set(b->diag, mark_of(ev.start_mark),
			    "keep one document", "a second document");
		else if (type == YAML_DOCUMENT_START_EVENT)
			st = check_document(b, &ev);
		else if (type != YAML_STREAM_START_EVENT &&
			 type != YAML_DOCUMENT_END_EVENT &&
			 type != YAML_STREAM_END_EVENT)
			st = build_node(b, &ev, root);
		yaml_event_delete(&ev);
	}
	return st;
}

enum d4_status
d4_yaml_parse(struct d4_slice text, struct d4_diag *diag, struct d4_yaml **out)
{
	static const unsigned char nothing[1] = "";
	struct builder b = {.diag = diag};
	struct d4_yaml *root = NULL;
	enum d4_status st;

	if (text.n > D4_YAML_BYTES)
		return d4_diag_set(diag, (struct d4_mark){0, 0},
		    "make the file smaller", "the file is over %u bytes",
		    D4_YAML_BYTES);
	st = d4_yaml_text_check(text, diag);
	if (st != D4_OK)
		return st;
	if (yaml_parser_initialize(&b.parser) != 1)
		return D4_ENOMEM;
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &b.parser, text.n != 0 ? text.p : nothing, text.n);
	st = build_document(&b, &root);
	yaml_parser_delete(&b.parser);
	if (st == D4_OK && root == NULL)
		st = d4_diag_set(diag, (struct d4_mark){0, 0},
		    "write `key: value` lines", "the file is empty");
	if (st != D4_OK) {
		d4_yaml_free(root);
		return st;
	}
	*out = root;
	return D4_OK;
}
