#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "libd4/kit/ctl.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"
#include "libd4/kit/signals.h"
#include "relay/dial.h"
#include "relay/freezes.h"
#include "relay/ending.h"
#include "relay/master.h"
#include "relay/supervisor.h"

#define STOP_EXTRA_S 10 /* beyond the drain: then they are killed */

struct supervisor {
	struct relay_conf *conf, *next; /* next: for post, when it is gone */
	const char *path;
	struct event_base *base;
	struct d4_signals *signals;
	struct d4_ctl *ctl;
	struct event *deadline;
	struct process wash, post;
	struct master master;
	int nudge;
	bool stopping, failing;
	struct ending ending;
};

/* ---- folders ---- */

/* Made and given to its account; only root can, and only root must. */
static enum d4_status
folder_make(const char *path, unsigned mode, const char *user)
{
	const struct passwd *pw;
	enum d4_status st = d4_dir_make(path, mode);

	if (st != D4_OK || geteuid() != 0)
		return st;
	pw = getpwnam(user);
	if (pw == NULL)
		return D4_ENOENT;
	if (chown(path, pw->pw_uid, pw->pw_gid) != 0 || chmod(path, mode) != 0)
		return D4_EIO;
	return D4_OK;
}

/* Of data sets, where they are missing. Post says what is wrong with one. */
static void
folders_sets(const struct relay_conf *c)
{
	for (size_t i = 0; i < c->n_partners; i++) {
		const struct relay_partner *p = &c->partner[i];

		if (p->sink == SINK_DIRECTORY &&
		    access(p->out.path, F_OK) != 0 &&
		    folder_make(p->out.path, 0755, c->post_user) != D4_OK)
			d4_warn("dir=%s", p->out.path);
	}
}

/* The account of d4-misp-export may be missing. */
static const char *
folder_user(const struct relay_conf *c)
{
	return getpwnam(c->misp_user) != NULL ? c->misp_user : c->post_user;
}

static enum d4_status
folders_make(const struct relay_conf *c)
{
	enum d4_status st;

	(void)umask(0027);
	st = d4_dir_make(c->dir, 0755);
	if (st == D4_OK && geteuid() == 0 && chmod(c->dir, 0755) != 0)
		st = D4_EIO; /* both accounts must pass through */
	if (st == D4_OK)
		st = folder_make(c->spool, 0750, c->wash_user);
	if (st == D4_OK)
		st = folder_make(c->state, 0700, c->wash_user);
	if (st == D4_OK)
		st = folder_make(c->cursors, 0750, c->post_user);
	if (st == D4_OK)
		st = freezes_make(c);
	if (st == D4_OK)
		st = folder_make(c->findings, 0750, folder_user(c));
	if (st == D4_ENOENT)
		d4_warnx("dir=%s error=\"no account %s or %s\" "
			 "remedy=\"make them (sysusers), or name others\"",
		    c->dir, c->wash_user, c->post_user);
	else if (st != D4_OK)
		d4_warn("dir=%s", c->dir);
	folders_sets(c);
	return st;
}

/* ---- what the children say ---- */

/* Connected and logged in here: wash can open no socket, and has no secret. */
static void
give_redis(struct supervisor *s, struct d4_slice word)
{
	const char *url = relay_conf_redis(s->conf, word);
	char name[128];
	enum d4_status st;
	int fd = -1;

	(void)snprintf(name, sizeof(name), "%.*s", (int)word.n, word.p);
	st = url != NULL ? d4_redis_dial(url, &fd) : D4_ENOENT;
	if (st != D4_OK && !s->failing)
		d4_warnx("alarm %s=unreachable error=\"%s%s%s\"", name,
		    d4_status_text(st), st == D4_EIO ? ": " : "",
		    st == D4_EIO ? strerror(errno) : "");
	s->failing = st != D4_OK;
	process_tell(&s->wash, name, st == D4_OK ? fd : -1);
	if (st == D4_OK)
		(void)close(fd);
}

static void
on_wash(void *arg, struct d4_slice msg, int fd)
{
	struct supervisor *s = arg;

	if (fd >= 0)
		(void)close(fd);
	if (d4_slice_eqs(msg, "redis") ||
	    (msg.n > 6 && msg.n < 100 && memcmp(msg.p, "redis ", 6) == 0)) {
		give_redis(s, msg);
	} else if (d4_slice_eqs(msg, "ready")) {
		s->wash.ready = true;
		/* The release files are of the policy that holds now. */
		if (s->post.pid == 0 && !s->post.wanted && !s->stopping)
			process_start(&s->post);
	} else if (!master_word(&s->master, msg)) {
		ending_word(&s->ending, msg);
	}
}

static void
on_post(void *arg, struct d4_slice msg, int fd)
{
	struct supervisor *s = arg;

	if (fd >= 0)
		(void)close(fd);
	if (d4_slice_eqs(msg, "ready"))
		s->post.ready = true;
	else if (msg.n > 5 && memcmp(msg.p, "dial ", 5) == 0)
		dial_answer(&s->post, d4_slice_of(msg.p + 5, msg.n - 5));
}

/* ---- signals ---- */

static void
maybe_over(struct supervisor *s)
{
	if (s->stopping && s->wash.pid == 0 && s->post.pid == 0)
		(void)event_base_loopbreak(s->base);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct supervisor *s = arg;

	(void)fd;
	(void)what;
	d4_warnx("stop=forced");
	if (s->wash.pid > 0)
		(void)kill(s->wash.pid, SIGKILL);
	if (s->post.pid > 0)
		(void)kill(s->post.pid, SIGKILL);
}

static void
on_stop(void *arg)
{
	struct supervisor *s = arg;
	struct timeval wait = {STOP_EXTRA_S, 0};

	if (s->stopping)
		return;
	s->stopping = true;
	s->wash.wanted = s->post.wanted = false;
	d4_info("stopping");
	process_tell(&s->wash, "stop", -1);
	process_tell(&s->post, "stop", -1);
	wait.tv_sec += (time_t)(s->conf->drain_us / 1000000);
	s->deadline = evtimer_new(s->base, on_deadline, s);
	if (s->deadline != NULL)
		(void)evtimer_add(s->deadline, &wait);
	maybe_over(s);
}

static void
post_gone(struct supervisor *s)
{
	if (s->next == NULL)
		return;
	s->post.conf = s->next;
	relay_conf_free(s->conf);
	s->wash.conf = s->conf = s->next;
	s->next = NULL;
}

static void
on_child(void *arg)
{
	struct supervisor *s = arg;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->wash.pid) {
			process_ended(&s->wash, status);
		} else if (pid == s->post.pid) {
			post_gone(s);
			process_ended(&s->post, status);
		}
	}
	maybe_over(s);
}

/* relay.yaml anew for post, the policy anew for wash. */
static void
on_reload(void *arg)
{
	struct supervisor *s = arg;
	struct d4_diag diag = {.file = NULL};
	struct relay_conf *next = NULL;
	char text[1280];

	master_reload(&s->master, &s->wash, s->conf->policy);
	if (relay_conf_load(s->path, &diag, &next) != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		d4_warnx("alarm configuration=invalid %s (the running one is "
			 "kept)",
		    text);
		return;
	}
	if (strcmp(next->dir, s->conf->dir) != 0 ||
	    strcmp(next->ctl, s->conf->ctl) != 0)
		d4_warnx("configuration changed dir or ctl: after a restart");
	relay_conf_free(s->next);
	s->next = next;
	if (s->post.pid == 0) {
		post_gone(s);
		return;
	}
	/* Keys can be read only before the sandbox: post begins again. */
	s->post.again = true;
	process_tell(&s->post, "stop", -1);
}

/* ---- the control socket ---- */

static json_t *
cmd_status(void *arg, const json_t *request, const char **error)
{
	struct supervisor *s = arg;
	const json_t *wash = process_ask(&s->wash);
	const json_t *post = process_ask(&s->post);
	json_t *o = json_object();

	(void)request;
	(void)error;
	(void)json_object_set_new(
	    o, "wash", wash != NULL ? json_deep_copy(wash) : json_null());
	(void)json_object_set_new(
	    o, "post", post != NULL ? json_deep_copy(post) : json_null());
	(void)json_object_set_new(
	    o, "wash_pid", json_integer((json_int_t)s->wash.pid));
	(void)json_object_set_new(
	    o, "post_pid", json_integer((json_int_t)s->post.pid));
	(void)json_object_set_new(o, "frozen", d4_freeze_list(s->conf->freeze));
	return o;
}

/*
 * The freezes were changed on disk: post looks now, and says when it holds.
 * One that does not answer could be anywhere in its work, so it is killed;
 * the next one reads the freezes before it sends.
 */
static json_t *
cmd_freeze_look(void *arg, const json_t *request, const char **error)
{
	struct supervisor *s = arg;
	const char *post = "not running";

	(void)request;
	(void)error;
	if (s->post.pid != 0) {
		post = "holds";
		if (!process_obeys(&s->post, "freeze", "frozen")) {
			d4_warnx("alarm post=killed why=\"no answer to a "
				 "freeze\"");
			(void)kill(s->post.pid, SIGKILL);
			post = "killed";
		}
	}
	return json_pack("{s:s}", "post", post);
}

static const struct d4_ctl_command commands[] = {
    {"status", "what wash and post say of themselves", cmd_status},
    {"freeze", "post looks now at who is frozen", cmd_freeze_look},
    {.name = NULL},
};

/* ---- life ---- */

static enum d4_status
supervisor_open(struct supervisor *s)
{
	static const struct d4_signals_events signals = {
	    .stop = on_stop, .reload = on_reload, .child = on_child};
	enum d4_status st;

	s->base = event_base_new();
	s->nudge = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->base == NULL || s->nudge < 0)
		return D4_ENOMEM;
	st = d4_signals_new(s->base, &signals, s, &s->signals);
	if (st == D4_OK)
		st = d4_ctl_new(s->base, s->conf->ctl, commands, s, &s->ctl);
	if (st == D4_EEXIST)
		d4_warnx("ctl=%s error=\"another relay answers there\"",
		    s->conf->ctl);
	else if (st != D4_OK)
		d4_warn("ctl=%s", s->conf->ctl);
	return st;
}

static void
supervisor_close(struct supervisor *s)
{
	ending_fini(&s->ending);
	process_fini(&s->wash);
	process_fini(&s->post);
	d4_ctl_free(s->ctl);
	d4_signals_free(s->signals);
	if (s->deadline != NULL)
		event_free(s->deadline);
	if (s->base != NULL)
		event_base_free(s->base);
	if (s->nudge >= 0)
		(void)close(s->nudge);
	relay_conf_free(s->next);
	relay_conf_free(s->conf);
}

static struct process
supervisor_process(struct supervisor *s, const char *name)
{
	return (struct process){.name = name,
	    .arg = s,
	    .base = s->base,
	    .conf = s->conf,
	    .nudge = s->nudge,
	    .channel = -1};
}

int
supervisor_run(struct relay_conf *conf, const char *path)
{
	struct supervisor s = {.conf = conf, .path = path, .nudge = -1};
	int code = 1;

	s.wash.channel = s.post.channel = -1;
	if (folders_make(conf) == D4_OK && supervisor_open(&s) == D4_OK) {
		s.wash = supervisor_process(&s, "wash");
		s.wash.run = child_wash;
		s.wash.message = on_wash;
		s.post = supervisor_process(&s, "post");
		s.post.run = child_post;
		s.post.message = on_post;
		s.ending = (struct ending){.wash = &s.wash,
		    .post = &s.post,
		    .stop = on_stop,
		    .arg = &s};
		process_start(&s.wash);
		(void)event_base_dispatch(s.base);
		code = s.ending.code;
	}
	supervisor_close(&s);
	return code;
}
