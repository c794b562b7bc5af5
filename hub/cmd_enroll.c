#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "hub/commands.h"
#include "hub/store.h"
#include "libd4/enroll.h"
#include "libd4/kit/file.h"
#include "libd4/kit/tls.h"
#include "libd4/meta.h"

struct enroll {
	const char *conf, *uuid, *host, *mail, *description, *key_file;
	bool replace;
	struct d4_enroll line;
};

static const char usage[] =
    "usage: d4-hub enroll [-c CONF] [--uuid U] [--type T] [--host H]\n"
    "                     [--port N] [--mail M] [--description D]\n"
    "                     [--key-file FILE] [--replace]\n"
    "  registers a sensor with a new random key and prints the one line that\n"
    "  `d4-sensor enroll` reads. The line contains the key: keep it secret.\n"
    "  --uuid U     its UUID, version 4 (default: a new one)\n"
    "  --type T     D4 type, or 254.NAME for an extended type (default 1)\n"
    "  --host H     name or address of this hub (default: host: of CONF)\n"
    "  --port N     its port (default: of listen: of CONF)\n"
    "  --key-file F its key from a file, mode 0600 (default: a random one);\n"
    "               for a partner's relay, which has one key for all UUIDs\n"
    "  --replace    give a registered sensor another key\n";

static int
fail(const char *what, const char *remedy)
{
	(void)fprintf(stderr, "d4-hub enroll: %s; remedy: %s\n", what, remedy);
	return 1;
}

/* "1" or "254.ja3-jl". */
static bool
parse_type(const char *text, struct d4_enroll *e)
{
	char *end;
	unsigned long t = strtoul(text, &end, 10);

	if (end == text || t == 0 || t > 255)
		return false;
	e->type = (uint8_t)t;
	if (*end == '\0')
		return true;
	if (t != D4_TYPE_EXTENDED || *end != '.' || end[1] == '\0' ||
	    strlen(end + 1) >= sizeof(e->ext))
		return false;
	(void)snprintf(e->ext, sizeof(e->ext), "%s", end + 1);
	return true;
}

/* The key that both sides agreed on. */
static bool
read_key(const char *path, char key[D4_KEY_MAX + 1])
{
	struct d4_buf text;
	bool ok;

	d4_buf_init(&text, D4_KEY_MAX + 2);
	ok = d4_secret_read(path, &text) == D4_OK &&
	     d4_key_ok(d4_buf_slice(&text));
	if (ok) {
		memcpy(key, text.p, text.n);
		key[text.n] = '\0';
	}
	d4_buf_wipe(&text);
	return ok;
}

/* The fingerprint as bytes, from "AA:BB:...". */
static bool
read_pin(const char *cert, uint8_t pin[D4_ENROLL_PIN])
{
	char text[96];

	if (d4_tls_pin(cert, text) != D4_OK)
		return false;
	for (size_t i = 0; i < D4_ENROLL_PIN; i++)
		pin[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	return true;
}

/* What is written does not go back: the key exists from here on. */
static bool
store_sensor(struct store *s, const struct enroll *en, const char *hex)
{
	const struct {
		const char *field, *value;
	} more[] = {{"hmac_key", en->line.key},
	    {"description", en->description}, {"user_mail", en->mail}};
	redisReply *r;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		if (more[i].value == NULL)
			continue;
		r = store_ask(s, "HSET metadata_uuid:%s %s %s", hex,
		    more[i].field, more[i].value);
		if (r == NULL)
			return false;
		freeReplyObject(r);
	}
	r = store_ask(s, "HDEL d4:pending %s", hex);
	if (r != NULL)
		freeReplyObject(r);
	/* Last: from now on it may send. */
	r = store_ask(s, "SADD registered_uuid %s", hex);
	if (r != NULL)
		freeReplyObject(r);
	return r != NULL;
}

static int
register_sensor(const struct hub_options *opt, const struct enroll *en)
{
	char hex[D4_UUID_HEX];
	struct store s;
	redisReply *r;
	bool there, ok;

	d4_uuid_hex(&en->line.uuid, hex);
	if (store_open(opt, &s) != D4_OK)
		return 1;
	r = store_ask(&s, "SISMEMBER registered_uuid %s", hex);
	ok = r != NULL;
	there = ok && r->integer == 1;
	if (ok)
		freeReplyObject(r);
	if (ok && (!there || en->replace))
		ok = store_sensor(&s, en, hex);
	store_close(&s);
	if (there && !en->replace)
		return fail("this UUID is registered already",
		    "--replace gives it another key");
	return ok ? 0 : 1;
}

static int
enroll_fill(const struct hub_options *opt, struct enroll *en)
{
	struct d4_enroll *e = &en->line;
	const char *host = en->host != NULL ? en->host : opt->host;

	if (host[0] == '\0')
		return fail("no host for the sensor", "--host NAME");
	if (strlen(host) >= sizeof(e->host))
		return fail("host is too long", "a shorter name");
	(void)snprintf(e->host, sizeof(e->host), "%s", host);
	if (e->port == 0)
		e->port = hub_options_port(opt);
	if (e->port == 0)
		return fail("no port for the sensor", "--port N");
	if (en->uuid != NULL ? d4_uuid_parse(en->uuid, &e->uuid) != D4_OK
			     : d4_uuid_random(&e->uuid) != D4_OK)
		return fail("not a UUID", "8-4-4-4-12 hex digits");
	if (!opt->any_uuid && !d4_uuid_is_v4(&e->uuid))
		return fail("not a version 4 UUID", "uuidgen -r makes one");
	if (!read_pin(opt->cert, e->pin))
		return fail("the certificate cannot be read", "see cert:");
	if (en->key_file != NULL && !read_key(en->key_file, e->key))
		return fail("the key file cannot be used",
		    "1 to 100 of [A-Za-z0-9_-], mode 0600, our own");
	if (en->key_file == NULL && d4_key_make(e->key) != D4_OK)
		return fail("no random bytes", "try again");
	return 0;
}

/* Registers first: a line that is printed is good. */
static int
enroll_run(struct enroll *en)
{
	struct hub_options *opt = hub_options_told(en->conf);
	char line[D4_ENROLL_LINE];
	int rc;

	if (opt == NULL)
		return 1;
	rc = enroll_fill(opt, en);
	if (rc == 0 && d4_enroll_format(&en->line, line) != D4_OK)
		rc = fail("host or type cannot be written", "see --help");
	if (rc == 0)
		rc = register_sensor(opt, en);
	if (rc == 0 && (fputs(line, stdout) < 0 || fflush(stdout) != 0))
		rc = 1;
	OPENSSL_cleanse(line, sizeof(line));
	OPENSSL_cleanse(&en->line, sizeof(en->line));
	hub_options_free(opt);
	return rc;
}

static bool
enroll_option(struct enroll *en, int c)
{
	unsigned long port;

	switch (c) {
	case 'c':
		en->conf = optarg;
		return true;
	case 'u':
		en->uuid = optarg;
		return true;
	case 't':
		return parse_type(optarg, &en->line);
	case 'H':
		en->host = optarg;
		return true;
	case 'p':
		port = strtoul(optarg, NULL, 10);
		en->line.port = (uint16_t)port;
		return port > 0 && port < 65536;
	case 'm':
		en->mail = optarg;
		return true;
	case 'd':
		en->description = optarg;
		return true;
	case 'k':
		en->key_file = optarg;
		return true;
	case 'r':
		en->replace = true;
		return true;
	default:
		return false;
	}
}

int
cmd_enroll(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"conf", required_argument, NULL, 'c'},
	    {"uuid", required_argument, NULL, 'u'},
	    {"type", required_argument, NULL, 't'},
	    {"host", required_argument, NULL, 'H'},
	    {"port", required_argument, NULL, 'p'},
	    {"mail", required_argument, NULL, 'm'},
	    {"description", required_argument, NULL, 'd'},
	    {"key-file", required_argument, NULL, 'k'},
	    {"replace", no_argument, NULL, 'r'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct enroll en = {.conf = HUB_CONF, .line = {.type = D4_TYPE_PCAP}};
	int c;

	while ((c = getopt_long(
		    argc, argv, "c:u:t:H:p:m:d:k:rh", longs, NULL)) != -1) {
		if (c == 'h') {
			(void)fputs(usage, stdout);
			return 0;
		}
		if (!enroll_option(&en, c)) {
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return enroll_run(&en);
}
