#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "libd4/kit/spool.h"
#include "misp-export/terms.h"

#define TERMS_VERSION 1

static const char *const labels[TERMS_LABELS] = {
    "clear", "green", "amber", "amber+strict", "red"};
static const char *const paps[] = {"clear", "green", "amber", "red"};

const char *
terms_label_text(unsigned label)
{
	return labels[label < TERMS_LABELS ? label : TERMS_LABELS - 1];
}

const char *
terms_pap_text(unsigned pap)
{
	return paps[pap < 4 ? pap : 3];
}

/* The engine says "tlp:amber" or "amber", as pol_tlp_text has it. */
static unsigned
terms_word(const char *text, const char *const *list, unsigned n)
{
	const char *colon = strchr(text, ':');
	unsigned i = 0;

	if (colon != NULL)
		text = colon + 1;
	while (i + 1 < n && strcasecmp(list[i], text) != 0)
		i++;
	return i;
}

unsigned
terms_label(const char *text)
{
	return terms_word(text, labels, TERMS_LABELS);
}

unsigned
terms_pap(const char *text)
{
	return terms_word(text, paps, 4);
}

/* How far each of MISP's distributions reaches, from the narrowest. */
static int
terms_reach(int distribution)
{
	static const int reach[] = {
	    [0] = 0, [1] = 2, [2] = 3, [3] = 4, [4] = 1};

	return distribution >= 0 && distribution <= 4 ? reach[distribution] : 0;
}

int
terms_distribution(unsigned label, int asked, bool group)
{
	int most;

	if (label >= TERMS_LABELS - 1)
		return -1;
	most = label == 0 ? 3 : label == 1 ? 1 : label == 2 ? 4 : 0;
	if (asked >= 0 && terms_reach(asked) < terms_reach(most))
		most = asked;
	if (most == 4 && !group)
		most = 0;
	return most;
}

int
terms_narrower(int a, int b)
{
	return terms_reach(a) <= terms_reach(b) ? a : b;
}

/* ---- the file ---- */

static void
terms_lane_fini(struct terms_lane *l)
{
	json_decref(l->mapped);
	free(l->into.list);
}

void
terms_fini(struct terms *t)
{
	for (size_t i = 0; i < t->n; i++)
		terms_lane_fini(&t->lane[i]);
	free(t->lane);
	*t = (struct terms){.n = 0};
}

/* "in:198.18.0.0/16" of the list of mapped fields. */
static bool
terms_into(struct terms_lane *l)
{
	size_t i, n = json_array_size(l->mapped);

	l->into.list = calloc(n + 1, sizeof(*l->into.list));
	if (l->into.list == NULL)
		return false;
	for (i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(l->mapped, i));

		if (s == NULL)
			return false;
		if (strncmp(s, "in:", 3) != 0)
			continue;
		if (d4_prefix_parse(
			d4_slice_str(s + 3), &l->into.list[l->into.n]) != D4_OK)
			return false;
		l->into.n++;
	}
	return true;
}

static bool
terms_steps(const json_t *list, char *out, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));
		int got;

		if (s == NULL)
			return false;
		got = snprintf(out + at, n - at, "%s%s", i > 0 ? ", " : "", s);
		if (got < 0 || (size_t)got >= n - at)
			return true; /* long enough to be understood */
		at += (size_t)got;
	}
	return json_is_array(list);
}

static bool
terms_findings(const json_t *o, struct terms_lane *l)
{
	const json_t *far = json_object_get(o, "distribution");
	char label[24], pap[16], ids[16];

	if (!d4_json_text(o, "source", l->source, sizeof(l->source)) ||
	    !d4_json_text(o, "label", label, sizeof(label)) ||
	    !d4_json_text(o, "pap", pap, sizeof(pap)) ||
	    !d4_json_text(o, "class", l->cls, sizeof(l->cls)) ||
	    !d4_json_text(o, "object", l->object, sizeof(l->object)) ||
	    !d4_json_text(o, "to_ids", ids, sizeof(ids)) ||
	    !json_is_integer(far) ||
	    !terms_steps(
		json_object_get(o, "steps"), l->steps, sizeof(l->steps)) ||
	    !json_is_array(json_object_get(o, "mapped")))
		return false;
	l->label = terms_label(label);
	l->pap = terms_pap(pap);
	l->distribution = (int)json_integer_value(far);
	l->publish = json_is_true(json_object_get(o, "publish"));
	/* Never of what is PAP AMBER or RED: it must not be acted on. */
	l->ids = strcmp(ids, "false") != 0 && l->pap < 2;
	l->mapped = json_deep_copy(json_object_get(o, "mapped"));
	return l->distribution >= -1 && l->distribution <= 4 &&
	       l->mapped != NULL && terms_into(l);
}

static bool
terms_lane(const char *id, const json_t *o, struct terms_lane *l)
{
	if (!d4_spool_name_lane(id))
		return false;
	memcpy(l->id, id, sizeof(l->id));
	return d4_json_text(o, "pipeline", l->pipeline, sizeof(l->pipeline)) &&
	       d4_json_number(o, "after", INT64_MAX, &l->after) &&
	       d4_json_number(o, "delay_us", INT64_MAX, &l->delay_us) &&
	       d4_json_number(o, "not_before", INT64_MAX, &l->not_before_s) &&
	       d4_json_number(o, "max_age", INT64_MAX, &l->max_age_s) &&
	       terms_findings(json_object_get(o, "findings"), l);
}

static enum d4_status
terms_read(json_t *root, struct terms *out)
{
	json_t *lanes = json_object_get(root, "lanes"), *o;
	const char *id, *sink;

	if (json_integer_value(json_object_get(root, "v")) != TERMS_VERSION)
		return D4_EVERSION;
	if (!json_is_object(lanes))
		return D4_EMALFORMED;
	out->lane = calloc(json_object_size(lanes) + 1, sizeof(*out->lane));
	if (out->lane == NULL)
		return D4_ENOMEM;
	json_object_foreach(lanes, id, o)
	{
		sink = json_string_value(json_object_get(o, "sink"));
		if (sink == NULL || strcmp(sink, "misp") != 0)
			continue;
		if (!terms_lane(id, o, &out->lane[out->n++]))
			return D4_EMALFORMED;
	}
	return D4_OK;
}

enum d4_status
terms_parse(struct d4_slice text, struct terms *out)
{
	enum d4_status st = D4_EMALFORMED;
	json_t *root;

	terms_fini(out);
	root = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (root != NULL)
		st = terms_read(root, out);
	json_decref(root);
	if (st != D4_OK)
		terms_fini(out);
	return st;
}

static bool
terms_stale(const char *path)
{
	uint64_t now = d4_now_us() / 1000000, then;
	struct stat sb;

	if (stat(path, &sb) != 0 || sb.st_mtime < 0)
		return true;
	then = (uint64_t)sb.st_mtime;
	return (now > then ? now - then : then - now) > TERMS_STALE_S;
}

enum d4_status
terms_load(const char *path, struct terms *out)
{
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, TERMS_MAX);
	st = d4_file_read(path, &text);
	if (st == D4_OK && terms_stale(path))
		st = D4_ECLOSED;
	if (st == D4_OK)
		st = terms_parse(d4_buf_slice(&text), out);
	else
		terms_fini(out);
	d4_buf_fini(&text);
	return st;
}

const struct terms_lane *
terms_find(const struct terms *t, const char *id)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->lane[i].id, id) == 0)
			return &t->lane[i];
	}
	return NULL;
}

/* Is the field one of the paths, or do they reach into it? */
static bool
mapped_path(const char *field, const char *paths)
{
	size_t n = strlen(field);

	while (*paths != '\0') {
		size_t len = strcspn(paths, "|");

		if (len >= n && memcmp(paths, field, n) == 0 &&
		    (len == n || paths[n] == '/'))
			return true;
		paths += len + (paths[len] == '|' ? 1 : 0);
	}
	return false;
}

bool
terms_mapped(
    const struct terms_lane *l, const char *path, struct d4_slice value)
{
	struct d4_addr a;

	for (size_t i = 0; i < json_array_size(l->mapped); i++) {
		const char *f = json_string_value(json_array_get(l->mapped, i));

		if (strcmp(f, "*") == 0 || mapped_path(f, path))
			return true;
	}
	if (l->into.n == 0 || d4_addr_parse(value, &a) != D4_OK)
		return false;
	for (size_t i = 0; i < l->into.n; i++) {
		if (d4_prefix_has(&l->into.list[i], &a))
			return true;
	}
	return false;
}
