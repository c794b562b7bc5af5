#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "hub/overflow.h"
#include "hub/worker_box.h"
#include "libd4/kit/account.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/sandbox.h"

#define FILES_EXTRA 256u /* descriptors beside the sessions' */

void
worker_files(const struct hub_options *opt)
{
	rlim_t want = opt->sessions_max + FILES_EXTRA;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	if (r.rlim_max < want) {
		struct rlimit more = {want, want};

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			r = more;
	}
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	d4_info("files limit=%llu sessions_max=%llu",
	    (unsigned long long)r.rlim_max,
	    (unsigned long long)opt->sessions_max);
	if (r.rlim_max < want)
		d4_warnx("files limit=%llu is less than sessions_max=%llu"
			 " remedy=\"LimitNOFILE= or ulimit -n\"",
		    (unsigned long long)r.rlim_max,
		    (unsigned long long)opt->sessions_max);
}

void
worker_sandbox(const struct worker_setup *set)
{
	const struct hub_options *opt = set->opt;
	char *overflow = d4_path(opt->state, OVERFLOW_DIR);
	const char *const write[] = {overflow, NULL};
	const struct d4_sandbox box = {.serve = true,
	    .write = write,
	    .best_effort = strcmp(opt->sandbox, "best-effort") == 0};
	const char *why = "";

	/* The reader of the overflow is another account of our group. */
	(void)umask(0027);
	if (d4_user_drop(opt->user) != D4_OK)
		d4_fatal("user=%s", opt->user);
	/* A dead supervisor's worker must not keep the port. */
	if (d4_die_with(set->supervisor) != D4_OK)
		d4_fatalx("the supervisor is gone");
	if (d4_sandbox_enter(&box, &why) != D4_OK)
		d4_fatalx("sandbox: %s; remedy: a newer kernel, or "
			  "sandbox: best-effort",
		    why);
	free(overflow);
}

void
worker_name(const struct worker_setup *set)
{
	static char name[32] = "d4-hub[worker]";

	if (set->n_workers > 1)
		(void)snprintf(
		    name, sizeof(name), "d4-hub[worker %u]", set->place);
	d4_log_open(name, hub_options_log(set->opt), set->opt->log_json);
}

struct d4_account *
worker_account(const struct worker_setup *set)
{
	char *dir = d4_path(set->opt->state, "account"), name[24] = "d4-hub";
	struct d4_account *account = NULL;

	if (set->place != 0)
		(void)snprintf(name, sizeof(name), "d4-hub.%u", set->place);
	if (dir == NULL || d4_dir_make(dir, 0750) != D4_OK ||
	    d4_account_open(dir, name, &account) != D4_OK)
		d4_fatal("account %s", set->opt->state);
	free(dir);
	return account;
}

/* Not taken: the supervisor does not read now; the next one says as much. */
static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
	const uint8_t msg[] = {WORKER_ALIVE};
	const struct worker_setup *set = arg;

	(void)fd;
	(void)what;
	if (d4_fd_send(set->pair, d4_slice_of(msg, 1), -1) != D4_OK)
		d4_debug("beat not taken");
}

struct event *
worker_beat(struct event_base *base, const struct worker_setup *set)
{
	const struct timeval beat = {0, WORKER_BEAT_MS * 1000};
	struct event *ev = event_new(base, -1, EV_PERSIST, on_beat,
	    (struct worker_setup *)(uintptr_t)set);

	if (ev != NULL && event_add(ev, &beat) < 0) {
		event_free(ev);
		return NULL;
	}
	return ev;
}
