#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "libd4/yaml.h"
#include "sensor/conf_dir.h"
#include "sensor/options.h"
#include "sensor/ring.h"
#include "sensor/session.h"

#define OPTIONS_USAGE 64
#define OPTIONS_RING  (64ull << 20)
#define OPTIONS_WAIT  60000u /* ms */

enum options_id {
	OPT_RING = 256,
	OPT_WAIT,
	OPT_ROTATE_SIZE,
	OPT_ROTATE_AGE,
	OPT_ROTATE_IDLE,
	OPT_JSON,
	OPT_FORCE,
	OPT_VERSION,
};

static const struct option options_long[] = {
    {"ring", required_argument, NULL, OPT_RING},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"rotate-size", required_argument, NULL, OPT_ROTATE_SIZE},
    {"rotate-age", required_argument, NULL, OPT_ROTATE_AGE},
    {"rotate-idle", required_argument, NULL, OPT_ROTATE_IDLE},
    {"json", no_argument, NULL, OPT_JSON},
    {"force", no_argument, NULL, OPT_FORCE},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char options_help[] =
    "usage: d4-sensor [-c DIR] [-v] [options] < DATA\n"
    "       d4-sensor enroll [-c DIR] [--force] [FILE | -]\n"
    "\n"
    "Sends what it reads to a D4 server, as the files of DIR say: key, uuid,\n"
    "type, destination, fingerprint or rootCA.crt, snaplen, version, source,\n"
    "and metaheader.json for type 254. Exits with 0 only when the server has\n"
    "confirmed everything.\n"
    "\n"
    "enroll: makes DIR from the line that d4-hub enroll prints.\n"
    "\n"
    "  -c DIR              configuration directory (" CONF_DIR_DEFAULT ")\n"
    "      --ring SIZE     memory for what is not confirmed (64MiB)\n"
    "      --wait TIME     at the end of the input: give up when nothing\n"
    "                      has moved for so long; 0s is never (60s)\n"
    "      --rotate-size SIZE\n"
    "      --rotate-age TIME\n"
    "      --rotate-idle TIME\n"
    "                      get a session confirmed after so much, so long,\n"
    "                      or so long without data (256MiB, 1h, 5m)\n"
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

	if (d4_yaml_duration_us(&node, &diag, &us) != D4_OK)
		return options_wrong(name, "not a time such as 60s");
	*out = us / 1000;
	return -1;
}

static int
options_one(int id, struct options *o)
{
	switch (id) {
	case 'c':
		o->dir = optarg;
		return -1;
	case 'v':
		o->verbose = true;
		return -1;
	case OPT_JSON:
		o->json = true;
		return -1;
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
		(void)fputs("Try d4-sensor --help.\n", stderr);
		return OPTIONS_USAGE;
	}
}

/* What is left of the command line. */
static int
options_rest(int argc, char **argv, struct options *o)
{
	if (o->enroll && optind < argc)
		o->from = argv[optind++];
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
	};
	if (argc > 1 && strcmp(argv[1], "enroll") == 0) {
		o->enroll = true;
		argv++;
		argc--;
	}
	while (rc < 0 &&
	       (id = getopt_long(argc, argv, "c:vh", options_long, NULL)) != -1)
		rc = options_one(id, o);
	return rc < 0 ? options_rest(argc, argv, o) : rc;
}
