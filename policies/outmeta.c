#include <stdio.h>
#include <string.h>
#include "policies/canonical.h"
#include "policies/stream.h"

#define WORD \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+._-"

/* Letters, digits and + . _ - only: no room for a message or a path. */
static bool
is_word(const char *text)
{
	return *text != '\0' && text[strspn(text, WORD)] == '\0';
}

/* Appends a text; false: out of memory. */
static bool
add_text(json_t *array, const char *text)
{
	return json_array_append_new(array, json_string(text)) == 0;
}

/*
 * The labels as they left the decision, and what binds the receiver. Other
 * tags stay here: they may name internal things.
 */
static json_t *
tags_json(const struct pol_stream *s, const struct pol_verdict *v)
{
	static const char *const pap[] = {
	    [POL_PAP_CLEAR] = "PAP:CLEAR",
	    [POL_PAP_GREEN] = "PAP:GREEN",
	    [POL_PAP_AMBER] = "PAP:AMBER",
	    [POL_PAP_RED] = "PAP:RED",
	};
	char text[64];
	json_t *a = json_array();
	bool ok = a != NULL;

	(void)snprintf(text, sizeof(text), "tlp:%s", pol_tlp_text(v->label));
	ok = ok && add_text(a, text);
	ok = ok && add_text(a, pap[v->pap]);
	if (s->labels.no_sync)
		ok = ok && add_text(a, "misp:should-not-sync");
	if (s->labels.max_age_s != 0) {
		(void)snprintf(text, sizeof(text), "retention:%llud",
		    (unsigned long long)(s->labels.max_age_s / POL_DAY_S));
		ok = ok && add_text(a, text);
	}
	if (ok)
		return a;
	json_decref(a);
	return NULL;
}

static bool
add_hop(json_t *path, const char *hub)
{
	json_t *hop = json_object();

	if (hop != NULL && !pol_json_put(hop, "hub", json_string(hub))) {
		json_decref(hop);
		return false;
	}
	return json_array_append_new(path, hop) == 0;
}

static json_t *
path_json(const struct pol *p, const struct pol_stream *s)
{
	json_t *a = json_array();
	bool ok = a != NULL;
	size_t i;

	for (i = 0; i < s->meta.n_path; i++)
		ok = ok && add_hop(a, s->meta.path[i]);
	ok = ok && add_hop(a, p->hub.id);
	if (ok)
		return a;
	json_decref(a);
	return NULL;
}

static json_t *
sanitized_json(const struct pol_verdict *v)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "class",
		       json_sprintf("S%d", v->share->pipeline->cls));
	ok = ok &&
	     pol_json_put(o, "epoch", json_string(v->share->pipeline->epoch));
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

/* What an earlier hub demanded goes on; of two bounds the lower one. */
static bool
put_demands(json_t *o, const struct d4_meta *m, unsigned hops)
{
	uint64_t most =
	    m->max_hops != 0 && m->max_hops < hops ? m->max_hops : hops;
	bool ok = pol_json_put(o, "max_hops", json_integer((json_int_t)most));

	if (m->sharing_group[0] != '\0')
		ok = ok && pol_json_put(o, "sharing_group",
			       json_string(m->sharing_group));
	if (is_word(m->licence))
		ok = ok && pol_json_put(o, "licence", json_string(m->licence));
	if (m->not_after_s != 0)
		ok = ok && pol_json_put(o, "not_after",
			       json_integer((json_int_t)m->not_after_s));
	return ok;
}

static json_t *
fed_json(const struct pol *p, const struct pol_stream *s,
    const struct pol_verdict *v, const struct d4_uuid *stream)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "v", json_integer(1));
	ok = ok && pol_json_put(o, "stream", pol_json_uuid(stream));
	ok = ok && pol_json_put(o, "path", path_json(p, s));
	ok = ok && put_demands(o, &s->meta, v->share->hops);
	ok = ok && pol_json_put(o, "sanitized", sanitized_json(v));
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

/* The keys that d4-core's filewatcher handler obeys, if they are sane. */
static bool
put_handler_keys(json_t *o, struct d4_slice header)
{
	json_t *in = json_loadb(
	    (const char *)header.p, header.n, JSON_REJECT_DUPLICATES, NULL);
	const char *ext = json_string_value(json_object_get(in, "extension"));
	const json_t *compress = json_object_get(in, "compress");
	const json_t *segregate = json_object_get(in, "segregate");
	bool ok = in != NULL;

	if (json_is_boolean(compress))
		ok = ok && pol_json_put(o, "compress",
			       json_boolean(json_is_true(compress)));
	if (json_is_boolean(segregate))
		ok = ok && pol_json_put(o, "segregate",
			       json_boolean(json_is_true(segregate)));
	if (ext != NULL && strlen(ext) <= 16 && is_word(ext))
		ok = ok && pol_json_put(o, "extension", json_string(ext));
	json_decref(in);
	return ok;
}

enum d4_status
pol_out_meta(const struct pol *p, const struct pol_ask *ask,
    const struct pol_verdict *v, const struct d4_uuid *stream,
    struct d4_buf *out)
{
	struct pol_stream s;
	enum pol_reason why;
	json_t *o;
	enum d4_status st;
	bool ok;

	if (!v->allow || ask->meta.n == 0)
		return D4_EINVAL;
	if (!pol_stream_init(&s, p, ask, &why)) {
		pol_stream_fini(&s);
		return why == POL_R_NO_MEMORY ? D4_ENOMEM : D4_EINVAL;
	}
	o = json_object();
	ok = o != NULL && pol_json_put(o, "type", json_string(s.meta.type));
	if (is_word(s.meta.encoding))
		ok = ok &&
		     pol_json_put(o, "encoding", json_string(s.meta.encoding));
	ok = ok && pol_json_put(o, "tags", tags_json(&s, v));
	if (!s.foreign)
		ok = ok && pol_json_put(o, "misp:org", pol_json_uuid(&s.org));
	ok = ok && put_handler_keys(o, ask->meta);
	ok = ok && pol_json_put(o, "d4:fed", fed_json(p, &s, v, stream));
	st = ok ? pol_json_dump(o, JSON_COMPACT, out) : D4_ENOMEM;
	json_decref(o);
	pol_stream_fini(&s);
	return st;
}
