#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/commands.h"
#include "hub/pki.h"
#include "libd4/kit/file.h"
#include "libd4/kit/tls.h"

#define INIT_CONF 16384u
#define INIT_SANS 2048u

/* What is asked for, and the paths that follow from it. */
struct init {
	char dir[PATH_MAX];
	char host[256];
	unsigned port;
	char sans[INIT_SANS];
	char *conf, *cert, *key, *ca, *ca_key, *keys, *state, *ctl;
};

static const char usage[] =
    "usage: d4-hub init DIR [--host NAME]... [--port N] [--state DIR]\n"
    "  makes a certificate authority, a server certificate, keys and a\n"
    "  commented configuration DIR/hub.yaml; overwrites nothing.\n"
    "  --host NAME   name or address of this hub for sensors (repeat for\n"
    "                more; the first is what `d4-hub enroll` prints)\n"
    "  --port N      where to listen (default 4443)\n"
    "  --state DIR   where data and accounting logs are kept\n";

static bool
is_address(const char *s)
{
	uint8_t b[16];

	return inet_pton(AF_INET, s, b) == 1 || inet_pton(AF_INET6, s, b) == 1;
}

/* Only what can stand in a certificate's list of names and in YAML. */
static bool
host_ok(const char *s)
{
	return s[0] != '\0' && strlen(s) < 254 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789.:_-") == strlen(s);
}

static bool
add_host(struct init *in, const char *host)
{
	size_t n = strlen(in->sans);
	int k;

	if (!host_ok(host))
		return false;
	if (in->host[0] == '\0')
		(void)snprintf(in->host, sizeof(in->host), "%s", host);
	k = snprintf(in->sans + n, sizeof(in->sans) - n, "%s%s:%s",
	    n != 0 ? "," : "", is_address(host) ? "IP" : "DNS", host);
	return k > 0 && (size_t)k < sizeof(in->sans) - n;
}

static bool
init_paths(struct init *in, const char *state)
{
	bool fhs = strcmp(in->dir, "/etc/d4") == 0;

	in->conf = d4_path(in->dir, "hub.yaml");
	in->cert = d4_path(in->dir, "hub.pem");
	in->ca = d4_path(in->dir, "ca.pem");
	in->keys = d4_path(in->dir, "keys");
	in->key = d4_path(in->dir, "keys/hub.key");
	in->ca_key = d4_path(in->dir, "keys/ca.key");
	if (state != NULL)
		in->state = strdup(state);
	else
		in->state =
		    fhs ? strdup("/var/lib/d4/hub") : d4_path(in->dir, "state");
	in->ctl = fhs ? strdup("/run/d4/hub.ctl") : d4_path(in->dir, "hub.ctl");
	return in->conf != NULL && in->cert != NULL && in->ca != NULL &&
	       in->keys != NULL && in->key != NULL && in->ca_key != NULL &&
	       in->state != NULL && in->ctl != NULL;
}

static void
init_fini(struct init *in)
{
	free(in->conf);
	free(in->cert);
	free(in->key);
	free(in->ca);
	free(in->ca_key);
	free(in->keys);
	free(in->state);
	free(in->ctl);
}

/* The first file that is there already, or NULL. */
static const char *
init_exists(const struct init *in)
{
	const char *const all[] = {
	    in->conf, in->cert, in->key, in->ca, in->ca_key};
	struct stat st;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (lstat(all[i], &st) == 0)
			return all[i];
	}
	return NULL;
}

static enum d4_status
init_certificates(const struct init *in)
{
	struct pki_pair ca = {NULL, NULL}, server = {NULL, NULL};
	char name[300];
	enum d4_status st;

	(void)snprintf(name, sizeof(name), "D4 hub %s CA", in->host);
	st = pki_ca(name, &ca);
	if (st == D4_OK)
		st = pki_server(&ca, in->host, in->sans, &server);
	if (st == D4_OK)
		st = pki_write(&ca, in->ca, in->ca_key);
	if (st == D4_OK)
		st = pki_write(&server, in->cert, in->key);
	pki_pair_fini(&ca);
	pki_pair_fini(&server);
	return st;
}

static const char conf_format[] =
    "# d4-hub, made by `d4-hub init`. Check a change with: d4-hub -n -c %s\n"
    "# SIGHUP reloads it. All options: d4-hub --help, hub.yaml(5).\n"
    "\n"
    "# Where sensors connect (\"*:PORT\" is IPv4 and IPv6), and the host name\n"
    "# that `d4-hub enroll` gives them.\n"
    "listen: \"*:%u\"\n"
    "host: \"%s\"\n"
    "cert: \"%s\"\n"
    "key: \"%s\"\n"
    "\n"
    "# Where it keeps data, passwords and its control socket.\n"
    "state: \"%s\"\n"
    "keys: \"%s\"\n"
    "ctl: \"%s\"\n"
    "%suser: d4-hub\n"
    "\n"
    "# embedded: a private redis-server in the state folder. Or an existing\n"
    "# one: unix:/path or tcp://host:port, with ?user=NAME&secret=FILE.\n"
    "redis: embedded\n"
    "# always: confirmed data survives a power failure.\n"
    "# everysec: faster, may lose the last second.\n"
    "appendfsync: always\n"
    "maxmemory: 1GiB\n"
    "\n"
    "# The D4 types and extended types (after type 2) to accept; all others\n"
    "# are refused. To add one: NAME: lines, see hub.yaml(5).\n"
    "types: [1, 2, 3, 4, 5, 6, 7, 8, 254]\n"
    "ext:\n"
    "  ja3-jl: ja3-jl\n"
    "  suricata-eve: suricata-eve\n"
    "  maltrail: maltrail\n"
    "  filewatcher: filewatcher\n"
    "  filewatcherjson: filewatcherjson\n"
    "  fascia: fascia\n"
    "  d4-telemetry: d4-telemetry\n"
    "\n"
    "# Bytes of one queue in memory and on disk, and what happens when a "
    "queue\n"
    "# that nobody reads is full: keep (sensors wait) or drop-oldest "
    "(counted).\n"
    "queue: 256MiB\n"
    "queue_disk: 4GiB # used above `queue`\n"
    "unread: keep\n"
    "\n"
    "# In front of a d4-core: also forward what sensors send to it.\n"
    "# tee: d4.example.org:4443\n"
    "# tee_ca: /etc/d4/d4-core-ca.pem # or tee_pin: SHA-256\n"
    "\n"
    "# In place of a d4-core: maintain its analyzer lists, files and streams.\n"
    "# compat: d4-core\n"
    "# redis: tcp://127.0.0.1:6380\n"
    "# compat_data: /opt/d4-core/server/data\n"
    "\n"
    "# Write the queues to files (d4-hub archive):\n"
    "# archive: {dir: /var/lib/d4/archive, age: 90d}\n";

static enum d4_status
init_conf(const struct init *in)
{
	const char *comment = getpwnam("d4-hub") != NULL ? "" : "# ";
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, INIT_CONF);
	st = d4_buf_addf(&text, conf_format, in->conf, in->port, in->host,
	    in->cert, in->key, in->state, in->keys, in->ctl, comment);
	if (st == D4_OK)
		st = d4_file_replace(in->conf, d4_buf_slice(&text), 0644);
	d4_buf_fini(&text);
	return st;
}

static int
init_make(const struct init *in)
{
	const char *there = init_exists(in);
	enum d4_status st;
	char pin[96];

	if (there != NULL) {
		(void)fprintf(stderr,
		    "d4-hub init: %s exists; remedy: another folder\n", there);
		return 1;
	}
	st = d4_dir_make(in->dir, 0755);
	if (st == D4_OK)
		st = d4_dir_make(in->keys, 0700);
	if (st == D4_OK)
		st = d4_dir_make(in->state, 0750);
	if (st == D4_OK)
		st = init_certificates(in);
	if (st == D4_OK)
		st = init_conf(in);
	if (st == D4_OK)
		st = d4_tls_pin(in->cert, pin);
	if (st != D4_OK) {
		(void)fprintf(stderr, "d4-hub init: %s: %s (%s)\n", in->dir,
		    d4_status_text(st), strerror(errno));
		return 1;
	}
	(void)printf("made     %s\n"
		     "ca       %s\n"
		     "cert     %s (%s)\n"
		     "sha256   %s\n"
		     "next     d4-hub -c %s\n"
		     "         d4-hub enroll -c %s   # for each sensor\n",
	    in->conf, in->ca, in->cert, in->sans, pin, in->conf, in->conf);
	return 0;
}

/* The machine's own names, when none were given; loopback always. */
static bool
init_hosts(struct init *in)
{
	char name[256] = "";

	if (in->host[0] == '\0' &&
	    (gethostname(name, sizeof(name) - 1) < 0 || !add_host(in, name)))
		return false;
	return add_host(in, "localhost") && add_host(in, "127.0.0.1") &&
	       add_host(in, "::1");
}

static bool
init_option(struct init *in, int c, const char **state)
{
	unsigned long port;

	switch (c) {
	case 'H':
		return add_host(in, optarg);
	case 'p':
		port = strtoul(optarg, NULL, 10);
		in->port = (unsigned)port;
		return port > 0 && port < 65536;
	case 's':
		*state = optarg;
		return true;
	default:
		return false;
	}
}

int
cmd_init(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"host", required_argument, NULL, 'H'},
	    {"port", required_argument, NULL, 'p'},
	    {"state", required_argument, NULL, 's'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct init in = {.port = 4443};
	const char *state = NULL;
	int c, rc = 1;

	while ((c = getopt_long(argc, argv, "H:p:s:h", longs, NULL)) != -1) {
		if (c == 'h') {
			(void)fputs(usage, stdout);
			return 0;
		}
		if (!init_option(&in, c, &state)) {
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind + 1 != argc || !init_hosts(&in)) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (d4_dir_make(argv[optind], 0755) != D4_OK ||
	    realpath(argv[optind], in.dir) == NULL)
		(void)fprintf(stderr, "d4-hub init: %s: %s\n", argv[optind],
		    strerror(errno));
	else if (init_paths(&in, state))
		rc = init_make(&in);
	init_fini(&in);
	return rc;
}
