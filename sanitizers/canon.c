#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "sanitizers/canon.h"

static enum d4_status
canon_text(const char *s, struct d4_buf *out)
{
	enum d4_status st = d4_buf_adds(out, "\"");

	for (; st == D4_OK && *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			st = d4_buf_addf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			st = d4_buf_addf(out, "\\u%04x", (unsigned)*s);
		else
			st = d4_buf_add(out, s, 1);
	}
	return st != D4_OK ? st : d4_buf_adds(out, "\"");
}

static enum d4_status
canon_list(const struct d4_yaml *n, struct d4_buf *out)
{
	enum d4_status st = d4_buf_adds(out, "[");

	for (size_t i = 0; st == D4_OK && i < n->n; i++) {
		if (i > 0)
			st = d4_buf_adds(out, ",");
		if (st == D4_OK)
			st = san_canon_node(n->item[i], out);
	}
	return st != D4_OK ? st : d4_buf_adds(out, "]");
}

/* The key that follows `last` in byte order (NULL: the first one). */
static size_t
canon_next_key(const struct d4_yaml *map, const char *last)
{
	size_t best = map->n;

	for (size_t i = 0; i < map->n; i++) {
		const char *k = map->key[i]->text;

		if (last != NULL && strcmp(k, last) <= 0)
			continue;
		if (best == map->n || strcmp(k, map->key[best]->text) < 0)
			best = i;
	}
	return best;
}

static enum d4_status
canon_map(const struct d4_yaml *n, struct d4_buf *out)
{
	enum d4_status st = d4_buf_adds(out, "{");
	const char *last = NULL;

	for (size_t done = 0; st == D4_OK && done < n->n; done++) {
		size_t i = canon_next_key(n, last);

		last = n->key[i]->text;
		if (done > 0)
			st = d4_buf_adds(out, ",");
		if (st == D4_OK)
			st = canon_text(last, out);
		if (st == D4_OK)
			st = d4_buf_adds(out, ":");
		if (st == D4_OK)
			st = san_canon_node(n->item[i], out);
	}
	return st != D4_OK ? st : d4_buf_adds(out, "}");
}

enum d4_status
san_canon_node(const struct d4_yaml *n, struct d4_buf *out)
{
	switch (n->kind) {
	case D4_YAML_SCALAR:
		return canon_text(n->text, out);
	case D4_YAML_LIST:
		return canon_list(n, out);
	case D4_YAML_MAP:
		return canon_map(n, out);
	}
	abort(); /* no other kind exists */
}

enum d4_status
san_canon_network(
    const char *name, const struct d4_prefix_set *set, struct d4_buf *out)
{
	enum d4_status st = d4_buf_addf(out, "\n%s:", name);

	for (size_t i = 0; st == D4_OK && i < set->n; i++) {
		char text[D4_ADDR_TEXT];

		d4_addr_text(&set->list[i].addr, text);
		st = d4_buf_addf(out, " %s/%u", text, set->list[i].len);
	}
	return st;
}

enum d4_status
san_canon_hash(struct d4_slice text, char out[SAN_HASH_TEXT])
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(text.p, text.n, md, &n, EVP_sha256(), NULL) != 1)
		return D4_ECRYPTO;
	d4_slice_hex(d4_slice_of(md, n), out);
	return D4_OK;
}
