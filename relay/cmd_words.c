#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/account.h"
#include "libd4/kit/freeze.h"
#include "relay/cmd_words.h"

static void
words_put(struct cmd_words *w, int c)
{
	if (c == 'j')
		w->json = true;
	else if (c == 'a')
		w->all = true;
	else if (c == 'p')
		w->partner = optarg;
	else
		w->because = optarg;
}

bool
cmd_words(int argc, char **argv, const char *takes, struct cmd_words *out)
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

	*out = (struct cmd_words){.json = false};
	optind = 0; /* begins anew, with operands anywhere (glibc) */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		ok = ok && strchr(takes, c) != NULL;
		if (ok)
			words_put(out, c);
	}
	out->arg = argv + optind;
	out->n = (size_t)(argc - optind);
	return ok;
}

int
cmd_fails(const char *what, const char *of, enum d4_status st)
{
	(void)fprintf(stderr, "d4-relay: %s%s%s: %s\n", what,
	    of != NULL ? " " : "", of != NULL ? of : "",
	    st == D4_EIO || st == D4_ENOSPC ? strerror(errno)
					    : d4_status_text(st));
	return 1;
}

enum d4_status
cmd_noted(const struct relay_conf *c, const char *book, const char *event,
    const char *because, json_t *fields)
{
	struct d4_account *account;
	enum d4_status st = d4_account_open(c->dir, book, &account);

	if (st != D4_OK) {
		json_decref(fields);
		return st;
	}
	if (fields == NULL ||
	    json_object_set_new(fields, "by", d4_freeze_who(getuid())) != 0 ||
	    json_object_set_new(fields, "because",
		json_string(because != NULL ? because : "")) != 0) {
		json_decref(fields);
		st = D4_EINVAL;
	} else {
		st = d4_account_write(account, true, event, fields);
	}
	d4_account_close(account);
	return st;
}
