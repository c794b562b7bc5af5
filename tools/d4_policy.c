/* d4-policy: check, show, explain and test a policy file. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "tools/policy_tool.h"

static const char usage_text[] =
    "usage: d4-policy check POLICY\n"
    "       d4-policy show POLICY [--json]\n"
    "       d4-policy explain POLICY --partner ID --type TYPE\n"
    "           [--sensor UUID | --queue ID] [--source ID]\n"
    "           [--meta JSON|@FILE] [--at TIME] [--json]\n"
    "       d4-policy test POLICY [TESTS]\n"
    "       d4-policy presets [NAME]\n"
    "       d4-policy reverse POLICY ADDRESS --partner ID --pipeline ID\n"
    "           --because TEXT [--epoch N | --at TIME] [--audit DIR] [--json]\n"
    "       d4-policy ring POLICY make|list|destroy --partner ID\n"
    "           [--pipeline ID] [--epoch N --because TEXT] [--audit DIR]\n"
    "       d4-policy --help | --version\n";

static const char help_text[] =
    "\n"
    "check    is the policy valid, and what is valid but probably wrong\n"
    "show     print it as a table, or in its canonical form (--json)\n"
    "explain  may this stream go to this partner, by which rule, and why\n"
    "test     compare decisions with those expected in TESTS\n"
    "         (default: POLICY.tests.yaml beside POLICY.yaml)\n"
    "presets  list the presets, or print the steps of one\n"
    "reverse  find the address behind a pipeline's pseudonym; needs the\n"
    "         master key, and writes to the audit log who asked and why\n"
    "ring     secrets of a partner with `forgettable: true`, one for each\n"
    "         epoch: make those from today on, or destroy one for ever\n"
    "\n"
    "  --partner ID    who would receive the stream\n"
    "  --sensor UUID   whose stream it is; optional if the source has one\n"
    "                  sensor\n"
    "  --queue ID      instead of a sensor: the queue of another server\n"
    "  --source ID     the source, if the sensor alone is not enough\n"
    "  --type TYPE     1, 3 to 8, 254, or the name of an extended type\n"
    "  --meta JSON     the meta header as the sensor sends it\n"
    "  --at TIME       RFC 3339, a date or seconds since 1970; default: now\n"
    "  --json          one JSON object\n"
    "of reverse and ring:\n"
    "  --pipeline ID   the pipeline that made the pseudonym\n"
    "  --epoch N       the epoch of the keys; or --at, the record's time\n"
    "  --because TEXT  the reason for the query\n"
    "  --audit DIR     default: /var/lib/d4/audit\n"
    "\n"
    "exit status: 0 done (explain: also for a denial), 1 error or a failed\n"
    "test, 64 usage error. Only reverse needs the master key.\n";

static const struct {
	const char *name;
	int (*run)(const struct policy_args *);
	int files; /* at most, behind the command */
} commands[] = {
    {"check", policy_check, 1},
    {"explain", policy_explain, 1},
    {"presets", policy_presets, 1},
    {"reverse", policy_reverse, 2},
    {"ring", policy_ring, 2},
    {"show", policy_show, 1},
    {"test", policy_test, 2},
};

void
policy_complain(const struct d4_diag *d)
{
	char text[2 * D4_DIAG_TEXT + 4096];

	d4_diag_format(d, text, sizeof(text));
	(void)fflush(stdout);
	(void)fprintf(stderr, "%s\n", text);
}

struct gate *
policy_load(const char *path)
{
	struct d4_diag diag = {.file = path};
	struct gate *g = NULL;
	enum d4_status st = gate_load(path, &diag, &g);

	if (st == D4_OK)
		return g;
	if (diag.what[0] == '\0')
		(void)snprintf(
		    diag.what, sizeof(diag.what), "%s", d4_status_text(st));
	policy_complain(&diag);
	return NULL;
}

static int
usage(const char *what, const char *arg)
{
	(void)fprintf(stderr, "d4-policy: %s%s\n%s", what, arg, usage_text);
	return EX_USAGE;
}

/* A short option per long one; none of them is documented. */
static bool
take_option(int c, struct policy_args *a)
{
	const char **text[128] = {['p'] = &a->partner,
	    ['s'] = &a->source,
	    ['u'] = &a->sensor,
	    ['q'] = &a->queue,
	    ['t'] = &a->type,
	    ['m'] = &a->meta,
	    ['a'] = &a->at,
	    ['P'] = &a->pipeline,
	    ['e'] = &a->epoch,
	    ['b'] = &a->because,
	    ['A'] = &a->audit};

	if (c == 'j')
		a->json = true;
	else if (c > 0 && c < 128 && text[c] != NULL)
		*text[c] = optarg;
	else
		return false;
	return true;
}

/* Options and files may come in any order (getopt permutes them). */
static bool
take_args(int argc, char **argv, struct policy_args *a)
{
	static char name[] = "d4-policy";
	static const struct option options[] = {
	    {"partner", required_argument, NULL, 'p'},
	    {"source", required_argument, NULL, 's'},
	    {"sensor", required_argument, NULL, 'u'},
	    {"queue", required_argument, NULL, 'q'},
	    {"type", required_argument, NULL, 't'},
	    {"meta", required_argument, NULL, 'm'},
	    {"at", required_argument, NULL, 'a'},
	    {"json", no_argument, NULL, 'j'},
	    {"pipeline", required_argument, NULL, 'P'},
	    {"epoch", required_argument, NULL, 'e'},
	    {"because", required_argument, NULL, 'b'},
	    {"audit", required_argument, NULL, 'A'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	argv[0] = name; /* in getopt's messages */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(c, a))
			return false;
	a->policy = optind < argc ? argv[optind] : NULL;
	a->file = optind + 1 < argc ? argv[optind + 1] : NULL;
	return true;
}

static int
run(int argc, char **argv)
{
	struct policy_args a = {.json = false};
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (!take_args(argc - 1, argv + 1, &a))
			return usage(
			    "unknown option, or one without its value", "");
		if (a.policy == NULL && commands[i].run != policy_presets)
			return usage("no policy file", "");
		if (argc - 1 - optind > commands[i].files)
			return usage("too many arguments", "");
		return commands[i].run(&a);
	}
	return usage("no such command: ", argv[1]);
}

int
main(int argc, char **argv)
{
	int rc;

	if (argc < 2)
		return usage("no command", "");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		printf("%s%s", usage_text, help_text);
		return EX_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("d4-policy %s\n", D4_VERSION);
		return EX_OK;
	}
	rc = run(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		perror("d4-policy: stdout");
		return EX_FAILED;
	}
	return rc;
}
