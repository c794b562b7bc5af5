#include <stdlib.h>
#include <string.h>
#include "libd4/nearest.h"
#include "policies/room.h"

/* Where a prefix stands: in the policy, or in line `line` of a file. */
struct place {
	struct pol_reader *r;
	const struct d4_yaml *node;
	const char *file;
	unsigned line;
};

static enum d4_status
bad_prefix(const struct place *at, const char *remedy, struct d4_slice text)
{
	int n = text.n < 64 ? (int)text.n : 64;

	if (at->file == NULL)
		return POL_BAD(at->r, at->node, remedy,
		    "`%.*s` is not a prefix", n, (const char *)text.p);
	return POL_BAD(at->r, at->node, remedy,
	    "%.128s line %u: `%.*s` is not a prefix", at->file, at->line, n,
	    (const char *)text.p);
}

/* ::ffff:10.1.0.0/112: no packet or text has its IPv4 addresses like that. */
static bool
is_mapped(const struct d4_prefix *p)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return p->addr.family == 6 && p->len >= 8 * sizeof(mapped) &&
	       memcmp(p->addr.b, mapped, sizeof(mapped)) == 0;
}

static enum d4_status
add_prefix(
    const struct place *at, struct d4_slice text, struct d4_prefix_set *set)
{
	struct d4_prefix prefix;
	enum d4_status st = d4_prefix_parse(text, &prefix);

	if (st == D4_EINVAL)
		return bad_prefix(at, "set the host bits to zero", text);
	if (st != D4_OK)
		return bad_prefix(
		    at, "write 10.1.0.0/16 or 2001:db8::/32", text);
	if (is_mapped(&prefix))
		return bad_prefix(at,
		    "write it as IPv4, 10.1.0.0/16: as IPv6 it would match "
		    "no IPv4 address",
		    text);
	if (set->n == POL_PREFIXES_MAX)
		return POL_BAD(at->r, at->node, "aggregate them",
		    "more than %u prefixes", POL_PREFIXES_MAX);
	return d4_prefix_set_add(set, &prefix);
}

static struct d4_slice
trim(struct d4_slice s)
{
	while (s.n > 0 && strchr(" \t\r", s.p[0]) != NULL)
		(void)d4_slice_skip(&s, 1);
	while (s.n > 0 && strchr(" \t\r", s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

/* One prefix a line; `#` begins a comment. */
static enum d4_status
read_lines(struct place *at, struct d4_slice text, struct d4_prefix_set *set)
{
	struct d4_slice line;
	const uint8_t *end, *hash;
	enum d4_status st = D4_OK;

	for (at->line = 1; text.n > 0 && st == D4_OK; at->line++) {
		end = memchr(text.p, '\n', text.n);
		line = d4_slice_skip(
		    &text, end != NULL ? (size_t)(end - text.p) + 1 : text.n);
		line.n -= end != NULL;
		hash = line.n != 0 ? memchr(line.p, '#', line.n) : NULL;
		if (hash != NULL)
			line.n = (size_t)(hash - line.p);
		line = trim(line);
		if (line.n != 0)
			st = add_prefix(at, line, set);
	}
	return st;
}

static enum d4_status
read_file(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct place at = {.r = r, .node = n};
	struct d4_buf text;
	enum d4_status st = pol_read_text(r, n, &at.file);

	if (st != D4_OK)
		return st;
	if (r->load == NULL)
		return POL_BAD(r, n, "write the prefixes as a list",
		    "no files can be read here");
	d4_buf_init(&text, POL_NETFILE_MAX);
	st = r->load->read(r->load->arg, at.file, &text);
	if (st == D4_OK)
		st = read_lines(&at, d4_buf_slice(&text), out);
	else if (st != D4_ENOMEM)
		st = POL_BAD(r, n, "check the path and its permissions",
		    "cannot read `%.128s`: %s", at.file, d4_status_text(st));
	d4_buf_fini(&text);
	return st;
}

static const struct pol_field file_fields[] = {
    {"file", read_file, 0, true, NULL},
    {NULL, NULL, 0, false, NULL},
};

static enum d4_status
read_network(
    struct pol_reader *r, const struct d4_yaml *n, struct d4_prefix_set *set)
{
	struct place at = {.r = r};
	enum d4_status st;
	size_t i;

	if (n->kind == D4_YAML_MAP)
		return pol_fields_read(r, file_fields, n, set);
	st = pol_read_list(r, n);
	for (i = 0; st == D4_OK && i < n->n; i++) {
		at.node = n->item[i];
		st = add_prefix(&at, d4_slice_str(n->item[i]->text), set);
	}
	return st;
}

enum d4_status
pol_parse_networks(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	enum d4_status st = D4_OK;
	struct pol *p = r->p;
	char id[POL_ID_LEN];
	size_t i;

	(void)out;
	if (n->kind != D4_YAML_MAP)
		return POL_BAD(r, n, "write `name: [prefix, ...]` lines",
		    "no map of networks");
	if (n->n > POL_ENTRIES_MAX)
		return POL_BAD(r, n, "join some of them",
		    "more than %u networks", POL_ENTRIES_MAX);
	p->networks = calloc(n->n + 1, sizeof(*p->networks));
	if (p->networks == NULL)
		return D4_ENOMEM;
	for (i = 0; i < n->n && st == D4_OK; i++) {
		st = pol_read_id(r, n->key[i], id);
		if (st != D4_OK)
			return st;
		p->networks[i].name = n->key[i]->text;
		p->n_networks = i + 1;
		st = read_network(r, n->item[i], &p->networks[i].set);
		if (st == D4_OK && p->networks[i].set.n == 0)
			st = POL_BAD(r, n->item[i], "name its prefixes",
			    "an empty network");
	}
	return st;
}

/* "did you mean" among the networks of the policy. */
static enum d4_status
unknown_network(struct pol_reader *r, const struct d4_yaml *n)
{
	const char **known = calloc(r->p->n_networks + 1, sizeof(char *));
	enum d4_status st;
	size_t i;

	if (known == NULL)
		return D4_ENOMEM;
	for (i = 0; i < r->p->n_networks; i++)
		known[i] = r->p->networks[i].name;
	st = pol_bad_word(r, n, "network", known);
	free(known);
	return st;
}

/* Names of networks have none of these. */
static bool
looks_like_prefix(const char *text)
{
	return strpbrk(text, ":/.") != NULL;
}

static enum d4_status
add_network(
    struct pol_reader *r, const struct d4_yaml *n, struct d4_prefix_set *set)
{
	const struct d4_prefix_set *from = pol_network(r->p, n->text);
	enum d4_status st = D4_OK;
	size_t i;

	if (from == NULL)
		return unknown_network(r, n);
	if (from->n > POL_PREFIXES_MAX - set->n)
		return POL_BAD(r, n, "aggregate them", "more than %u prefixes",
		    POL_PREFIXES_MAX);
	for (i = 0; i < from->n && st == D4_OK; i++)
		st = d4_prefix_set_add(set, &from->list[i]);
	return st;
}

enum d4_status
pol_read_prefixes(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct place at = {.r = r};
	enum d4_status st = pol_read_list(r, n);
	size_t i;

	for (i = 0; i < n->n && st == D4_OK; i++) {
		at.node = n->item[i];
		if (looks_like_prefix(n->item[i]->text))
			st = add_prefix(
			    &at, d4_slice_str(n->item[i]->text), out);
		else
			st = add_network(r, n->item[i], out);
	}
	return st;
}

/* Labels of 1 to 63 letters, digits, - and _; 253 characters at most. */
static bool
is_domain(const char *text)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t n;

	if (strlen(text) > 253)
		return false;
	for (;;) {
		n = strspn(text, ok);
		if (n == 0 || n > 63)
			return false;
		text += n;
		if (*text == '\0')
			return true;
		if (*text++ != '.')
			return false;
	}
}

enum d4_status
pol_read_domains(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	enum d4_status st = pol_read_list(r, n);
	size_t i;

	for (i = 0; i < n->n && st == D4_OK; i++)
		if (!is_domain(n->item[i]->text))
			st = POL_BAD(r, n->item[i],
			    "write example.org; what is under it counts, too",
			    "`%.64s` is not a domain", n->item[i]->text);
	if (st == D4_OK)
		*(const struct d4_yaml **)out = n;
	return st;
}
