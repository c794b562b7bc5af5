#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/account.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/freezes.h"

/* Is there a record of freezes? */
static bool
freezes_known(const struct relay_conf *c)
{
	char *path = d4_path(c->dir, "freeze.jsonl");
	struct stat sb;
	bool known = path == NULL || lstat(path, &sb) == 0 || errno != ENOENT;

	free(path);
	return known;
}

static enum d4_status
freezes_lost(const struct relay_conf *c)
{
	const struct d4_freeze_note note = {.uid = getuid(),
	    .because = "the folder of freezes was lost; see freeze.jsonl for "
		       "who was frozen"};
	enum d4_status st;

	d4_warnx("alarm freeze=\"%s\" (all are frozen)", note.because);
	st = d4_freeze_set(c->freeze, D4_FREEZE_ALL, &note);
	return st == D4_OK ? freezes_note(c, "freeze", D4_FREEZE_ALL, &note)
	                   : st;
}

enum d4_status
freezes_make(const struct relay_conf *c)
{
	bool lost = false;
	enum d4_status st;
	struct stat sb;

	if (lstat(c->freeze, &sb) != 0 && errno == ENOENT)
		lost = freezes_known(c);
	st = d4_dir_make(c->freeze, 0755);
	/* Post must see into it, whatever the umask was. */
	if (st == D4_OK && chmod(c->freeze, 0755) != 0 && errno != EPERM)
		st = D4_EIO;
	return st == D4_OK && lost ? freezes_lost(c) : st;
}

enum d4_status
freezes_note(const struct relay_conf *c, const char *event, const char *partner,
    const struct d4_freeze_note *note)
{
	bool all = strcmp(partner, D4_FREEZE_ALL) == 0;
	struct d4_account *a;
	enum d4_status st;

	st = d4_account_open(c->dir, "freeze", &a);
	if (st != D4_OK)
		return st;
	st = d4_account_write(a, true, event,
	    json_pack("{s:s, s:o, s:s}", "partner", all ? "*" : partner, "by",
		d4_freeze_who(note->uid), "because",
		note->because != NULL ? note->because : ""));
	d4_account_close(a);
	return st;
}
