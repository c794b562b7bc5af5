#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hub/compat.h"
#include "hub/compat_child.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define RESPAWN_MS 1000u

static _Noreturn void
child_run(const struct hub_options *opt, pid_t parent)
{
	char url[1024];
	sigset_t none;

	(void)close_range(3, ~0u, 0); /* sockets and pairs of others */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_NAME, "d4-hub[compat]", 0, 0, 0);
	if (hub_options_url(opt, "compat", url, sizeof(url)) != D4_OK)
		d4_fatalx("compat: no url of Redis");
	compat_run(opt, url, parent);
}

void
compat_child_due(struct compat_child *c, const struct hub_options *opt)
{
	pid_t parent = getpid(), pid;

	if (!hub_options_compat(opt) || c->pid != 0 ||
	    d4_mono_ms() < c->start_ms)
		return;
	c->start_ms = d4_mono_ms() + RESPAWN_MS;
	pid = fork();
	if (pid == 0)
		child_run(opt, parent);
	if (pid < 0) {
		d4_warn("compat fork");
		return;
	}
	c->pid = pid;
	d4_info("compat pid=%d started", (int)pid);
}

void
compat_child_ended(struct compat_child *c, pid_t pid, int status)
{
	if (c->pid == 0 || pid != c->pid)
		return;
	c->pid = 0;
	c->start_ms = d4_mono_ms() + RESPAWN_MS;
	d4_warnx("compat ended status=%d signal=%d",
	    WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* It may be ended at any moment: what it knows is in Redis. */
void
compat_child_stop(const struct compat_child *c)
{
	if (c->pid != 0)
		(void)kill(c->pid, SIGTERM);
}
