/* d4-hub import: the sensors and blocklists of a d4-core. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "hub/commands.h"
#include "hub/ctl_args.h"
#include "hub/import.h"
#include "hub/store.h"
#include "hub/stranger.h"
#include "libd4/kit/clock.h"

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
	struct stranger from;
	struct store store;
	char *default_key;
	size_t default_n;
	unsigned long approved, pending, known, there, bad, listed;
};

static const char usage[] =
    "usage: d4-hub import [-c CONF] [--quarantine TIME] [--dry-run] URL\n"
    "  copies the sensors and blocklists of a d4-core's Redis (METADATA,\n"
    "  tcp://127.0.0.1:6380 or unix:/path) into the hub's. Existing entries\n"
    "  stay as they are, and nothing is changed in the d4-core.\n"
    "  --quarantine TIME  a sensor with the default key, which others know,\n"
    "                     must have another one by then (30d)\n"
    "  --dry-run          only print what would be done\n";

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

/* Says what went wrong over there; false. */
static bool
theirs_failed(const struct import *im, const char *what)
{
	(void)fprintf(stderr, "d4-hub import: %s: %s\n", what, im->from.why);
	return false;
}

static bool
import_default(struct import *im)
{
	const char *const word[] = {"GET", "server:hmac_default_key"};
	const size_t len[] = {3, 23};
	redisReply *r = NULL;

	if (stranger_ask(&im->from, 2, word, len, &r) != D4_OK)
		return theirs_failed(im, word[1]);
	if (r->type == REDIS_REPLY_STRING) {
		im->default_key = malloc((size_t)r->len + 1);
		if (im->default_key != NULL) {
			memcpy(im->default_key, r->str, (size_t)r->len);
			im->default_n = (size_t)r->len;
		}
	}
	freeReplyObject(r);
	return true;
}

/* What is known of it there; a sensor whose answer is too big is none. */
static enum d4_status
ask_fields(struct import *im, const redisReply *name, redisReply **out)
{
	const char *word[ASK_WORDS] = {"HMGET"};
	size_t len[ASK_WORDS] = {5};
	struct d4_buf key;
	enum d4_status st = D4_EMALFORMED;

	d4_buf_init(&key, 256);
	if (name->type == REDIS_REPLY_STRING &&
	    d4_buf_adds(&key, "metadata_uuid:") == D4_OK &&
	    d4_buf_add(&key, name->str, (size_t)name->len) == D4_OK) {
		word[1] = (const char *)key.p;
		len[1] = key.n;
		for (size_t i = 0; i < IMPORT_FIELDS; i++) {
			word[2 + i] = import_fields[i];
			len[2 + i] = strlen(import_fields[i]);
		}
		st = stranger_ask(&im->from, ASK_WORDS, word, len, out);
	}
	d4_buf_fini(&key);
	return st;
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

/* A set of theirs under way: what it is called, and what is counted. */
struct import_set {
	struct import *im;
	const char *name;
	unsigned long *count;
	enum import_kind kind;
};

/* False: ours failed, which was said, or theirs. */
static bool
import_taken(struct import_set *set, const struct import_sensor *s)
{
	struct import *im = set->im;
	int done = im->dry ? 1 : put_sensor(im, s, set->name);

	*set->count += done == 1;
	im->there += done == 0;
	if (done == 1 && s->known_key)
		say_known(im, s);
	return done >= 0;
}

static bool
import_one(void *arg, const redisReply *name)
{
	struct import_set *set = arg;
	struct import *im = set->im;
	redisReply *fields = NULL;
	enum d4_status st = ask_fields(im, name, &fields);
	struct import_sensor s;
	bool good;

	if (st == D4_EIO || st == D4_ENOMEM)
		return theirs_failed(im, set->name);
	if (st != D4_OK ||
	    import_sensor_read(name, fields,
		d4_slice_of(im->default_key, im->default_n), &s) != D4_OK) {
		im->bad++;
		good = true;
	} else {
		good = import_taken(set, &s);
	}
	if (fields != NULL)
		freeReplyObject(fields);
	return good;
}

static bool
import_listed(void *arg, const redisReply *one)
{
	struct import_set *set = arg;
	struct import *im = set->im;
	redisReply *r;

	if (!import_member(set->kind, one)) {
		im->bad++;
		return true;
	}
	im->listed++;
	if (im->dry)
		return true;
	r = store_ask(
	    &im->store, "SADD %s %b", set->name, one->str, (size_t)one->len);
	if (r != NULL)
		freeReplyObject(r);
	return r != NULL;
}

static bool
import_scan(
    struct import_set *set, bool (*fn)(void *arg, const redisReply *member))
{
	enum d4_status st = stranger_scan(&set->im->from, set->name, fn, set);

	if (st != D4_OK && st != D4_ECLOSED)
		return theirs_failed(set->im, set->name);
	return st == D4_OK;
}

static bool
import_sensors(struct import *im, const char *name, unsigned long *count)
{
	return import_scan(
	    &(struct import_set){.im = im, .name = name, .count = count},
	    import_one);
}

static bool
import_list(struct import *im, const char *name, enum import_kind kind)
{
	return import_scan(
	    &(struct import_set){.im = im, .name = name, .kind = kind},
	    import_listed);
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

static int
import_run(struct import *im)
{
	struct hub_options *opt = hub_options_told(im->conf);
	int rc = 1;

	if (opt == NULL)
		return 1;
	if (stranger_open(&im->from, im->url) != D4_OK) {
		(void)theirs_failed(im, im->url);
	} else if (store_open(opt, &im->store) == D4_OK) {
		rc = import_all(im);
		store_close(&im->store);
	}
	stranger_close(&im->from);
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
	/* A server that goes away is an error, not our end. */
	(void)signal(SIGPIPE, SIG_IGN);
	im.url = argv[optind];
	im.until = d4_now_us() / 1000000 + im.seconds;
	return import_run(&im);
}
