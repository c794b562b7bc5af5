#include <stdlib.h>
#include <string.h>
#include "libd4/kit/json.h"
#include "relay/sink_set.h"

#define MANIFEST_VERSION 1

static void
manifest_put(json_t *o, const char *key, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(o, key, json_string(text));
}

static json_t *
manifest_removed(const struct sink_set *s)
{
	return json_pack("{s:I, s:I, s:I}", "files",
	    (json_int_t)s->removed_files, "records",
	    (json_int_t)s->removed_records, "bytes",
	    (json_int_t)s->removed_bytes);
}

/* The weakest class of its files is that of the set. */
static const char *
manifest_class(const struct sink_set *s)
{
	const char *cls = s->n != 0 ? s->item[0].cls : NULL;

	for (size_t i = 1; i < s->n; i++) {
		if (strcmp(s->item[i].cls, cls) < 0)
			cls = s->item[i].cls;
	}
	return cls;
}

static json_t *
manifest_head(const struct sink_set *s, uint64_t now_s)
{
	const struct sink_dataset *d = &s->conf->dataset;
	json_t *o = json_object(), *tags = json_array();
	char now[24];

	sink_time_text(now_s, now);
	(void)json_object_set_new(o, "version", json_integer(MANIFEST_VERSION));
	manifest_put(o, "title", d->title);
	manifest_put(o, "description", d->description);
	manifest_put(o, "licence", d->licence);
	manifest_put(o, "producer", d->producer);
	manifest_put(o, "frequency", d->frequency);
	manifest_put(o, "source", d->source);
	for (size_t i = 0; i < d->n_tags; i++)
		(void)json_array_append_new(tags, json_string(d->tags[i]));
	(void)json_object_set_new(o, "tags", tags);
	manifest_put(o, "class", manifest_class(s));
	manifest_put(o, "updated", now);
	(void)json_object_set_new(
	    o, "records", json_integer((json_int_t)s->records));
	(void)json_object_set_new(
	    o, "bytes", json_integer((json_int_t)s->bytes));
	(void)json_object_set_new(o, "removed", manifest_removed(s));
	return o;
}

enum d4_status
sink_manifest_text(const struct sink_set *s, uint64_t now_s, struct d4_buf *out)
{
	json_t *root = manifest_head(s, now_s), *files = json_array();
	int bad = 0;

	for (size_t i = 0; i < s->n; i++)
		bad |=
		    json_array_append_new(files, sink_item_json(&s->item[i]));
	bad |= json_object_set_new(root, "files", files);
	if (bad == 0)
		return d4_json_line(root, JSON_INDENT(1), out);
	json_decref(root);
	return D4_ENOMEM;
}

/* As sha256sum -c reads it. */
enum d4_status
sink_manifest_sums(const struct sink_set *s, struct d4_buf *out)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && i < s->n; i++)
		st = d4_buf_addf(
		    out, "%s  %s\n", s->item[i].sha256, s->item[i].name);
	return st;
}

static enum d4_status
readme_line(struct d4_buf *out, const char *key, const char *text)
{
	if (text == NULL)
		return D4_OK;
	return d4_buf_addf(out, "%-12s %s\n", key, text);
}

enum d4_status
sink_manifest_readme(
    const struct sink_set *s, uint64_t now_s, struct d4_buf *out)
{
	const struct sink_dataset *d = &s->conf->dataset;
	const struct {
		const char *key, *text;
	} lines[] = {
	    {"Description:", d->description},
	    {"Producer:", d->producer},
	    {"Licence:", d->licence},
	    {"Source:", d->source},
	    {"Frequency:", d->frequency},
	    {"Class:", manifest_class(s)},
	};
	enum d4_status st = d4_buf_addf(out, "%s\n\n", d->title);
	char now[24];

	sink_time_text(now_s, now);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (st == D4_OK)
			st = readme_line(out, lines[i].key, lines[i].text);
	}
	if (st == D4_OK)
		st = d4_buf_addf(out,
		    "%-12s %s\n\n%zu files, %llu records, %llu bytes.\n\n",
		    "Updated:", now, s->n, (unsigned long long)s->records,
		    (unsigned long long)s->bytes);
	if (st == D4_OK)
		st = d4_buf_adds(out,
		    "manifest.json describes every file; SHA256SUMS is for "
		    "sha256sum -c.\nA file is complete when it has its name: "
		    "skip *.part.\n");
	return st;
}

/* ---- reading ---- */

static enum d4_status
manifest_files(const json_t *list, struct sink_set *s)
{
	enum d4_status st = json_is_array(list) ? D4_OK : D4_EMALFORMED;
	struct sink_item it;

	for (size_t i = 0; st == D4_OK && i < json_array_size(list); i++) {
		st = sink_item_parse(json_array_get(list, i), &it);
		if (st == D4_OK)
			st = sink_set_add(s, &it);
	}
	return st;
}

enum d4_status
sink_manifest_parse(struct d4_slice text, struct sink_set *s)
{
	json_t *root = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	const json_t *gone = json_object_get(root, "removed");
	enum d4_status st = D4_OK;
	uint64_t version = 0;

	if (!d4_json_number(root, "version", INT64_MAX, &version) ||
	    !d4_json_number(gone, "files", INT64_MAX, &s->removed_files) ||
	    !d4_json_number(gone, "records", INT64_MAX, &s->removed_records) ||
	    !d4_json_number(gone, "bytes", INT64_MAX, &s->removed_bytes))
		st = D4_EMALFORMED;
	else if (version != MANIFEST_VERSION)
		st = D4_EVERSION;
	if (st == D4_OK)
		st = manifest_files(json_object_get(root, "files"), s);
	s->dirty = false;
	json_decref(root);
	return st;
}
