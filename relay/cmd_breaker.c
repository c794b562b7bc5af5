#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/account.h"
#include "libd4/kit/file.h"
#include "libd4/kit/freeze.h"
#include "libd4/kit/json.h"
#include "relay/breakers.h"
#include "relay/commands.h"

/* close: which ones: by id, of a partner, or all. */
struct breaker_args {
	bool json, all;
	const char *partner, *because;
	char **id;
	size_t n_ids;
};

static bool
parse(int argc, char **argv, struct breaker_args *out)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"all", no_argument, NULL, 'a'},
	    {"partner", required_argument, NULL, 'p'},
	    {"because", required_argument, NULL, 'b'},
	    {NULL, 0, NULL, 0},
	};
	bool ok = true;
	int c;

	optind = 0; /* begins anew, with operands anywhere (glibc) */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'j')
			out->json = true;
		else if (c == 'a')
			out->all = true;
		else if (c == 'p')
			out->partner = optarg;
		else if (c == 'b')
			out->because = optarg;
		else
			ok = false;
	}
	out->id = argv + optind;
	out->n_ids = (size_t)(argc - optind);
	return ok;
}

static int
usage(void)
{
	(void)fputs(
	    "usage: d4-relay breaker [--json]\n"
	    "       d4-relay breaker close ID ... | --partner PARTNER | "
	    "--all [--because TEXT]\n",
	    stderr);
	return 64;
}

/* ---- for people ---- */

void
breaker_print(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *ext = d4_json_str(o, "ext");

		(void)printf("breaker %s open since %s for %s\n"
			     "    partner %s source %s rule %s pipeline %s\n"
			     "    sensor %s type %lld%s%s\n",
		    d4_json_str(o, "id"), d4_json_str(o, "since"),
		    d4_json_str(o, "reason"), d4_json_str(o, "partner"),
		    d4_json_str(o, "source"), d4_json_str(o, "rule"),
		    d4_json_str(o, "pipeline"), d4_json_str(o, "sensor"),
		    (long long)json_integer_value(json_object_get(o, "type")),
		    ext[0] != '\0' ? "/" : "", ext);
	}
}

static int
list_all(const json_t *list, bool json)
{
	if (json) {
		(void)json_dumpf(list, stdout, JSON_INDENT(1));
		(void)putchar('\n');
	} else {
		breaker_print(list);
	}
	return 0;
}

/* ---- closing ---- */

static bool
chosen(const struct breaker_args *a, const json_t *o)
{
	if (a->all)
		return true;
	if (a->partner != NULL)
		return strcmp(d4_json_str(o, "partner"), a->partner) == 0;
	for (size_t i = 0; i < a->n_ids; i++) {
		if (strcmp(d4_json_str(o, "id"), a->id[i]) == 0)
			return true;
	}
	return false;
}

/* What is released again is in the books first. */
static enum d4_status
noted(struct d4_account *account, const struct breaker_args *a, json_t *o)
{
	json_t *fields = json_pack("{s:O, s:o, s:s}", "breaker", o, "by",
	    d4_freeze_who(getuid()), "because",
	    a->because != NULL ? a->because : "");

	if (fields == NULL)
		return D4_EINVAL; /* a reason that is no text */
	return d4_account_write(account, true, "breaker.close", fields);
}

static int
close_one(const char *folder, struct d4_account *account,
    const struct breaker_args *a, json_t *o)
{
	const char *id = d4_json_str(o, "id");
	enum d4_status st = noted(account, a, o);

	if (st == D4_OK)
		st = breakers_lift(folder, id);
	if (st == D4_OK) {
		(void)printf("closed: %s, %s by rule %s\n", id,
		    d4_json_str(o, "partner"), d4_json_str(o, "rule"));
		return 0;
	}
	if (st == D4_ENOENT)
		return 0; /* somebody else was faster */
	(void)fprintf(stderr, "d4-relay: %s stays open: %s\n", id,
	    st == D4_EIO || st == D4_ENOSPC ? strerror(errno)
					    : d4_status_text(st));
	return 1;
}

static int
close_chosen(const struct relay_conf *c, const char *folder,
    const struct breaker_args *a, json_t *list)
{
	struct d4_account *account;
	size_t n = 0;
	int code = 0;

	if (d4_account_open(c->dir, "breaker", &account) != D4_OK) {
		(void)fprintf(stderr,
		    "d4-relay: nothing is closed: %s/breaker.jsonl: %s\n",
		    c->dir, strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *o = json_array_get(list, i);

		if (!chosen(a, o))
			continue;
		n++;
		if (close_one(folder, account, a, o) != 0)
			code = 1;
	}
	d4_account_close(account);
	if (n == 0 || (a->n_ids != 0 && n < a->n_ids)) {
		(void)fputs("d4-relay: not all of that is open; see d4-relay "
			    "breaker\n",
		    stderr);
		code = 1;
	}
	return code;
}

/* One way to say which, and a reason only where something is closed. */
static bool
sound(struct breaker_args *a, bool *close)
{
	unsigned ways;

	*close = a->n_ids != 0 && strcmp(a->id[0], "close") == 0;
	if (*close) {
		a->id++;
		a->n_ids--;
	}
	ways = (unsigned)a->all + (a->partner != NULL) + (a->n_ids != 0);
	if (!*close)
		return ways == 0 && a->because == NULL;
	return ways == 1 && !a->json;
}

int
cmd_breaker(const struct relay_conf *c, int argc, char **argv)
{
	struct breaker_args a = {.id = NULL};
	bool close;
	json_t *list;
	char *folder;
	int code;

	if (!parse(argc, argv, &a) || !sound(&a, &close))
		return usage();
	folder = d4_path(c->state, BREAKERS_FOLDER);
	list = folder != NULL ? breakers_list(folder) : NULL;
	if (list == NULL && errno == ENOENT)
		list = json_array(); /* wash never ran */
	if (list == NULL) {
		(void)fprintf(stderr, "d4-relay: %s: %s\n",
		    folder != NULL ? folder : c->state, strerror(errno));
		free(folder);
		return 1;
	}
	code =
	    close ? close_chosen(c, folder, &a, list) : list_all(list, a.json);
	json_decref(list);
	free(folder);
	return code;
}
