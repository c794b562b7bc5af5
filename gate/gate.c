#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "gate/about.h"
#include "gate/gate.h"

/* The subkeys for one partner, made when first asked for. */
struct gate_keyring {
	struct gate_keyring *next;
	char partner[POL_ID_LEN];
	struct san_keys keys;
};

struct gate {
	struct pol *pol;
	char *dir;                 /* the policy file's folder */
	struct san_chain **chains; /* one per pipeline, in the policy's order */
	struct gate_about *about;
	bool have_master;
	uint8_t master[D4_MASTER_LEN];
	struct gate_keyring *rings;
	const struct gate_vault *vault;
	struct gate_vault *own; /* read by gate_keys_load */
};

/* The folder of a path; "." where it has none. Allocated. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A path as written in the policy: relative ones are beside the policy. */
static char *
beside(const struct gate *g, const char *path)
{
	return path[0] == '/' ? strdup(path) : d4_path(g->dir, path);
}

static enum d4_status
read_network_file(void *arg, const char *path, struct d4_buf *out)
{
	char *where = beside(arg, path);
	enum d4_status st;

	if (where == NULL)
		return D4_ENOMEM;
	st = d4_file_read(where, out);
	free(where);
	return st;
}

static enum d4_status
read_policy(const char *path, struct d4_diag *diag, struct d4_buf *text)
{
	const struct d4_mark whole = {0, 0};
	enum d4_status st = d4_file_read(path, text);

	if (st == D4_OK || st == D4_ENOMEM)
		return st;
	if (st == D4_ETOOBIG)
		return d4_diag_set(diag, whole, "make the file smaller",
		    "the file is over %u bytes", D4_YAML_BYTES);
	/* The diag's status is D4_EINVAL; it is the file, not its content. */
	st = d4_diag_set(diag, whole, "check the path and its permissions",
	    "cannot be read: %s", strerror(errno));
	return st == D4_EINVAL ? D4_EIO : st;
}

static enum d4_status
compile_one(struct gate *g, size_t i, struct d4_diag *diag)
{
	const struct pol_pipeline *pipe = pol_pipeline_at(g->pol, i);
	enum d4_status st =
	    about_compile(g->pol, pipe, NULL, diag, &g->chains[i]);

	if (st != D4_OK)
		return st;
	pol_set_epoch(g->pol, pipe->id, san_chain_epoch(g->chains[i]));
	return pol_set_class(
	    g->pol, pipe->id, san_chain_class(g->chains[i]), diag);
}

static enum d4_status
compile_all(struct gate *g, struct d4_diag *diag)
{
	size_t i, n = pol_n_pipelines(g->pol);
	enum d4_status st = D4_OK;

	g->chains = calloc(n + 1, sizeof(struct san_chain *));
	if (g->chains == NULL)
		return D4_ENOMEM;
	for (i = 0; i < n && st == D4_OK; i++)
		st = compile_one(g, i, diag);
	return st;
}

enum d4_status
gate_load(const char *path, struct d4_diag *diag, struct gate **out)
{
	struct gate *g = calloc(1, sizeof(*g));
	struct pol_loader load = {read_network_file, g};
	struct d4_buf text;
	enum d4_status st;

	if (g == NULL)
		return D4_ENOMEM;
	diag->file = path;
	d4_buf_init(&text, D4_YAML_BYTES);
	g->dir = folder_of(path);
	st = g->dir == NULL ? D4_ENOMEM : read_policy(path, diag, &text);
	if (st == D4_OK)
		st = pol_parse(d4_buf_slice(&text), &load, diag, &g->pol);
	if (st == D4_OK)
		st = compile_all(g, diag);
	if (st == D4_OK)
		st = about_all(g->pol, &g->about, diag);
	if (st == D4_OK)
		st = gate_forgettable(g, diag);
	d4_buf_fini(&text);
	if (st != D4_OK) {
		gate_free(g);
		return st;
	}
	*out = g;
	return D4_OK;
}

static void
drop_rings(struct gate *g)
{
	struct gate_keyring *ring;

	while ((ring = g->rings) != NULL) {
		g->rings = ring->next;
		san_keys_wipe(&ring->keys);
		free(ring);
	}
}

void
gate_free(struct gate *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; g->chains != NULL && i < pol_n_pipelines(g->pol); i++)
		san_chain_free(g->chains[i]);
	free(g->chains);
	about_free(g->about);
	drop_rings(g);
	gate_vault_free(g->own);
	OPENSSL_cleanse(g->master, sizeof(g->master));
	pol_free(g->pol);
	free(g->dir);
	free(g);
}

const struct pol *
gate_policy(const struct gate *g)
{
	return g->pol;
}

const struct san_chain *
gate_chain(const struct gate *g, const char *pipeline)
{
	size_t i;

	for (i = 0; i < pol_n_pipelines(g->pol); i++)
		if (strcmp(pol_pipeline_at(g->pol, i)->id, pipeline) == 0)
			return g->chains[i];
	return NULL;
}

const struct san_chain *
gate_chain_to(
    const struct gate *g, const struct pol_share *share, const char *partner)
{
	const struct pol_partner *to = pol_partner_find(g->pol, partner);

	if (!share->concerns && (to == NULL || !to->forgettable))
		return gate_chain(g, share->pipeline->id);
	return to != NULL ? about_find(g->about, share, to) : NULL;
}

static const char *
key_remedy(enum d4_status st)
{
	if (st == D4_EPERM)
		return "chmod 0600, owned by root or the service user";
	if (st == D4_EMALFORMED)
		return "it must be 32 bytes, or 64 hex digits";
	return "check `hub.master_key` and the file";
}

char *
gate_master_path(const struct gate *g)
{
	const char *name = pol_hub(g->pol)->master_key;

	return name != NULL ? beside(g, name) : NULL;
}

static enum d4_status
load_vault(struct gate *g, const char *master)
{
	struct gate_vault *v = NULL;
	enum d4_status st = gate_vault_read(master, &v);

	if (st != D4_OK)
		return st;
	gate_vault_set(g, v);
	gate_vault_free(g->own);
	g->own = v;
	return D4_OK;
}

enum d4_status
gate_keys_load(struct gate *g, struct d4_diag *diag)
{
	const char *name = pol_hub(g->pol)->master_key;
	const struct d4_mark whole = {0, 0};
	uint8_t master[D4_MASTER_LEN];
	enum d4_status st, noted = D4_OK;
	char *path;

	if (name == NULL) {
		noted = d4_diag_set(diag, whole,
		    "add `hub: {master_key: \"file:/path\"}`",
		    "the policy names no master key");
		return noted == D4_EINVAL ? D4_ENOENT : noted;
	}
	path = gate_master_path(g);
	if (path == NULL)
		return D4_ENOMEM;
	st = d4_master_read(path, master);
	if (st == D4_OK)
		st = load_vault(g, path);
	if (st == D4_OK)
		gate_keys_set(g, master);
	else
		noted = d4_diag_set(diag, whole, key_remedy(st),
		    "master key `%.200s`: %s", path, d4_status_text(st));
	if (noted != D4_OK && noted != D4_EINVAL)
		st = noted;
	OPENSSL_cleanse(master, sizeof(master));
	free(path);
	return st;
}

void
gate_keys_set(struct gate *g, const uint8_t master[D4_MASTER_LEN])
{
	drop_rings(g);
	memcpy(g->master, master, D4_MASTER_LEN);
	g->have_master = true;
}

void
gate_vault_set(struct gate *g, const struct gate_vault *v)
{
	drop_rings(g);
	g->vault = v;
}

/* What a partner's keys of an epoch are made from; NULL: the master. */
static const struct san_ring *
ring_of(const struct gate *g, const char *partner)
{
	const struct pol_partner *p = pol_partner_find(g->pol, partner);

	return p != NULL && p->forgettable ? gate_vault_ring(g->vault, partner)
	                                   : NULL;
}

const struct san_keys *
gate_keys(struct gate *g, const char *partner)
{
	struct gate_keyring *ring;

	if (!g->have_master || strlen(partner) >= sizeof(ring->partner))
		return NULL;
	for (ring = g->rings; ring != NULL; ring = ring->next)
		if (strcmp(ring->partner, partner) == 0)
			return &ring->keys;
	ring = calloc(1, sizeof(*ring));
	if (ring == NULL)
		return NULL;
	if (san_keys_derive(g->master, partner, &ring->keys) != D4_OK) {
		free(ring);
		return NULL;
	}
	ring->keys.ring = ring_of(g, partner);
	memcpy(ring->partner, partner, strlen(partner) + 1);
	ring->next = g->rings;
	g->rings = ring;
	return &ring->keys;
}
