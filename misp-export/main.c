/*
 * d4-misp-export: findings out of a partner's airlock into a MISP. Start-up:
 * configuration and secrets, account, folders, sandbox, then the loop.
 */
#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "misp-export/commands.h"
#include "misp-export/exporter.h"
#include "misp-export/lock.h"
#include "misp-export/profile.h"
#include "misp-export/types.h"

#define EXIT_USAGE 64 /* sysexits.h EX_USAGE */

static const struct {
	const char *name;
	int (*run)(struct misp_conf *c, int argc, char **argv);
	const char *help;
} commands[] = {
    {"check", cmd_check,
	"is MISP reachable, what may we do there, what is missing"},
    {"dry-run", cmd_dry,
	"as --dry-run; json: print the bodies that would be sent"},
    {"quarantine", cmd_quarantine,
	"[ls | resend UUID | resend all]  list or resend what MISP refused"},
    {"rebuild", cmd_rebuild,
	"restore lost state from MISP; nothing is written there"},
    {"recall", cmd_recall,
	"EVENT [ITEM] | source SOURCE  delete it there, and publish that"},
    {"status", cmd_status, "show the state of the running exporter, as JSON"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
help(FILE *to)
{
	(void)fputs("usage: d4-misp-export [-n] [-c CONF]\n"
		    "       d4-misp-export [-c CONF] COMMAND ...\n"
		    "  sends findings that the policy releases to a partner "
		    "with `sink: misp`\n"
		    "  -c CONF   configuration (default " MISP_CONF ")\n"
		    "  -n        check it, and exit\n"
		    "  --dry-run print what would be sent now, as text\n"
		    "  --help, --version\n\ncommands:\n",
	    to);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(
		    to, "  %-10s %s\n", commands[i].name, commands[i].help);
	(void)fputs("\noptions of CONF, with defaults:\n", to);
	misp_conf_help(to);
}

enum start { START_RUN, START_CHECK, START_DRY };

static struct misp_conf *
load(const char *path)
{
	struct d4_diag diag = {.file = path};
	struct misp_conf *c = NULL;
	char text[1280];

	if (misp_conf_load(path, &diag, &c) == D4_OK)
		return c;
	d4_diag_format(&diag, text, sizeof(text));
	(void)fprintf(stderr, "%s\n", text);
	return NULL;
}

/* Readable when one of two signals came; 0: no second one. */
static int
signal_fd(int one, int two)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, one);
	if (two != 0)
		(void)sigaddset(&set, two);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int
run(struct misp_conf *c)
{
	struct exporter x = {
	    .stop = signal_fd(SIGTERM, SIGINT), .hup = signal_fd(SIGHUP, 0)};
	int lock = -1, code = 1;

	(void)umask(0027);
	if (x.stop >= 0 && x.hup >= 0 && misp_conf_secrets(c) &&
	    profile_user(c) && lock_take(c, &lock) &&
	    exporter_open(c, &x) == D4_OK && profile_enter(c)) {
		d4_info("started partner=%s url=%s", c->partner,
		    c->url != NULL ? c->url : "-");
		exporter_run(&x);
		d4_info("stopped");
		code = 0;
	}
	exporter_close(&x);
	lock_leave(lock);
	(void)close(x.stop);
	(void)close(x.hup);
	return code;
}

static int
run_command(struct misp_conf *c, int argc, char **argv)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		if (!misp_conf_secrets(c) || !profile_user(c))
			return 1;
		return commands[i].run(c, argc, argv);
	}
	(void)fprintf(
	    stderr, "d4-misp-export: no command %s; see --help\n", argv[0]);
	return EXIT_USAGE;
}

static void
on_problem(void *arg, const struct types_problem *p)
{
	const struct misp_conf *c = arg;
	char text[1024];

	types_say(p, c->mappers, c->file, text, sizeof(text));
	(void)fprintf(stderr, "%s\n", text);
}

/* Against what this MISP said that it takes, when it was asked last. */
static int
check_conf(struct misp_conf *c)
{
	struct types t = {.describe = NULL};
	bool known = types_load(c->dir, &t) == D4_OK;
	size_t n = 0;

	if (known)
		n = types_check_all(&t, c->mappers, on_problem, c);
	if (n == 0)
		(void)puts("configuration is valid");
	else
		(void)fprintf(stderr,
		    "%zu mappers that MISP %s would refuse, by %s/" TYPES_FILE
		    "; `check` asks it anew\n",
		    n, t.version, c->dir);
	types_fini(&t);
	return n == 0 ? 0 : 1;
}

static int
start(const char *path, enum start how, int argc, char **argv)
{
	struct misp_conf *c = load(path);
	char dry[] = "dry-run", *word[] = {dry, argc > 0 ? argv[0] : NULL};
	int code;

	if (c == NULL)
		return 1;
	misp_conf_log(c);
	if (how == START_DRY) {
		code = run_command(c, argc > 0 ? 2 : 1, word);
	} else if (how == START_CHECK && argc > 0) {
		(void)fputs("d4-misp-export: -n takes no command\n", stderr);
		code = EXIT_USAGE;
	} else if (how == START_CHECK) {
		code = check_conf(c);
	} else if (argc > 0) {
		code = run_command(c, argc, argv);
	} else {
		code = run(c);
	}
	misp_conf_free(c);
	return code;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"dry-run", no_argument, NULL, 'd'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	const char *path = MISP_CONF;
	enum start how = START_RUN;
	int c, code;

	while ((c = getopt_long(argc, argv, "+c:nhV", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'n':
			how = START_CHECK;
			break;
		case 'd':
			how = START_DRY;
			break;
		case 'h':
			help(stdout);
			return 0;
		case 'V':
			(void)puts("d4-misp-export " D4_VERSION);
			return 0;
		default:
			help(stderr);
			return EXIT_USAGE;
		}
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return 1;
	code = start(path, how, argc - optind, argv + optind);
	curl_global_cleanup();
	return code;
}
