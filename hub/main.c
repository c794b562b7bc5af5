#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "hub/commands.h"
#include "hub/compat.h"
#include "hub/overflow.h"
#include "hub/reload.h"
#include "hub/supervisor.h"
#include "libd4/kit/ctl_socket.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/overflow.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
    {"init", cmd_init, "make a certificate, keys and a configuration"},
    {"enroll", cmd_enroll, "register a sensor and print its line"},
    {"import", cmd_import, "copy the sensors of a d4-core"},
    {"archive", cmd_archive, "write the queues to files"},
    {"watch", cmd_watch, "report what is wrong: log, syslog, a command"},
    {"sensors", cmd_sensors, "list the registered sensors"},
    {"ctl", cmd_ctl, "query and change the running hub"},
    {"status", cmd_status, "show the state of the running hub"},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
help(FILE *to)
{
	(void)fputs("usage: d4-hub [-n] [-c CONF]\n"
		    "       d4-hub COMMAND ... (try COMMAND --help)\n"
		    "       d4-hub --help | --version\n"
		    "  receives D4 streams over TLS into Redis queues\n"
		    "  -c CONF   configuration (default " HUB_CONF ")\n"
		    "  -n        check it and exit\n"
		    "  --takes-over N  with -n: is hand-over version N "
		    "understood?\n\ncommands:\n",
	    to);
	for (size_t i = 0; i < N_COMMANDS; i++)
		(void)fprintf(
		    to, "  %-9s %s\n", commands[i].name, commands[i].help);
	(void)fputs("\nsignals: TERM stops after everything is stored, HUP "
		    "reloads CONF\n\noptions of CONF, with defaults:\n",
	    to);
	hub_options_help(to);
}

/* ---- the start, in its order ---- */

static struct d4_tls_ctx *
read_keys(struct hub_options *opt)
{
	const struct d4_tls_settings set = {.server = true,
	    .cert = opt->cert,
	    .key = opt->key,
	    .client_ask = strcmp(opt->client_cert, "ask") == 0,
	    .client_ca = opt->client_ca};
	struct d4_tls_ctx *tls = NULL;
	const char *why = "";
	struct d4_buf key;
	enum d4_status st;

	d4_buf_init(&key, 65536);
	st = d4_secret_read(opt->key, &key);
	d4_buf_wipe(&key);
	if (st != D4_OK)
		d4_warnx("key=%s why=\"%s\" remedy=\"chmod 600, owner root\"",
		    opt->key, d4_status_text(st));
	else if (reload_secret(opt, &why) != D4_OK)
		d4_warnx("%s why=\"%s\"", opt->shared_secret, why);
	else if (d4_tls_ctx_new(&set, &why, &tls) != D4_OK)
		d4_warnx("tls why=\"%s\"", why);
	return tls;
}

/* The worker's user writes there. */
static void
give_state(const struct hub_options *opt, const char *dir)
{
	const struct passwd *pw = getpwnam(opt->user);

	if (opt->user[0] == '\0' || geteuid() != 0)
		return;
	if (pw == NULL)
		d4_fatalx("user=%s does not exist; remedy: useradd --system %s",
		    opt->user, opt->user);
	else if (chown(dir, pw->pw_uid, pw->pw_gid) < 0)
		d4_fatal("chown %s", dir);
}

/* A folder that is there already is d4-core's: its owner stays. */
static void
make_compat(const struct hub_options *opt)
{
	char *data = compat_dir(opt);

	if (data == NULL)
		d4_fatalx("out of memory");
	if (access(data, F_OK) != 0) {
		if (d4_dir_make(data, 0750) != D4_OK)
			d4_fatal("compat_data=%s", data);
		give_state(opt, data);
	}
	free(data);
}

static void
make_state(const struct hub_options *opt)
{
	static const char *const names[] = {"account", OVERFLOW_DIR};
	uint64_t store;

	if (d4_dir_make(opt->state, 0750) != D4_OK)
		d4_fatal("state=%s", opt->state);
	give_state(opt, opt->state);
	if (hub_options_compat(opt))
		make_compat(opt);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *dir = d4_path(opt->state, names[i]);

		if (dir == NULL || d4_dir_make(dir, 0750) != D4_OK)
			d4_fatal("state=%s", opt->state);
		give_state(opt, dir);
		/* Made once, not by each worker. */
		if (strcmp(names[i], OVERFLOW_DIR) == 0 &&
		    d4_overflow_store(dir, true, &store) != D4_OK)
			d4_fatal("state=%s", dir);
		free(dir);
	}
}

/* What listens: bound now, or taken over from an older version. */
static void
open_sockets(struct worker_setup *work, struct handover *before)
{
	const struct hub_options *opt = work->opt;
	const char *which = "";
	bool same;

	if (listeners_open(&opt->listen, work->n_workers, &before->listeners,
		&work->listeners, &which) != D4_OK)
		d4_fatal("listen=%s", which);
	listeners_close(&before->listeners); /* not wanted any more */
	same = before->ctl >= 0 && strcmp(before->ctl_path, opt->ctl) == 0;
	work->ctl = before->ctl;
	if (same)
		return;
	if (before->ctl >= 0)
		(void)close(before->ctl);
	if (ctl_bind(opt->ctl, &work->ctl) != D4_OK)
		d4_fatal("ctl %s", opt->ctl);
}

/* The store that d4-hub runs itself; why not was said. */
static bool
start_redis(struct keeper *k, const struct hub_options *opt, char **dir)
{
	return !hub_options_embedded(opt) ||
	       (hub_options_redis(opt, k->redis, dir) == D4_OK &&
		   keeper_start(k) == D4_OK);
}

static int
run(struct supervisor_setup *set)
{
	struct hub_options *opt = set->work.opt;
	struct handover before;
	struct d4_embedded redis;
	char *dir = NULL, *program = NULL;
	int rc = 1;

	if (handover_take(&before) != D4_OK)
		d4_fatalx("what the older version left is not understood");
	/* cppcheck-suppress autoVariables; it outlives supervisor_run */
	set->before = &before;
	set->work.tls = read_keys(opt);
	if (set->work.tls == NULL ||
	    handover_program(set->argv[0], &program) != D4_OK)
		goto out;
	set->program = program;
	make_state(opt);
	set->work.n_workers = hub_options_workers(opt);
	open_sockets(&set->work, &before);
	if (hub_options_embedded(opt))
		set->keeper.redis = &redis;
	/* A worker then: user, sandbox, dispatch. */
	if (start_redis(&set->keeper, opt, &dir))
		rc = supervisor_run(set);
out:
	d4_tls_ctx_free(set->work.tls);
	hub_options_free(set->work.opt);
	handover_fini(&before);
	free(program);
	free(dir);
	return rc;
}

static int
check(const char *conf, struct hub_options *opt)
{
	struct d4_tls_ctx *tls = read_keys(opt);

	if (tls == NULL)
		return 1;
	d4_tls_ctx_free(tls);
	(void)printf("%s: ok\n", conf);
	return 0;
}

/* Asked by an older version that is running, before it becomes this one. */
static bool
takes_over(const char *version)
{
	if (strtoul(version, NULL, 10) == HANDOVER_VERSION)
		return true;
	(void)fprintf(stderr,
	    "d4-hub: hand-over version %s is not ours; remedy: restart\n",
	    version);
	return false;
}

static int
hub(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"conf", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"takes-over", required_argument, NULL, 't'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	const char *conf = HUB_CONF;
	struct hub_options *opt;
	bool only_check = false;
	int c, rc;

	while ((c = getopt_long(argc, argv, "c:nh", longs, NULL)) != -1) {
		if (c == 'c') {
			conf = optarg;
		} else if (c == 'n') {
			only_check = true;
		} else if (c == 't') {
			if (!takes_over(optarg))
				return 1;
		} else if (c == 'h' || c == 'V') {
			if (c == 'h')
				help(stdout);
			else
				(void)puts("d4-hub " D4_VERSION);
			return 0;
		} else {
			help(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		help(stderr);
		return EXIT_USAGE;
	}
	opt = hub_options_told(conf);
	if (opt == NULL)
		return 1;
	d4_log_open("d4-hub", hub_options_log(opt), opt->log_json);
	if (!only_check)
		return run(&(struct supervisor_setup){
		    .conf = conf, .argv = argv, .work = {.opt = opt}});
	rc = check(conf, opt);
	hub_options_free(opt);
	return rc;
}

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < N_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	return hub(argc, argv);
}
