#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "libd4/kit/sandbox.h"
#include "misp-export/profile.h"

#define PROFILE_PATHS 16u

/* What the name service reads; a container may lack some of it. */
static const char *const profile_names[] = {"/etc/resolv.conf", "/etc/hosts",
    "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/services"};

struct profile_list {
	const char *path[PROFILE_PATHS];
	size_t n;
};

static void
profile_add(struct profile_list *l, const char *path)
{
	if (path != NULL && l->n + 1 < PROFILE_PATHS && access(path, R_OK) == 0)
		l->path[l->n++] = path;
}

static char *
profile_folder(const char *file)
{
	char *copy = strdup(file);
	char *slash = copy != NULL ? strrchr(copy, '/') : NULL;

	if (slash != NULL)
		slash[slash == copy ? 1 : 0] = '\0';
	else if (copy != NULL)
		(void)snprintf(copy, strlen(copy) + 1, ".");
	return copy;
}

bool
profile_user(const struct misp_conf *c)
{
	enum d4_status st = d4_user_drop(c->user);

	if (st != D4_OK)
		d4_warnx("user=%s error=\"%s\" remedy=\"make the account, or "
			 "name another\"",
		    c->user, d4_status_text(st));
	return st == D4_OK;
}

bool
profile_enter(const struct misp_conf *c)
{
	struct profile_list read = {.n = 0}, write = {.n = 0};
	const struct d4_sandbox box = {.read = read.path,
	    .write = write.path,
	    .connect = true,
	    .best_effort = strcmp(c->sandbox, "best-effort") == 0};
	const char *why = "";
	char *conf = profile_folder(c->file);
	enum d4_status st;

	profile_add(&read, c->spool);
	profile_add(&read, c->freeze);
	profile_add(&read, c->warninglists);
	/* SIGHUP reads it again, and editors replace it. */
	profile_add(&read, conf);
	for (size_t i = 0; i < sizeof(profile_names) / sizeof(profile_names[0]);
	     i++)
		profile_add(&read, profile_names[i]);
	profile_add(&write, c->cursors);
	profile_add(&write, c->dir);
	profile_add(&write, c->feed);
	st = d4_sandbox_enter(&box, &why);
	free(conf);
	if (st == D4_OK)
		return true;
	d4_warnx("sandbox=%s error=\"%s\" remedy=\"sandbox: best-effort goes "
		 "on without it\"",
	    why, st == D4_EIO ? strerror(errno) : d4_status_text(st));
	return false;
}
