#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "libd4/kit/fdpass.h"
#include "libd4/kit/log.h"
#include "relay/master.h"
#include "relay/wash.h"

static const char none[] = "-";

/* Tells one key from another, and nothing of either. */
static void
master_mark(
    const uint8_t *key, const struct gate_vault *vault, char out[MASTER_MARK])
{
	uint8_t md[EVP_MAX_MD_SIZE], all[D4_MASTER_LEN + 32];
	int ok;

	(void)snprintf(out, MASTER_MARK, "%s", none);
	if (key == NULL || !gate_vault_digest(vault, all + D4_MASTER_LEN))
		return;
	memcpy(all, key, D4_MASTER_LEN);
	ok = EVP_Digest(all, sizeof(all), md, NULL, EVP_sha256(), NULL);
	OPENSSL_cleanse(all, sizeof(all));
	if (ok != 1)
		return;
	d4_slice_hex(d4_slice_of(md, (MASTER_MARK - 1) / 2), out);
}

void
master_tell(int channel, const uint8_t *key, const struct gate_vault *vault)
{
	char mark[MASTER_MARK], text[MASTER_MARK + 8];

	master_mark(key, vault, mark);
	(void)snprintf(text, sizeof(text), "master %s", mark);
	if (d4_fd_send(channel, d4_slice_str(text), -1) != D4_OK)
		d4_warnx("master not_told");
}

bool
master_word(struct master *m, struct d4_slice word)
{
	if (word.n <= 7 || memcmp(word.p, "master ", 7) != 0)
		return false;
	(void)snprintf(m->mark, sizeof(m->mark), "%.*s", (int)(word.n - 7),
	    (const char *)word.p + 7);
	return true;
}

/* Does that policy, which may be invalid, lead to the key that wash has? */
static bool
master_same(const struct master *m, const char *policy)
{
	struct d4_diag diag = {.file = NULL};
	uint8_t key[D4_MASTER_LEN];
	char mark[MASTER_MARK];
	struct gate_vault *vault = NULL;
	struct gate *g = NULL;
	bool have;
	char *path;

	if (m->mark[0] == '\0' || gate_load(policy, &diag, &g) != D4_OK)
		return true; /* wash keeps what it has, and says so */
	path = wash_key_path(policy, g);
	have = path != NULL && d4_master_read(path, key) == D4_OK;
	/* Secrets that cannot be read are none: wash says so. */
	if (have && gate_vault_read(path, &vault) != D4_OK)
		vault = NULL;
	master_mark(have ? key : NULL, vault, mark);
	gate_vault_free(vault);
	OPENSSL_cleanse(key, sizeof(key));
	free(path);
	gate_free(g);
	return strcmp(mark, m->mark) == 0;
}

void
master_reload(const struct master *m, struct process *wash, const char *policy)
{
	if (master_same(m, policy)) {
		process_tell(wash, "reload", -1);
		return;
	}
	d4_info("master_key=changed process=%s", wash->name);
	wash->again = true;
	process_tell(wash, "stop", -1);
}
