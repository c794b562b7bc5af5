/* What is in the airlock; only reads, whether the relay runs or not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/spool.h"
#include "relay/cmd_spool.h"
#include "relay/commands.h"

/* Behind the word: options, then the names of a partner and a lane. */
struct spool_args {
	int argc, at;
	char **argv;
};

int
cmd_spool_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
walk_partner(struct spool_ask *a, const struct spool_way *way, const char *top,
    const char *partner)
{
	struct dirent **e = NULL;
	int n = scandir(top, &e, NULL, cmd_spool_names), code = 0;

	for (int i = 0; i < n; i++) {
		char *dir = d4_path(top, e[i]->d_name);
		json_t *lane;

		if (dir != NULL && d4_spool_name_lane(e[i]->d_name) &&
		    (a->lane == NULL || strcmp(a->lane, e[i]->d_name) == 0)) {
			lane = json_pack("{s:s, s:s}", "partner", partner,
			    "lane", e[i]->d_name);
			code |= way->each(a, dir, lane);
			(void)json_array_append_new(a->out, lane);
		}
		free(dir);
		free((void *)e[i]);
	}
	free((void *)e);
	return code;
}

static int
walk(struct spool_ask *a, const struct spool_way *way)
{
	struct dirent **e = NULL;
	int n = scandir(a->conf->spool, &e, NULL, cmd_spool_names), code = 0;

	if (n < 0)
		(void)fprintf(stderr, "d4-relay: %s: %s\n", a->conf->spool,
		    strerror(errno));
	for (int i = 0; i < n; i++) {
		char *top = d4_path(a->conf->spool, e[i]->d_name);

		if (top != NULL && e[i]->d_name[0] != '.' &&
		    (a->partner == NULL ||
			strcmp(a->partner, e[i]->d_name) == 0))
			code |= walk_partner(a, way, top, e[i]->d_name);
		free(top);
		free((void *)e[i]);
	}
	free((void *)e);
	return n < 0 ? 1 : code;
}

static int
usage(void)
{
	(void)fprintf(stderr,
	    "usage: d4-relay spool ls|verify [--json] [PARTNER [LANE]]\n"
	    "       d4-relay spool status [--json] [PARTNER]\n"
	    "       d4-relay spool cat [--from SEQ] [--to SEQ] PARTNER LANE\n");
	return 64;
}

static bool
args_seq(struct spool_args *args, uint64_t *out)
{
	char *end = NULL;

	if (++args->at == args->argc)
		return false;
	*out = strtoull(args->argv[args->at], &end, 10);
	return end != args->argv[args->at] && *end == '\0';
}

/* The next one; false: not understood. */
static bool
args_next(struct spool_args *args, struct spool_ask *a)
{
	const char *word = args->argv[args->at];

	if (strcmp(word, "--from") == 0)
		return args_seq(args, &a->from);
	if (strcmp(word, "--to") == 0)
		return args_seq(args, &a->to);
	if (strcmp(word, "--json") == 0) {
		a->json = true;
		return true;
	}
	if (word[0] == '-' || a->lane != NULL)
		return false;
	*(a->partner == NULL ? &a->partner : &a->lane) = word;
	return true;
}

static void
spool_print(const struct spool_ask *a, const struct spool_way *way)
{
	if (way->print == NULL)
		return;
	if (a->json)
		(void)json_dumpf(a->out, stdout, JSON_INDENT(1));
	for (size_t i = 0; !a->json && i < json_array_size(a->out); i++)
		way->print(json_array_get(a->out, i));
}

int
cmd_spool(const struct relay_conf *c, int argc, char **argv)
{
	struct spool_args args = {.argc = argc, .at = 2, .argv = argv};
	struct spool_ask a = {.conf = c, .to = UINT64_MAX};
	const struct spool_way *way;
	int code;

	if (argc > 1 && strcmp(argv[1], "status") == 0)
		return cmd_spool_status(c, argc, argv);
	way = argc > 1 ? cmd_spool_way(argv[1]) : NULL;
	for (; way != NULL && args.at < argc; args.at++) {
		if (!args_next(&args, &a))
			return usage();
	}
	if (way == NULL || (way->print == NULL && a.lane == NULL))
		return usage();
	a.out = json_array();
	code = walk(&a, way);
	spool_print(&a, way);
	if (a.bad > 0)
		(void)fprintf(stderr, "d4-relay: %llu damages\n",
		    (unsigned long long)a.bad);
	json_decref(a.out);
	return code != 0 || a.bad > 0 || fflush(stdout) != 0 ? 1 : 0;
}
