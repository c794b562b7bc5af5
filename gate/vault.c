#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "gate/vault.h"
#include "libd4/kit/file.h"

struct vault_partner {
	struct vault_partner *next;
	char *id;
	struct san_ring ring;
};

struct gate_vault {
	struct vault_partner *first;
};

char *
gate_vault_folder(const char *master, const char *partner)
{
	char *path = NULL;

	return asprintf(&path, "%s.ring/%s", master, partner) < 0 ? NULL : path;
}

bool
gate_vault_epoch(const char *name, uint64_t *out)
{
	size_t n = strlen(name);

	/* One way to write a number, and all of them fit. */
	if (n == 0 || n > 18 || strspn(name, "0123456789") != n ||
	    (n > 1 && name[0] == '0'))
		return false;
	*out = strtoull(name, NULL, 10);
	return true;
}

void
gate_vault_free(struct gate_vault *v)
{
	struct vault_partner *p;

	if (v == NULL)
		return;
	while ((p = v->first) != NULL) {
		v->first = p->next;
		if (p->ring.at != NULL)
			OPENSSL_cleanse(
			    p->ring.at, p->ring.n * sizeof(*p->ring.at));
		free(p->ring.at);
		free(p->id);
		free(p);
	}
	free(v);
}

static enum d4_status
vault_secret(struct vault_partner *p, const char *dir, const char *name)
{
	struct san_secret s = {.epoch = 0};
	enum d4_status st;
	char *path;

	if (!gate_vault_epoch(name, &s.epoch))
		return D4_OK;
	if (p->ring.n == GATE_VAULT_MAX)
		return D4_ETOOBIG;
	path = d4_path(dir, name);
	if (path == NULL)
		return D4_ENOMEM;
	st = d4_master_read(path, s.secret);
	free(path);
	if (st == D4_OK)
		p->ring.at[p->ring.n++] = s;
	OPENSSL_cleanse(&s, sizeof(s));
	return st;
}

static enum d4_status
vault_secrets(struct vault_partner *p, const char *dir)
{
	enum d4_status st = D4_OK;
	DIR *d = opendir(dir);
	struct dirent *e;

	if (d == NULL)
		return errno == ENOTDIR ? D4_OK : D4_EIO;
	p->ring.at = calloc(GATE_VAULT_MAX, sizeof(*p->ring.at));
	if (p->ring.at == NULL)
		st = D4_ENOMEM;
	while (st == D4_OK && (e = readdir(d)) != NULL)
		st = vault_secret(p, dir, e->d_name);
	(void)closedir(d);
	return st;
}

static int
vault_order(const void *a, const void *b)
{
	const struct san_secret *x = a, *y = b;

	return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

static enum d4_status
vault_partner(struct gate_vault *v, const char *root, const char *id)
{
	struct vault_partner *p;
	enum d4_status st;
	char *dir;

	if (id[0] == '.')
		return D4_OK;
	p = calloc(1, sizeof(*p));
	dir = d4_path(root, id);
	if (p == NULL || dir == NULL || (p->id = strdup(id)) == NULL) {
		free(p);
		free(dir);
		return D4_ENOMEM;
	}
	p->next = v->first;
	v->first = p;
	st = vault_secrets(p, dir);
	free(dir);
	if (p->ring.n != 0)
		qsort(p->ring.at, p->ring.n, sizeof(*p->ring.at), vault_order);
	return st;
}

enum d4_status
gate_vault_read(const char *master, struct gate_vault **out)
{
	char *root = gate_vault_folder(master, "");
	struct gate_vault *v = calloc(1, sizeof(*v));
	enum d4_status st = D4_OK;
	struct dirent *e;
	DIR *d = NULL;

	if (root == NULL || v == NULL)
		st = D4_ENOMEM;
	else if ((d = opendir(root)) == NULL && errno != ENOENT)
		st = D4_EIO;
	while (st == D4_OK && d != NULL && (e = readdir(d)) != NULL)
		st = vault_partner(v, root, e->d_name);
	if (d != NULL)
		(void)closedir(d);
	free(root);
	if (st != D4_OK) {
		gate_vault_free(v);
		return st;
	}
	*out = v;
	return D4_OK;
}

const struct san_ring *
gate_vault_ring(const struct gate_vault *v, const char *partner)
{
	static const struct san_ring empty;
	const struct vault_partner *p = v != NULL ? v->first : NULL;

	while (p != NULL && strcmp(p->id, partner) != 0)
		p = p->next;
	return p != NULL ? &p->ring : &empty;
}

/* Partners come in the order of the folder: what they add up to has none. */
bool
gate_vault_digest(const struct gate_vault *v, uint8_t md[32])
{
	const struct vault_partner *p = v != NULL ? v->first : NULL;
	uint8_t one[EVP_MAX_MD_SIZE];

	memset(md, 0, 32);
	for (; p != NULL; p = p->next) {
		EVP_MD_CTX *c = EVP_MD_CTX_new();
		bool ok = c != NULL &&
		          EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 &&
		          EVP_DigestUpdate(c, p->id, strlen(p->id) + 1) == 1;

		for (size_t i = 0; ok && i < p->ring.n; i++)
			ok = EVP_DigestUpdate(
				 c, &p->ring.at[i], sizeof(p->ring.at[i])) == 1;
		ok = ok && EVP_DigestFinal_ex(c, one, NULL) == 1;
		EVP_MD_CTX_free(c);
		if (!ok)
			return false;
		for (size_t i = 0; i < 32; i++)
			md[i] ^= one[i];
	}
	return true;
}
