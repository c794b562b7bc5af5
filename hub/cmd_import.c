/* d4-hub import: the sensors and blocklists of a d4-core. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "hub/commands.h"
#include "hub/ctl_args.h"
#include "hub/import.h"
#include "hub/store.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/redis.h"

#define IMPORT_S  2592000u /* to change a key that others know */
#define ASK_WORDS (2u + IMPORT_FIELDS)

/*
 * struct import -- from: the d4-core's. until: deadline in seconds since
 * 1970. The counts: taken as approved and as pending; of both, with a key that
 * others know; there already; not understood. listed: blocked ones.
 */
struct import {
	const char *conf, *url;
	bool dry;
	uint64_t seconds, until;
	redisContext *from;
	struct store store;
	char *default_key;
	size_t default_n;
	unsigned long approved, pending, known, there, bad, listed;
};

static const char usage[] =
    "usage: d4-hub import [-c CONF] [--quarantine TIME] [--dry-run] URL\n"
    "  takes the sensors and blocklists of a d4-core's Redis (METADATA,\n"
    "  tcp://127.0.0.1:6380 or unix:/path) into the hub's; what is there\n"
    "  already stays as it is, and nothing is changed over there\n"
    "  --quarantine TIME  a sensor whose key others know, because it is the\n"
    "                     default one, must have another one by then (30d)\n"
    "  --dry-run          only says what it would do\n";

/* The sensor as it stands there, unless we know it. */
static const char put_script[] =
    "local c,u=redis.call,ARGV[1] for _,k in ipairs({'registered_uuid',"
    "'sensor_pending_registration','d4:revoked_uuid'}) do "
    "if c('SISMEMBER',k,u)==1 then return 0 end end "
    "for i=4,#ARGV,2 do if ARGV[i+1]~='' then "
    "c('HSET','metadata_uuid:'..u,ARGV[i],ARGV[i+1]) end end "
    "if ARGV[3]~='0' then "
    "c('HSET','d4:sensor:'..u,'quarantine_until',ARGV[3]) end "
    "c('SADD',ARGV[2],u) return 1";

/* ---- their side ---- */

static redisReply *
ask(struct import *im, const char *cmd, const char *key)
{
	redisReply *r = redisCommand(im->from, "%s %s", cmd, key);

	if (r == NULL || r->type == REDIS_REPLY_ERROR) {
		(void)fprintf(stderr, "d4-hub import: %s %s: %s\n", cmd, key,
		    r != NULL ? r->str : im->from->errstr);
		if (r != NULL)
			freeReplyObject(r);
		return NULL;
	}
	return r;
}

static bool
import_default(struct import *im)
{
	redisReply *r = ask(im, "GET", "server:hmac_default_key");

	if (r == NULL)
		return false;
	if (r->type == REDIS_REPLY_STRING) {
		im->default_key = malloc(r->len + 1);
		if (im->default_key != NULL) {
			memcpy(im->default_key, r->str, r->len);
			im->default_n = r->len;
		}
	}
	freeReplyObject(r);
	return true;
}

static redisReply *
ask_fields(struct import *im, const redisReply *name)
{
	const char *argv[ASK_WORDS] = {"HMGET"};
	size_t len[ASK_WORDS] = {5};
	struct d4_buf key;
	redisReply *r = NULL;

	d4_buf_init(&key, 256);
	if (name->type == REDIS_REPLY_STRING &&
	    d4_buf_adds(&key, "metadata_uuid:") == D4_OK &&
	    d4_buf_add(&key, name->str, name->len) == D4_OK) {
		argv[1] = (const char *)key.p;
		len[1] = key.n;
		for (size_t i = 0; i < IMPORT_FIELDS; i++) {
			argv[2 + i] = import_fields[i];
			len[2 + i] = strlen(import_fields[i]);
		}
		r = redisCommandArgv(im->from, ASK_WORDS, argv, len);
	}
	d4_buf_fini(&key);
	return r;
}

/* ---- our side ---- */

/* 1 taken, 0 known already, -1 an error that was said. */
static int
put_sensor(struct import *im, const struct import_sensor *s, const char *set)
{
	const char *argv[6 + 2 * IMPORT_FIELDS] = {
	    "EVAL", put_script, "0", s->uuid, set};
	size_t len[6 + 2 * IMPORT_FIELDS] = {
	    4, sizeof(put_script) - 1, 1, D4_UUID_HEX - 1, strlen(set)};
	char until[24];
	redisReply *r;
	size_t n = 6;
	int done;

	(void)snprintf(until, sizeof(until), "%llu",
	    (unsigned long long)(s->known_key ? im->until : 0));
	argv[5] = until;
	len[5] = strlen(until);
	for (size_t i = 0; i < IMPORT_FIELDS; i++) {
		argv[n] = import_fields[i];
		len[n++] = strlen(import_fields[i]);
		argv[n] = (const char *)s->field[i].p;
		len[n++] = s->field[i].n;
	}
	r = store_argv(&im->store, (int)n, argv, len);
	if (r == NULL)
		return -1;
	done = r->integer == 1;
	freeReplyObject(r);
	return done;
}

static void
say_known(struct import *im, const struct import_sensor *s)
{
	char text[D4_TIME_TEXT];

	im->known++;
	d4_time_text(im->until * 1000000, text);
	(void)printf("%s others know its key: refused from %.19sZ on; "
		     "remedy: d4-hub ctl sensors rotate-key\n",
	    s->uuid, text);
}

static bool
import_one(struct import *im, const redisReply *name, const char *set,
    unsigned long *count)
{
	redisReply *fields = ask_fields(im, name);
	struct import_sensor s;
	int done = 1;

	if (fields == NULL ||
	    import_sensor_read(name, fields,
		d4_slice_of(im->default_key, im->default_n), &s) != D4_OK) {
		im->bad++;
	} else {
		if (!im->dry)
			done = put_sensor(im, &s, set);
		*count += done == 1;
		im->there += done == 0;
		if (done == 1 && s.known_key)
			say_known(im, &s);
	}
	if (fields != NULL)
		freeReplyObject(fields);
	return done >= 0 && im->from->err == 0;
}

static bool
import_sensors(struct import *im, const char *set, unsigned long *count)
{
	redisReply *names = ask(im, "SMEMBERS", set);
	bool good = names != NULL;

	for (size_t i = 0; good && i < names->elements; i++)
		good = import_one(im, names->element[i], set, count);
	if (names != NULL)
		freeReplyObject(names);
	return good;
}

static bool
import_list(struct import *im, const char *set, enum import_kind kind)
{
	redisReply *names = ask(im, "SMEMBERS", set), *r;
	bool good = names != NULL;

	for (size_t i = 0; good && i < names->elements; i++) {
		const redisReply *one = names->element[i];

		if (!import_member(kind, one)) {
			im->bad++;
			continue;
		}
		im->listed++;
		if (im->dry)
			continue;
		r = store_ask(
		    &im->store, "SADD %s %b", set, one->str, (size_t)one->len);
		good = r != NULL;
		if (good)
			freeReplyObject(r);
	}
	if (names != NULL)
		freeReplyObject(names);
	return good;
}

/* ---- all of it ---- */

/* Who is blocked comes first: nobody is let in for a moment. */
static int
import_all(struct import *im)
{
	bool good =
	    import_default(im) &&
	    import_list(im, "blacklist_uuid", IMPORT_UUIDS) &&
	    import_list(im, "blacklist_ip_by_uuid", IMPORT_UUIDS) &&
	    import_list(im, "blacklist_ip", IMPORT_ADDRESSES) &&
	    import_sensors(im, "registered_uuid", &im->approved) &&
	    import_sensors(im, "sensor_pending_registration", &im->pending);

	(void)printf("%s approved=%lu pending=%lu known_key=%lu there=%lu "
		     "not_understood=%lu blocked=%lu\n",
	    im->dry ? "would take" : "taken", im->approved, im->pending,
	    im->known, im->there, im->bad, im->listed);
	return good && fflush(stdout) == 0 ? 0 : 1;
}

static bool
import_dial(struct import *im)
{
	int fd = -1;
	enum d4_status st = d4_redis_dial(im->url, &fd);

	if (st == D4_OK)
		im->from = redisConnectFd(fd);
	if (im->from == NULL)
		(void)fprintf(stderr, "d4-hub import: %s: %s (%s)\n", im->url,
		    d4_status_text(st), st == D4_EIO ? strerror(errno) : "");
	return im->from != NULL;
}

static int
import_run(struct import *im)
{
	struct d4_diag diag = {.file = im->conf};
	struct hub_options *opt = NULL;
	char text[1024];
	int rc = 1;

	if (hub_options_load(im->conf, &diag, &opt) != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		(void)fprintf(stderr, "%s\n", text);
		return 1;
	}
	if (import_dial(im) && store_open(opt, &im->store) == D4_OK) {
		rc = import_all(im);
		store_close(&im->store);
	}
	if (im->from != NULL)
		redisFree(im->from);
	if (im->default_key != NULL)
		OPENSSL_cleanse(im->default_key, im->default_n);
	free(im->default_key);
	hub_options_free(opt);
	return rc;
}

static bool
import_seconds(const char *text, uint64_t *out)
{
	const struct ctl_arg a = {.kind = CTL_TIME};
	struct d4_buf b;
	bool good;

	d4_buf_init(&b, 64);
	good = ctl_arg_check(&a, text, &b) == D4_OK &&
	       dossier_number(d4_buf_slice(&b), out) == D4_OK;
	d4_buf_fini(&b);
	return good;
}

int
cmd_import(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"conf", required_argument, NULL, 'c'},
	    {"quarantine", required_argument, NULL, 'q'},
	    {"dry-run", no_argument, NULL, 'd'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct import im = {.conf = HUB_CONF, .seconds = IMPORT_S};
	bool good = true;
	int c;

	while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
		if (c == 'h') {
			(void)fputs(usage, stdout);
			return 0;
		}
		if (c == 'c')
			im.conf = optarg;
		else if (c == 'd')
			im.dry = true;
		else
			good = good && c == 'q' &&
			       import_seconds(optarg, &im.seconds);
	}
	if (!good || optind + 1 != argc) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	im.url = argv[optind];
	im.until = d4_now_us() / 1000000 + im.seconds;
	return import_run(&im);
}
