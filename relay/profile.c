#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "relay/profile.h"

static bool
profile_best_effort(const struct relay_conf *c)
{
	return strcmp(c->sandbox, "best-effort") == 0;
}

static void
profile_add(const char *list[PROFILE_PATHS], const char *path)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	if (n + 1 < PROFILE_PATHS)
		list[n] = path;
}

static void
profile_source(const struct source_conf *s, struct profile *out)
{
	if (s->dir != NULL)
		profile_add(
		    s->after == SOURCE_KEEP ? out->read : out->write, s->dir);
	if (s->move_to != NULL)
		profile_add(out->write, s->move_to);
}

enum d4_status
profile_wash(const struct relay_conf *c, struct profile *out)
{
	const char *slash = strrchr(c->policy, '/');
	size_t n = slash == NULL || slash == c->policy
	               ? 1
	               : (size_t)(slash - c->policy);

	*out = (struct profile){.policy_dir = NULL};
	out->policy_dir = slash == NULL ? strdup(".") : strndup(c->policy, n);
	if (out->policy_dir == NULL)
		return D4_ENOMEM;
	/* The folder: files of networks are beside the policy. Keys are not
	 * readable by wash's account, wherever they are. */
	out->read[0] = out->policy_dir;
	out->read[1] = c->cursors;
	out->maybe = c->overflow;
	out->write[0] = c->spool;
	out->write[1] = c->state;
	if (c->findings != NULL && access(c->findings, F_OK) == 0)
		profile_add(out->read, c->findings);
	for (size_t i = 0; i < c->n_sources; i++)
		profile_source(&c->source[i], out);
	out->box = (struct d4_sandbox){.read = out->read,
	    .write = out->write,
	    .best_effort = profile_best_effort(c)};
	return D4_OK;
}

enum d4_status
profile_post(const struct relay_conf *c, struct profile *out)
{
	*out = (struct profile){.policy_dir = NULL};
	out->read[0] = c->spool;
	out->read[1] = c->freeze;
	out->write[0] = c->cursors;
	/* One that is not there would keep post from starting at all. */
	for (size_t i = 0; i < c->n_partners; i++) {
		const struct relay_partner *p = &c->partner[i];

		if (p->sink == SINK_DIRECTORY && access(p->out.path, W_OK) == 0)
			profile_add(out->write, p->out.path);
	}
	out->box = (struct d4_sandbox){.read = out->read,
	    .write = out->write,
	    .connect = true,
	    .best_effort = profile_best_effort(c)};
	return D4_OK;
}

void
profile_fini(struct profile *p)
{
	free(p->policy_dir);
	p->policy_dir = NULL;
}

bool
profile_enter(const char *user, pid_t supervisor, struct profile *p)
{
	const char *why = "";
	enum d4_status st = d4_user_drop(user);

	if (st != D4_OK) {
		d4_warnx("user=%s error=\"%s\" remedy=\"make the account, or "
			 "name another in relay.yaml\"",
		    user, d4_status_text(st));
		return false;
	}
	/*
	 * Two of a kind must not work at a time: one that stood still when its
	 * supervisor was killed would take entries that nobody finishes.
	 */
	st = d4_die_with(supervisor);
	if (st != D4_OK) {
		d4_warnx("supervisor=%d error=\"%s\"", (int)supervisor,
		    d4_status_text(st));
		return false;
	}
	/* Where there is no hub, or none yet: see wash_overflow.c. */
	if (p->maybe != NULL && access(p->maybe, R_OK | X_OK) == 0)
		profile_add(p->read, p->maybe);
	st = d4_sandbox_enter(&p->box, &why);
	if (st == D4_OK)
		return true;
	d4_warnx("sandbox=%s error=\"%s\" remedy=\"sandbox: best-effort goes "
		 "on without it\"",
	    why, st == D4_EIO ? strerror(errno) : d4_status_text(st));
	return false;
}
