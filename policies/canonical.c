#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include "policies/canonical.h"

bool
pol_json_put(json_t *object, const char *key, json_t *taken)
{
	return json_object_set_new(object, key, taken) == 0;
}

json_t *
pol_json_uuid(const struct d4_uuid *u)
{
	char text[D4_UUID_TEXT];

	d4_uuid_text(u, text);
	return json_string(text);
}

/* Appends, taking the value; NULL in, NULL out, nothing leaks. */
static json_t *
append(json_t *array, json_t *taken)
{
	if (array != NULL && json_array_append_new(array, taken) == 0)
		return array;
	if (array == NULL)
		json_decref(taken);
	json_decref(array);
	return NULL;
}

json_t *
pol_json_words(const struct d4_yaml *list)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; list != NULL && i < list->n && a != NULL; i++)
		a = append(a, json_string(list->item[i]->text));
	return a;
}

json_t *
pol_json_prefixes(const struct d4_prefix_set *set)
{
	char addr[D4_ADDR_TEXT], text[D4_ADDR_TEXT + 8];
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < set->n && a != NULL; i++) {
		d4_addr_text(&set->list[i].addr, addr);
		(void)snprintf(
		    text, sizeof(text), "%s/%u", addr, set->list[i].len);
		a = append(a, json_string(text));
	}
	return a;
}

static json_t *
networks_json(const struct pol *p)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < p->n_networks && o != NULL; i++)
		if (!pol_json_put(o, p->networks[i].name,
			pol_json_prefixes(&p->networks[i].set))) {
			json_decref(o);
			o = NULL;
		}
	return o;
}

static json_t *
hub_json(const struct pol *p)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "id", json_string(p->hub.id));
	ok = ok && pol_json_put(o, "org", json_string(p->hub.org));
	ok = ok && pol_json_put(o, "default_tlp",
		       json_string(pol_tlp_text(p->default_tlp)));
	if (p->hub.master_key != NULL)
		ok = ok && pol_json_put(
			       o, "master_key", json_string(p->hub.master_key));
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

/* The lists of the file; every struct is made by its own function. */
static json_t *
sources_json(const struct pol *p)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < p->n_sources && a != NULL; i++)
		a = append(a, pol_json_source(p, &p->sources[i]));
	return a;
}

static json_t *
partners_json(const struct pol *p)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < p->n_partners && a != NULL; i++)
		a = append(a, pol_json_partner(&p->partners[i]));
	return a;
}

static json_t *
pipelines_json(const struct pol *p)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < p->n_pipelines && a != NULL; i++)
		a = append(a, pol_json_pipeline(&p->pipelines[i]));
	return a;
}

static json_t *
shares_json(const struct pol *p)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < p->n_shares && a != NULL; i++)
		a = append(a, pol_json_share(&p->shares[i]));
	return a;
}

static json_t *
denies_json(const struct pol *p)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < p->n_denies && a != NULL; i++)
		a = append(a, pol_json_deny(&p->denies[i]));
	return a;
}

struct dump {
	struct d4_buf *out;
	enum d4_status st;
};

/*
 * The error sticks: jansson 2.14 does not look at the answer for the keys of
 * an object, and would go on behind a key that was not written.
 */
static int
to_buf(const char *text, size_t n, void *arg)
{
	struct dump *d = arg;

	if (d->st == D4_OK)
		d->st = d4_buf_add(d->out, text, n);
	return d->st == D4_OK ? 0 : -1;
}

enum d4_status
pol_json_dump(const json_t *v, size_t flags, struct d4_buf *out)
{
	struct dump d = {out, D4_OK};
	size_t before = out->n;

	if (json_dump_callback(v, to_buf, &d, flags) != 0 && d.st == D4_OK)
		d.st = D4_ENOMEM;
	if (d.st != D4_OK)
		out->n = before;
	return d.st;
}

enum d4_status
pol_canonical(const struct pol *p, struct d4_buf *out)
{
	static const struct {
		const char *key;
		json_t *(*make)(const struct pol *);
	} rooms[] = {{"hub", hub_json}, {"networks", networks_json},
	    {"sources", sources_json}, {"partners", partners_json},
	    {"pipelines", pipelines_json}, {"share", shares_json},
	    {"deny", denies_json}};
	json_t *root = json_object();
	bool ok = root != NULL;
	enum d4_status st;
	size_t i;

	ok = ok && pol_json_put(root, "version", json_integer(1));
	for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		ok = ok && pol_json_put(root, rooms[i].key, rooms[i].make(p));
	st = ok ? pol_json_dump(root, JSON_SORT_KEYS | JSON_COMPACT, out)
	        : D4_ENOMEM;
	json_decref(root);
	return st;
}

enum d4_status
pol_canonical_hash(const struct pol *p, char hex[65])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	enum d4_status st;
	struct d4_buf b;
	size_t n = 0;

	d4_buf_init(&b, POL_CANONICAL_MAX);
	st = pol_canonical(p, &b);
	if (st == D4_OK &&
	    EVP_Q_digest(NULL, "SHA256", NULL, b.p, b.n, md, &n) != 1)
		st = D4_ECRYPTO;
	d4_buf_fini(&b);
	if (st == D4_OK)
		d4_slice_hex(d4_slice_of(md, n), hex);
	return st;
}
