#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/freeze.h"
#include "libd4/kit/freeze_note.h"
#include "libd4/kit/json.h"

#define FREEZE_PATH 1024u

static const char *const freeze_texts[] = {
    [D4_THAWED] = "",
    [D4_FROZEN] = "frozen",
    [D4_FROZEN_ALL] = "all frozen",
    [D4_FROZEN_SHUT] = "frozen: cannot be read",
};

const char *
d4_freeze_text(enum d4_freeze f)
{
	return freeze_texts[f];
}

bool
freeze_id(const char *id)
{
	size_t n = strlen(id);

	if (strcmp(id, D4_FREEZE_ALL) == 0)
		return true;
	return n > 0 && n <= D4_FREEZE_ID &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* ---- the question ---- */

enum freeze_there { THERE_NOT, THERE, THERE_UNKNOWN };

static enum freeze_there
freeze_there(const char *folder, const char *name)
{
	char path[FREEZE_PATH];
	struct stat sb;
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return THERE_UNKNOWN;
	if (lstat(path, &sb) == 0)
		return THERE;
	return errno == ENOENT ? THERE_NOT : THERE_UNKNOWN;
}

enum d4_freeze
d4_frozen(const char *folder, const char *partner)
{
	enum freeze_there all, one;

	if (folder == NULL)
		return D4_THAWED;
	if (!freeze_id(partner))
		return D4_FROZEN_SHUT;
	all = freeze_there(folder, D4_FREEZE_ALL);
	one = freeze_there(folder, partner);
	if (all == THERE)
		return D4_FROZEN_ALL;
	if (one == THERE)
		return D4_FROZEN;
	/* Last: a folder that went in between is noticed here. */
	if (all == THERE_UNKNOWN || one == THERE_UNKNOWN ||
	    freeze_there(folder, ".") != THERE)
		return D4_FROZEN_SHUT;
	return D4_THAWED;
}

enum d4_status
d4_freeze_has(const char *folder, const char *partner)
{
	if (!freeze_id(partner))
		return D4_EINVAL;
	switch (freeze_there(folder, partner)) {
	case THERE:
		return D4_OK;
	case THERE_NOT:
		return D4_ENOENT;
	case THERE_UNKNOWN:
		break;
	}
	return D4_EIO;
}

/* ---- notes ---- */

/* The user of the login, who may have become another one since. */
static bool
freeze_login(uid_t *out)
{
	struct d4_buf text;
	unsigned long uid = 0;
	char *end = NULL;

	d4_buf_init(&text, 32);
	if (d4_file_read("/proc/self/loginuid", &text) == D4_OK &&
	    d4_buf_add(&text, "", 1) == D4_OK)
		uid = strtoul((const char *)text.p, &end, 10);
	d4_buf_fini(&text);
	*out = (uid_t)uid;
	return end != NULL && uid < UINT32_MAX;
}

json_t *
d4_freeze_who(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);
	json_t *o = json_pack("{s:I}", "uid", (json_int_t)uid);
	uid_t login;

	if (pw != NULL)
		(void)json_object_set_new(o, "name", json_string(pw->pw_name));
	if (uid == getuid() && freeze_login(&login) && login != uid)
		(void)json_object_set_new(
		    o, "login", json_integer((json_int_t)login));
	return o;
}

bool
freeze_plain(const char *s)
{
	if (strlen(s) > D4_FREEZE_BECAUSE)
		return false;
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	}
	return true;
}

static enum d4_status
freeze_note(const struct d4_freeze_note *note, struct d4_buf *out)
{
	const char *because = note->because != NULL ? note->because : "";
	char since[D4_TIME_TEXT];
	json_t *o;

	if (!freeze_plain(because))
		return D4_EINVAL;
	d4_time_text(d4_now_us(), since);
	o = json_pack("{s:i, s:s, s:o, s:s}", "v", 1, "since", since, "by",
	    d4_freeze_who(note->uid), "because", because);
	if (o == NULL)
		return D4_EINVAL; /* the reason is no UTF-8 */
	return d4_json_line(o, JSON_COMPACT, out);
}

/* ---- setting and lifting ---- */

/* Without a byte in it: what a full disk still takes. */
static enum d4_status
freeze_bare(const char *folder, const char *path)
{
	enum d4_status st;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? D4_ENOSPC : D4_EIO;
	st = fsync(fd) == 0 ? D4_OK : D4_EIO;
	(void)close(fd);
	return st == D4_OK ? d4_dir_sync(folder) : st;
}

enum d4_status
d4_freeze_set(
    const char *folder, const char *partner, const struct d4_freeze_note *note)
{
	enum d4_status st;
	struct d4_buf text;
	char *path;

	if (!freeze_id(partner))
		return D4_EINVAL;
	d4_buf_init(&text, FREEZE_NOTE);
	st = freeze_note(note, &text);
	path = d4_path(folder, partner);
	if (st == D4_OK && path == NULL)
		st = D4_ENOMEM;
	if (st == D4_OK) {
		st = d4_file_replace(path, d4_buf_slice(&text), 0644);
		if (st != D4_OK)
			st = freeze_bare(folder, path);
	}
	free(path);
	d4_buf_fini(&text);
	return st;
}

enum d4_status
d4_freeze_lift(const char *folder, const char *partner)
{
	return freeze_id(partner) ? d4_file_remove(folder, partner) : D4_EINVAL;
}
