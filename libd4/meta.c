#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "libd4/meta.h"

/* A string of 0..n-1 bytes into out[n]; absent is fine and changes nothing. */
static enum d4_status
copy_text(const json_t *object, const char *key, char *out, size_t n)
{
	const json_t *v = json_object_get(object, key);
	size_t len;

	if (v == NULL)
		return D4_OK;
	len = json_string_length(v);
	if (!json_is_string(v))
		return D4_EMALFORMED;
	if (len >= n)
		return D4_ETOOBIG;
	memcpy(out, json_string_value(v), len + 1);
	return D4_OK;
}

static enum d4_status
copy_number(const json_t *object, const char *key, uint64_t *out)
{
	const json_t *v = json_object_get(object, key);

	if (v == NULL)
		return D4_OK;
	if (!json_is_integer(v) || json_integer_value(v) <= 0)
		return D4_EMALFORMED;
	*out = (uint64_t)json_integer_value(v);
	return D4_OK;
}

bool
d4_meta_type_word(struct d4_slice type)
{
	if (type.n == 0 || type.n >= D4_META_TYPE || type.p[0] == '.')
		return false;
	for (size_t i = 0; i < type.n; i++) {
		uint8_t c = type.p[i], low = c | 0x20;
		bool word = (low >= 'a' && low <= 'z') ||
		            (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		            c == '-';

		if (!word)
			return false;
	}
	return true;
}

bool
d4_meta_type_ok(const char *type)
{
	return d4_meta_type_word(d4_slice_str(type));
}

/* One element of "tags": a string, or an object with a string "name". */
static enum d4_status
copy_tag(const json_t *v, char out[D4_META_TAG])
{
	if (json_is_object(v))
		v = json_object_get(v, "name");
	if (!json_is_string(v))
		return D4_EMALFORMED;
	if (json_string_length(v) >= D4_META_TAG)
		return D4_ETOOBIG;
	memcpy(out, json_string_value(v), json_string_length(v) + 1);
	return D4_OK;
}

static enum d4_status
read_tags(const json_t *root, struct d4_meta *m)
{
	const json_t *tags = json_object_get(root, "tags");
	enum d4_status st = D4_OK;
	size_t i, n;

	if (tags == NULL)
		return D4_OK;
	if (!json_is_array(tags))
		return D4_EMALFORMED;
	n = json_array_size(tags);
	if (n > D4_META_TAGS)
		return D4_ETOOBIG;
	if (n == 0)
		return D4_OK;
	m->tag = calloc(n, sizeof(*m->tag));
	if (m->tag == NULL)
		return D4_ENOMEM;
	for (i = 0; i < n && st == D4_OK; i++)
		st = copy_tag(json_array_get(tags, i), m->tag[i]);
	m->n_tag = n;
	return st;
}

static enum d4_status
read_path(const json_t *fed, struct d4_meta *m)
{
	const json_t *path = json_object_get(fed, "path"), *hop;
	enum d4_status st = D4_OK;
	size_t i, n;

	if (path == NULL)
		return D4_OK;
	if (!json_is_array(path))
		return D4_EMALFORMED;
	n = json_array_size(path);
	if (n > D4_META_HOPS)
		return D4_ETOOBIG;
	if (n == 0)
		return D4_OK;
	m->path = calloc(n, sizeof(*m->path));
	if (m->path == NULL)
		return D4_ENOMEM;
	m->n_path = n;
	for (i = 0; i < n && st == D4_OK; i++) {
		hop = json_array_get(path, i);
		if (!json_is_object(hop))
			return D4_EMALFORMED;
		st = copy_text(hop, "hub", m->path[i], D4_META_ID);
		if (st == D4_OK && m->path[i][0] == '\0')
			st = D4_EMALFORMED;
	}
	return st;
}

/* "d4:fed", where other hubs of this project say what they know. */
static enum d4_status
read_fed(const json_t *root, struct d4_meta *m)
{
	const json_t *fed = json_object_get(root, "d4:fed"), *v;
	struct d4_uuid group;
	enum d4_status st;

	if (fed == NULL)
		return D4_OK;
	if (!json_is_object(fed))
		return D4_EMALFORMED;
	v = json_object_get(fed, "v");
	if (!json_is_integer(v))
		return D4_EMALFORMED;
	if (json_integer_value(v) != 1)
		return D4_EVERSION;
	st = read_path(fed, m);
	if (st == D4_OK)
		st = copy_number(fed, "max_hops", &m->max_hops);
	if (st == D4_OK)
		st = copy_number(fed, "not_after", &m->not_after_s);
	if (st == D4_OK)
		st = copy_text(fed, "licence", m->licence, sizeof(m->licence));
	if (st == D4_OK)
		st = copy_text(fed, "sharing_group", m->sharing_group,
		    sizeof(m->sharing_group));
	if (st == D4_OK && m->sharing_group[0] != '\0')
		st = d4_uuid_parse(m->sharing_group, &group);
	return st;
}

static enum d4_status
read_meta(const json_t *root, struct d4_meta *m)
{
	enum d4_status st;

	if (!json_is_object(root))
		return D4_EMALFORMED;
	st = copy_text(root, "type", m->type, sizeof(m->type));
	if (st == D4_OK && !d4_meta_type_ok(m->type))
		st = D4_EMALFORMED;
	if (st == D4_OK)
		st = copy_text(
		    root, "encoding", m->encoding, sizeof(m->encoding));
	if (st == D4_OK)
		st = copy_text(
		    root, "misp:org", m->misp_org, sizeof(m->misp_org));
	if (st == D4_OK)
		st = read_tags(root, m);
	if (st == D4_OK)
		st = read_fed(root, m);
	return st;
}

enum d4_status
d4_meta_parse(struct d4_slice json, struct d4_meta *out)
{
	struct d4_meta m = {.n_tag = 0};
	json_error_t error;
	enum d4_status st;
	json_t *root;

	if (json.n > D4_META_MAX)
		return D4_ETOOBIG;
	if (json.n == 0)
		return D4_EMALFORMED;
	root = json_loadb(
	    (const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return json_error_code(&error) == json_error_out_of_memory
		           ? D4_ENOMEM
		           : D4_EMALFORMED;
	st = read_meta(root, &m);
	json_decref(root);
	if (st != D4_OK) {
		d4_meta_fini(&m);
		return st;
	}
	*out = m;
	return D4_OK;
}

void
d4_meta_fini(struct d4_meta *m)
{
	free(m->tag);
	free(m->path);
	*m = (struct d4_meta){.n_tag = 0};
}
