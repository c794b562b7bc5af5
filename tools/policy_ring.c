/* d4-policy ring: the secrets of a partner whose keys can be forgotten. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "gate/vault.h"
#include "libd4/kit/file.h"
#include "tools/policy_tool.h"

#define RING_AHEAD 8u /* epochs beyond the one of today */

/* What all three commands need: the partner's folder, and the pipeline's. */
struct ring {
	const struct policy_args *a;
	struct gate *g;
	char *dir;
};

static int
ring_fails(const char *what, const char *remedy)
{
	(void)fprintf(stderr, "d4-policy: %s%s%s\n", what,
	    remedy[0] != '\0' ? "; " : "", remedy);
	return EX_FAILED;
}

static char *
ring_path(const struct ring *r, uint64_t epoch, const char *end)
{
	char *path = NULL;

	if (asprintf(
		&path, "%s/%llu%s", r->dir, (unsigned long long)epoch, end) < 0)
		return NULL;
	return path;
}

static bool
ring_has(const struct ring *r, uint64_t epoch, const char *end)
{
	char *path = ring_path(r, epoch, end);
	bool there = path != NULL && access(path, F_OK) == 0;

	free(path);
	return there;
}

/* ---- make ---- */

static enum d4_status
ring_new(const struct ring *r, uint64_t epoch)
{
	uint8_t secret[D4_MASTER_LEN];
	char text[2 * D4_MASTER_LEN + 1];
	char *path = ring_path(r, epoch, "");
	enum d4_status st = D4_ECRYPTO;

	if (path == NULL)
		return D4_ENOMEM;
	if (RAND_bytes(secret, sizeof(secret)) == 1) {
		d4_slice_hex(d4_slice_of(secret, sizeof(secret)), text);
		st = d4_file_replace(
		    path, d4_slice_of(text, sizeof(text) - 1), 0600);
	}
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(text, sizeof(text));
	free(path);
	return st;
}

/* From today's epoch on; what is there, or was destroyed, stays so. */
static int
ring_make(const struct ring *r)
{
	const struct san_chain *c =
	    r->a->pipeline != NULL ? gate_chain(r->g, r->a->pipeline) : NULL;
	uint64_t unit_s = c != NULL ? san_chain_epoch_s(c) : 0;
	uint64_t t = policy_now();

	if (unit_s == 0)
		return ring_fails("ring make needs --pipeline, one with a step "
				  "epoch",
		    "its length says which epochs there are");
	if (r->a->at != NULL && pol_time_read(r->a->at, &t) != D4_OK)
		return ring_fails("--at is not a time", "");
	if (d4_dir_make(r->dir, 0700) != D4_OK)
		return ring_fails("the folder cannot be made", strerror(errno));
	for (uint64_t e = t / unit_s; e <= t / unit_s + RING_AHEAD; e++) {
		if (ring_has(r, e, "") || ring_has(r, e, ".gone"))
			continue;
		if (ring_new(r, e) != D4_OK)
			return ring_fails(
			    "a secret cannot be written", strerror(errno));
		(void)printf("%llu\n", (unsigned long long)e);
	}
	return EX_OK;
}

/* ---- list, destroy ---- */

static int
ring_list(const struct ring *r)
{
	struct gate_vault *v = NULL;
	char *path = gate_master_path(r->g);
	const struct san_ring *ring;
	enum d4_status st = D4_ENOMEM;

	if (path != NULL)
		st = gate_vault_read(path, &v);
	free(path);
	if (st != D4_OK)
		return ring_fails(
		    "the secrets cannot be read", d4_status_text(st));
	ring = gate_vault_ring(v, r->a->partner);
	for (size_t i = 0; i < ring->n; i++)
		(void)printf("%llu\n", (unsigned long long)ring->at[i].epoch);
	gate_vault_free(v);
	return EX_OK;
}

/*
 * The file is overwritten where it stands, though some file systems write
 * elsewhere; then it goes, and a mark says that it will not come again.
 */
static enum d4_status
ring_erase(const struct ring *r, uint64_t epoch)
{
	static const uint8_t zeros[2 * D4_MASTER_LEN];
	char *path = ring_path(r, epoch, "");
	char *gone = ring_path(r, epoch, ".gone");
	enum d4_status st = D4_ENOMEM;
	FILE *f;

	if (path != NULL && gone != NULL) {
		st = d4_file_replace(gone, d4_slice_of(zeros, 0), 0600);
		f = st == D4_OK ? fopen(path, "r+b") : NULL;
		if (f == NULL || fwrite(zeros, sizeof(zeros), 1, f) != 1 ||
		    fflush(f) != 0 || fsync(fileno(f)) != 0 ||
		    unlink(path) != 0 || d4_dir_sync(r->dir) != D4_OK)
			st = D4_EIO;
		if (f != NULL)
			(void)fclose(f);
	}
	free(path);
	free(gone);
	return st;
}

static int
ring_destroy(const struct ring *r)
{
	const struct policy_args *a = r->a;
	uint64_t epoch;
	json_t *o;

	if (a->epoch == NULL || !gate_vault_epoch(a->epoch, &epoch) ||
	    a->because == NULL || a->because[0] == '\0')
		return ring_fails(
		    "ring destroy needs --epoch NUMBER and --because", "");
	if (!ring_has(r, epoch, ""))
		return ring_fails("there is no secret for that epoch", "");
	o = json_object();
	(void)json_object_set_new(o, "epoch", json_string(a->epoch));
	if (policy_audit(a, "ring.destroy", o) != D4_OK)
		return ring_fails("the audit log cannot be written",
		    "name another folder by --audit");
	if (ring_erase(r, epoch) != D4_OK)
		return ring_fails(
		    "the secret is not destroyed", strerror(errno));
	return EX_OK;
}

static const struct {
	const char *name;
	int (*run)(const struct ring *r);
} ring_commands[] = {
    {"make", ring_make}, {"list", ring_list}, {"destroy", ring_destroy}};

static int
ring_run(const struct ring *r)
{
	for (size_t i = 0; i < sizeof(ring_commands) / sizeof(ring_commands[0]);
	     i++) {
		if (strcmp(r->a->file, ring_commands[i].name) == 0)
			return ring_commands[i].run(r);
	}
	return ring_fails("ring makes, lists or destroys", "see --help");
}

int
policy_ring(const struct policy_args *a)
{
	const struct pol_partner *p;
	struct ring r = {.a = a};
	char *master;
	int rc;

	if (a->file == NULL || a->partner == NULL) {
		(void)ring_fails("ring needs make, list or destroy, and "
				 "--partner",
		    "see d4-policy --help");
		return EX_USAGE;
	}
	r.g = policy_load(a->policy);
	if (r.g == NULL)
		return EX_FAILED;
	master = gate_master_path(r.g);
	p = pol_partner_find(gate_policy(r.g), a->partner);
	r.dir = master != NULL ? gate_vault_folder(master, a->partner) : NULL;
	if (p == NULL || !p->forgettable)
		rc = ring_fails("no such partner with `forgettable: true`", "");
	else if (r.dir == NULL)
		rc = ring_fails("the policy names no master key", "");
	else
		rc = ring_run(&r);
	free(r.dir);
	free(master);
	gate_free(r.g);
	return rc;
}
