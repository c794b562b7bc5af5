#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/compat_parts.h"
#include "hub/overflow.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"
#include "libd4/kit/sandbox.h"

#define ITEMS_MAX (16u << 20) /* paths of one entry */

char *
compat_dir(const struct hub_options *opt)
{
	return opt->compat_data != NULL ? strdup(opt->compat_data)
	                                : d4_path(opt->state, "data");
}

static void
compat_open(struct compat *c, const char *url)
{
	char *dir = d4_path(c->opt->state, "account");
	enum d4_status st;
	int fd = -1;

	if (dir == NULL ||
	    d4_account_open(dir, "d4-hub-compat", &c->account) != D4_OK)
		d4_fatal("account %s", c->opt->state);
	free(dir);
	c->data = compat_dir(c->opt);
	c->overflow = d4_path(c->opt->state, OVERFLOW_DIR);
	if (c->data == NULL || c->overflow == NULL)
		d4_fatalx("out of memory");
	c->data_fd = open(c->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->data_fd < 0)
		d4_fatal("compat_data=%s", c->data);
	st = d4_redis_dial(url, &fd);
	if (st != D4_OK) {
		d4_warnx("compat redis not reached why=\"%s\"",
		    st == D4_EIO ? strerror(errno) : d4_status_text(st));
		exit(COMPAT_AGAIN);
	}
	c->redis = redisConnectFd(fd);
	if (c->redis == NULL)
		d4_fatalx("out of memory");
	d4_buf_init(&c->stored, D4_OVERFLOW_BUF);
	d4_buf_init(&c->items, ITEMS_MAX);
}

/* It opens nothing but its own files and the overflow's. */
static void
compat_sandbox(const struct compat *c, pid_t parent)
{
	const char *const write[] = {c->data, NULL};
	const char *const read[] = {c->overflow, NULL};
	const struct d4_sandbox box = {.write = write,
	    .read = read,
	    .best_effort = strcmp(c->opt->sandbox, "best-effort") == 0};
	const char *why = "";

	/* Analyzers are other accounts of our group. */
	(void)umask(0027);
	if (d4_user_drop(c->opt->user) != D4_OK)
		d4_fatal("user=%s", c->opt->user);
	if (d4_die_with(parent) != D4_OK)
		d4_fatalx("the supervisor is gone");
	if (d4_sandbox_enter(&box, &why) != D4_OK)
		d4_fatalx("sandbox: %s; remedy: a newer kernel, or "
			  "sandbox: best-effort",
		    why);
}

void
compat_run(const struct hub_options *opt, const char *url, pid_t parent)
{
	static struct compat c;

	d4_log_open("d4-hub[compat]", hub_options_log(opt), opt->log_json);
	c.opt = opt;
	compat_open(&c, url);
	compat_sandbox(&c, parent);
	compat_scripts_load(&c);
	compat_capture_load(&c);
	compat_queues(&c);
	c.queues_ms = c.behind_ms = d4_mono_ms();
	c.began_s = d4_now_us() / 1000000;
	d4_info("compat ready queues=%zu data=%s", c.n_queues, c.data);
	/* Until the supervisor ends it: all that matters is in Redis. */
	for (;;) {
		compat_read(&c);
		compat_look(&c);
	}
}
