#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "gate/gate.h"
#include "relay/commands.h"
#include "relay/supervisor.h"

static const struct {
	const char *name;
	int (*run)(const struct relay_conf *c, int argc, char **argv);
	const char *help;
} commands[] = {
    {"status", cmd_status, "[--json]  show the state of the running relay"},
    {"spool", cmd_spool,
	"ls|verify [--json] [PARTNER [LANE]], status [--json] [PARTNER],\n"
	"           cat [--from SEQ] [--to SEQ] PARTNER LANE\n"
	"           what is in the airlock; only reads"},
    {"partner", cmd_partner,
	"uuids PARTNER  the UUIDs that the partner must register"},
    {"freeze", cmd_freeze,
	"[PARTNER | --all] [--because TEXT]  stop sending at once;\n"
	"           without a name: list who is frozen"},
    {"thaw", cmd_thaw, "PARTNER | --all [--because TEXT]  end a freeze"},
    {"breaker", cmd_breaker,
	"[--json]  streams that the self-check or a canary stopped;\n"
	"           close ID ... | --partner PARTNER | --all [--because TEXT]"},
    {"quarantine", cmd_quarantine,
	"[--json] [RING]  raw records that were withheld and kept;\n"
	"           show RING [NUMBER] > FILE | drop RING ... | --all\n"
	"           [--because TEXT]"},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
help(FILE *to)
{
	(void)fputs("usage: d4-relay [-n] [-c CONF]\n"
		    "       d4-relay [-c CONF] COMMAND ...\n"
		    "  sends what the policy releases of the hub's queues to "
		    "partners\n"
		    "  -c CONF   configuration (default " RELAY_CONF ")\n"
		    "  -n        check it and the policy, and exit\n"
		    "  --help, --version\n"
		    "\ncommands:\n",
	    to);
	for (size_t i = 0; i < N_COMMANDS; i++)
		(void)fprintf(
		    to, "  %-8s %s\n", commands[i].name, commands[i].help);
	(void)fputs(
	    "\nsignals: TERM stops after partners confirmed, HUP reloads "
	    "policy and CONF\n\noptions of CONF, with "
	    "defaults:\n",
	    to);
	relay_conf_help(to);
}

static struct relay_conf *
load(const char *path)
{
	struct d4_diag diag = {.file = path};
	struct relay_conf *c = NULL;
	char text[1280];

	if (relay_conf_load(path, &diag, &c) == D4_OK)
		return c;
	d4_diag_format(&diag, text, sizeof(text));
	(void)fprintf(stderr, "%s\n", text);
	return NULL;
}

/* It is in the policy, and goes out as the policy says. */
static bool
check_partner(const char *conf, const struct relay_conf *c, size_t i,
    const struct pol *pol)
{
	const struct relay_partner *p = &c->partner[i];
	const struct pol_partner *to = pol_partner_find(pol, p->id);
	struct d4_mark at = c->partners->key[i]->at;

	if (to == NULL) {
		(void)fprintf(stderr,
		    "partner %s is not in %s; nothing would be sent to it\n",
		    p->id, c->policy);
		return false;
	}
	if (strcmp(pol_sink_text(to->sink), sink_kind_name(p->sink)) == 0)
		return true;
	(void)fprintf(stderr,
	    "%s:%u: partner %s is `sink: %s`, and `sink: %s` in %s:%u; "
	    "nothing would be sent to it (write the same in both)\n",
	    conf, at.line, p->id, sink_kind_name(p->sink),
	    pol_sink_text(to->sink), c->policy, to->at.line);
	return false;
}

/* A source without an entry in the policy releases nothing. */
static bool
check_source(const struct pol *p, const struct source_conf *s)
{
	for (size_t i = 0; i < pol_n_sources(p); i++) {
		const char *queue = pol_source_at(p, i).queue;

		if (queue != NULL && strcmp(queue, s->id) == 0 &&
		    pol_source_takes(p, i, s->type, s->ext))
			return true;
	}
	return false;
}

/*
 * -n: the policy too, and that each partner and each source of relay.yaml is
 * in it.
 */
static int
check(const char *conf, struct relay_conf *c)
{
	struct d4_diag diag = {.file = NULL};
	struct gate *g = NULL;
	char text[1280];
	int code = 0;

	if (gate_load(c->policy, &diag, &g) != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		(void)fprintf(stderr, "%s\n", text);
		return 1;
	}
	for (size_t i = 0; i < c->n_partners; i++) {
		if (!check_partner(conf, c, i, gate_policy(g)))
			code = 1;
	}
	for (size_t i = 0; i < c->n_sources; i++) {
		if (check_source(gate_policy(g), &c->source[i]))
			continue;
		(void)fprintf(stderr,
		    "source %s is in no `queue:` of %s with its type; nothing "
		    "of it would be released\n",
		    c->source[i].id, c->policy);
		code = 1;
	}
	gate_free(g);
	if (code == 0)
		(void)puts("configuration and policy are valid");
	return code;
}

static int
run_command(const char *conf, int argc, char **argv)
{
	struct relay_conf *c;
	int code;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		c = load(conf);
		if (c == NULL)
			return 1;
		code = commands[i].run(c, argc, argv);
		relay_conf_free(c);
		return code;
	}
	(void)fprintf(stderr, "d4-relay: no command %s; see --help\n", argv[0]);
	return 64;
}

static int
run(const char *conf, bool only_check)
{
	struct relay_conf *c = load(conf);
	int code;

	if (c == NULL)
		return 1;
	if (only_check) {
		code = check(conf, c);
		relay_conf_free(c);
		return code;
	}
	relay_conf_log(c, "d4-relay");
	return supervisor_run(c, conf);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	const char *conf = RELAY_CONF;
	bool only_check = false;
	int c;

	while ((c = getopt_long(argc, argv, "+c:nhV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			conf = optarg;
			break;
		case 'n':
			only_check = true;
			break;
		case 'h':
			help(stdout);
			return 0;
		case 'V':
			(void)puts("d4-relay " D4_VERSION);
			return 0;
		default:
			help(stderr);
			return 64;
		}
	}
	if (optind < argc)
		return run_command(conf, argc - optind, argv + optind);
	return run(conf, only_check);
}
