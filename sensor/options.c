#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "libd4/yaml.h"
#include "sensor/conf_dir.h"
#include "sensor/options.h"
#include "sensor/ring.h"
#include "sensor/session.h"

#define OPTIONS_USAGE     64
#define OPTIONS_RING      (64ull << 20)
#define OPTIONS_WAIT      60000u /* ms */
#define OPTIONS_RETRY     60000u
#define OPTIONS_RATE      200u
#define OPTIONS_KEEPALIVE 30000u

enum options_id {
	OPT_RING = 256,
	OPT_WAIT,
	OPT_ROTATE_SIZE,
	OPT_ROTATE_AGE,
	OPT_ROTATE_IDLE,
	OPT_TIMEOUT,
	OPT_KEEPALIVE,
	OPT_RETRY,
	OPT_RETRIES,
	OPT_RATE,
	OPT_TOR,
	OPT_CHECK,
	OPT_ENCRYPT,
	OPT_DAILY,
	OPT_JSON,
	OPT_JSON_FILES,
	OPT_FORCE,
	OPT_VERSION,
};

/* The short ones without a letter are d4-goclient's. */
static const struct option options_long[] = {
    {"ring", required_argument, NULL, OPT_RING},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"rotate-size", required_argument, NULL, OPT_ROTATE_SIZE},
    {"rotate-age", required_argument, NULL, OPT_ROTATE_AGE},
    {"rotate-idle", required_argument, NULL, OPT_ROTATE_IDLE},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"ct", required_argument, NULL, OPT_TIMEOUT},
    {"keep-alive", required_argument, NULL, OPT_KEEPALIVE},
    {"cka", required_argument, NULL, OPT_KEEPALIVE},
    {"retry", required_argument, NULL, OPT_RETRY},
    {"rt", required_argument, NULL, OPT_RETRY},
    {"retries", required_argument, NULL, OPT_RETRIES},
    {"rate", required_argument, NULL, OPT_RATE},
    {"rl", required_argument, NULL, OPT_RATE},
    {"tor", optional_argument, NULL, OPT_TOR},
    {"check", no_argument, NULL, OPT_CHECK},
    {"cc", optional_argument, NULL, OPT_CHECK},
    {"ce", optional_argument, NULL, OPT_ENCRYPT},
    {"daily", optional_argument, NULL, OPT_DAILY},
    {"json-files", no_argument, NULL, OPT_JSON_FILES},
    {"json", optional_argument, NULL, OPT_JSON},
    {"force", no_argument, NULL, OPT_FORCE},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char options_help[] =
    "usage: d4-sensor [-c DIR] [-v] [options] [-] < DATA\n"
    "       d4-sensor enroll [-c DIR] [--force] [FILE | -]\n"
    "\n"
    "Sends what it reads to a D4 server, as the files of DIR say: key, uuid,\n"
    "type, destination, fingerprint or rootCA.crt, source ... (see the man\n"
    "page). Exits with 0 only when the server has confirmed everything.\n"
    "\n"
    "-: also write each frame to standard output.\n"
    "enroll: create DIR from the line that d4-hub enroll prints.\n"
    "\n"
    "  -c DIR              configuration directory (" CONF_DIR_DEFAULT ")\n"
    "      --ring SIZE     memory for what is not confirmed (64MiB)\n"
    "      --wait TIME     at the end of the input: give up when nothing\n"
    "                      was sent or confirmed this long; 0s: never (60s)\n"
    "      --rotate-size SIZE\n"
    "      --rotate-age TIME\n"
    "      --rotate-idle TIME\n"
    "                      have a session confirmed after this much data,\n"
    "                      time, or time without data (256MiB, 1h, 5m)\n"
    "      --timeout TIME, -ct\n"
    "                      timeout for connecting (15s; through a proxy 60s)\n"
    "      --keep-alive TIME, -cka\n"
    "                      interval of TCP keep-alive; 0: none (30s)\n"
    "      --retry TIME, -rt\n"
    "                      the longest wait between two attempts to connect;\n"
    "                      0: give up after one failure (60s)\n"
    "      --retries N     give up after N failures in a row; 0: never (0)\n"
    "      --rate TIME, -rl\n"
    "                      wait before polling an empty queue again (200ms)\n"
    "      --tor, -tor     use the SOCKS5 proxy on 127.0.0.1:9050\n"
    "      --check, -cc    rootCA.crt must be there\n"
    "      -ce             use TLS, as always\n"
    "      --daily, -daily\n"
    "                      read only the folders of today and yesterday\n"
    "      --json-files, -json\n"
    "                      the files of a folder are JSON\n"
    "      --json          log in JSON\n"
    "      --force         enroll: replace the key of DIR\n"
    "  -v, --verbose       log more\n"
    "  -h, --help\n"
    "      --version\n";

static int
options_wrong(const char *name, const char *what)
{
	(void)fprintf(stderr, "d4-sensor: %s: %s\n", name, what);
	return OPTIONS_USAGE;
}

/* "64MiB" by the configuration files' rules. */
static int
options_size(const char *name, uint64_t least, uint64_t *out)
{
	struct d4_yaml node = {.kind = D4_YAML_SCALAR, .text = optarg};
	struct d4_diag diag = {.file = name};
	uint64_t v = 0;

	if (d4_yaml_bytes(&node, &diag, &v) != D4_OK)
		return options_wrong(name, "not a size such as 64MiB");
	if (v < least || v > (1ull << 40))
		return options_wrong(name, "outside the limits");
	*out = v;
	return -1;
}

/* "60s" likewise; into milliseconds. */
static int
options_time(const char *name, uint64_t *out)
{
	struct d4_yaml node = {.kind = D4_YAML_SCALAR, .text = optarg};
	struct d4_diag diag = {.file = name};
	uint64_t us = 0;

	if (strcmp(optarg, "0") == 0) {
		*out = 0;
		return -1;
	}
	if (d4_yaml_duration_us(&node, &diag, &us) != D4_OK)
		return options_wrong(name, "not a time such as 60s");
	*out = us / 1000;
	return -1;
}

/* Go's words for a flag's value; none is true. */
static int
options_bool(const char *name, bool *out)
{
	static const char *const yes[] = {
	    "1", "t", "T", "true", "True", "TRUE"};
	static const char *const no[] = {
	    "0", "f", "F", "false", "False", "FALSE"};

	*out = true;
	if (optarg == NULL)
		return -1;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(optarg, yes[i]) == 0)
			return -1;
	}
	*out = false;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (strcmp(optarg, no[i]) == 0)
			return -1;
	}
	return options_wrong(name, "neither true nor false");
}

/* d4-goclient's -rt 0: the first failure is the last. */
static int
options_retry(struct options *o)
{
	int rc = options_time("--retry", &o->retry_ms);

	if (rc < 0 && o->retry_ms == 0)
		o->retries = 1;
	return rc;
}

static int
options_retries(struct options *o)
{
	o->retries = 0;
	if (strcmp(optarg, "0") == 0 ||
	    conf_value_number(optarg, 1000000, &o->retries) == D4_OK)
		return -1;
	return options_wrong("--retries", "not a number");
}

static int
options_encrypt(void)
{
	bool on;
	int rc = options_bool("-ce", &on);

	if (rc < 0 && !on)
		return options_wrong("-ce",
		    "nothing is sent in the clear; write stdout as "
		    "destination, and pipe it where it shall go");
	return rc;
}

/* d4-goclient's -json is not the --json that the other programs have. */
static int
options_json(const char *word, struct options *o)
{
	if (strncmp(word, "--", 2) != 0)
		return options_bool("-json", &o->json_files);
	return options_bool("--json", &o->json);
}

/* What concerns the connection. */
static int
options_net(int id, struct options *o)
{
	switch (id) {
	case OPT_TIMEOUT:
		return options_time("--timeout", &o->dial_ms);
	case OPT_KEEPALIVE:
		return options_time("--keep-alive", &o->keepalive_ms);
	case OPT_RETRY:
		return options_retry(o);
	case OPT_RETRIES:
		return options_retries(o);
	case OPT_RATE:
		return options_time("--rate", &o->rate_ms);
	case OPT_TOR:
		return options_bool("--tor", &o->tor);
	case OPT_CHECK:
		return options_bool("--check", &o->check);
	case OPT_ENCRYPT:
		return options_encrypt();
	default:
		(void)fputs("Try d4-sensor --help.\n", stderr);
		return OPTIONS_USAGE;
	}
}

static int
options_one(int id, const char *word, struct options *o)
{
	switch (id) {
	case 'c':
		o->dir = optarg;
		return -1;
	case 'v':
		o->verbose = true;
		return -1;
	case OPT_JSON:
		return options_json(word, o);
	case OPT_JSON_FILES:
		o->json_files = true;
		return -1;
	case OPT_DAILY:
		return options_bool("--daily", &o->daily);
	case OPT_FORCE:
		o->force = true;
		return -1;
	case OPT_RING:
		return options_size("--ring", RING_MIN, &o->ring);
	case OPT_WAIT:
		return options_time("--wait", &o->wait_ms);
	case OPT_ROTATE_SIZE:
		return options_size("--rotate-size", 1, &o->rotate_bytes);
	case OPT_ROTATE_AGE:
		return options_time("--rotate-age", &o->rotate_ms);
	case OPT_ROTATE_IDLE:
		return options_time("--rotate-idle", &o->idle_ms);
	case OPT_VERSION:
		(void)puts("d4-sensor " D4_VERSION);
		return 0;
	case 'h':
		(void)fputs(options_help, stdout);
		return 0;
	default:
		return options_net(id, o);
	}
}

/* What is left of the command line. */
static int
options_rest(int argc, char **argv, struct options *o)
{
	if (o->enroll && optind < argc)
		o->from = argv[optind++];
	else if (optind < argc && strcmp(argv[optind], "-") == 0) {
		o->tee = true;
		optind++;
	}
	if (optind < argc)
		return options_wrong(argv[optind], "not an argument");
	if (o->force && !o->enroll)
		return options_wrong("--force", "belongs to enroll");
	return -1;
}

int
options_read(int argc, char **argv, struct options *o)
{
	int id, rc = -1;

	*o = (struct options){
	    .dir = CONF_DIR_DEFAULT,
	    .ring = OPTIONS_RING,
	    .wait_ms = OPTIONS_WAIT,
	    .rotate_bytes = SESSION_ROTATE_BYTES,
	    .rotate_ms = SESSION_ROTATE_MS,
	    .idle_ms = SESSION_IDLE_MS,
	    .retry_ms = OPTIONS_RETRY,
	    .rate_ms = OPTIONS_RATE,
	    .keepalive_ms = OPTIONS_KEEPALIVE,
	};
	if (argc > 1 && strcmp(argv[1], "enroll") == 0) {
		o->enroll = true;
		argv++;
		argc--;
	}
	while (rc < 0 && (id = getopt_long_only(
			      argc, argv, "c:vh", options_long, NULL)) != -1)
		rc = options_one(id, argv[optind - 1], o);
	return rc < 0 ? options_rest(argc, argv, o) : rc;
}
