/* d4-hub sensors, d4-hub status. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "hub/commands.h"
#include "hub/ctl_print.h"
#include "hub/store.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/ctl.h"

static const char sensors_usage[] =
    "usage: d4-hub sensors [-c CONF]\n"
    "  the registered sensors: UUID, last seen (UTC), last error\n";

static const char status_usage[] =
    "usage: d4-hub status [-c CONF | --ctl PATH] [--json]\n"
    "  shows the state of the running hub\n";

/* What both take. */
struct query {
	const char *conf, *ctl;
	bool json, help;
};

static bool
query_options(int argc, char **argv, struct query *q)
{
	static const struct option longs[] = {
	    {"conf", required_argument, NULL, 'c'},
	    {"ctl", required_argument, NULL, 'k'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*q = (struct query){.conf = HUB_CONF};
	while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
		if (c == 'c')
			q->conf = optarg;
		else if (c == 'k')
			q->ctl = optarg;
		else if (c == 'j')
			q->json = true;
		else if (c == 'h')
			q->help = true;
		else
			return false;
	}
	return optind == argc;
}

/* ---- sensors ---- */

static void
print_sensor(struct store *s, const char *hex)
{
	redisReply *r =
	    store_ask(s, "HMGET metadata_uuid:%s last_seen Error", hex);
	char seen[D4_TIME_TEXT] = "never", text[D4_UUID_TEXT];
	struct d4_uuid u;

	if (r == NULL || r->elements != 2 || d4_uuid_parse(hex, &u) != D4_OK)
		goto out;
	d4_uuid_text(&u, text);
	if (r->element[0]->type == REDIS_REPLY_STRING) {
		d4_time_text(
		    strtoull(r->element[0]->str, NULL, 10) * 1000000, seen);
		seen[19] = '\0';
	}
	(void)printf("%s  %-19s  %s\n", text, seen,
	    r->element[1]->type == REDIS_REPLY_STRING ? r->element[1]->str
						      : "-");
out:
	if (r != NULL)
		freeReplyObject(r);
}

int
cmd_sensors(int argc, char **argv)
{
	struct hub_options *opt;
	struct store s;
	struct query q;
	redisReply *r;

	if (!query_options(argc, argv, &q) || q.help) {
		(void)fputs(sensors_usage, q.help ? stdout : stderr);
		return q.help ? 0 : EXIT_USAGE;
	}
	opt = hub_options_told(q.conf);
	if (opt == NULL || store_open(opt, &s) != D4_OK) {
		hub_options_free(opt);
		return 1;
	}
	r = store_ask(&s, "SMEMBERS registered_uuid");
	for (size_t i = 0; r != NULL && i < r->elements; i++) {
		if (r->element[i]->type == REDIS_REPLY_STRING)
			print_sensor(&s, r->element[i]->str);
	}
	if (r != NULL)
		freeReplyObject(r);
	store_close(&s);
	hub_options_free(opt);
	return r != NULL ? 0 : 1;
}

/* ---- status ---- */

/* A table of the queues behind all else: it is a line for each. */
static void
print_status(json_t *answer)
{
	json_t *queues = json_object_get(answer, "queues"), *q;
	json_t *rows = json_array(), *table;
	const char *name;

	json_object_foreach(queues, name, q)
	{
		(void)json_object_set_new(q, "queue", json_string(name));
		(void)json_array_append(rows, q);
	}
	table = json_pack("{s:o}", "queues", rows);
	(void)json_object_del(answer, "queues");
	ctl_print_flat("", answer);
	(void)putchar('\n');
	ctl_print(table, "queue length readers bytes disk_bytes records_put "
			 "records_dropped full time_to_full_s");
	json_decref(table);
}

static int
ask_status(const char *path, bool as_json)
{
	json_t *request = json_pack("{s:s}", "cmd", "status");
	json_t *answer = NULL;
	enum d4_status st = d4_ctl_ask(path, request, &answer);
	int rc;

	json_decref(request);
	if (st != D4_OK) {
		(void)fprintf(stderr,
		    "d4-hub status: %s: %s; remedy: start the hub\n", path,
		    d4_status_text(st));
		return 1;
	}
	rc = json_is_true(json_object_get(answer, "ok")) ? 0 : 1;
	if (as_json && json_dumpf(answer, stdout, JSON_INDENT(1)) == 0)
		(void)putchar('\n');
	else if (!as_json)
		print_status(answer);
	json_decref(answer);
	return rc;
}

int
cmd_status(int argc, char **argv)
{
	struct hub_options *opt;
	struct query q;
	int rc;

	if (!query_options(argc, argv, &q) || q.help) {
		(void)fputs(status_usage, q.help ? stdout : stderr);
		return q.help ? 0 : EXIT_USAGE;
	}
	if (q.ctl != NULL)
		return ask_status(q.ctl, q.json);
	opt = hub_options_told(q.conf);
	if (opt == NULL)
		return 1;
	rc = ask_status(opt->ctl, q.json);
	hub_options_free(opt);
	return rc;
}
