#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "gate/gate.h"
#include "libd4/kit/ctl.h"
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "relay/cmd_words.h"
#include "relay/commands.h"
#include "relay/freezes.h"

struct freeze_args {
	const char *partner; /* NULL: none was given */
	struct d4_freeze_note note;
};

static bool
parse(int argc, char **argv, struct freeze_args *out)
{
	struct cmd_words w;

	if (!cmd_words(argc, argv, "ab", &w) || w.n > (w.all ? 0u : 1u))
		return false;
	out->note.because = w.because;
	out->partner = w.all ? D4_FREEZE_ALL : w.n == 1 ? w.arg[0] : NULL;
	return true;
}

static int
usage(const char *command)
{
	(void)fprintf(stderr,
	    "usage: d4-relay %s PARTNER | --all [--because TEXT]\n", command);
	return 64;
}

/* ---- who can be frozen ---- */

static bool
known_conf(const struct relay_conf *c, const char *partner)
{
	for (size_t i = 0; i < c->n_partners; i++) {
		if (strcmp(c->partner[i].id, partner) == 0)
			return true;
	}
	return false;
}

/* Of the policy, too: not all that it names are fed by post. */
static bool
known_policy(const struct relay_conf *c, const char *partner)
{
	struct d4_diag diag = {.file = NULL};
	struct gate *g = NULL;
	bool known;

	if (gate_load(c->policy, &diag, &g) != D4_OK)
		return false;
	known = pol_partner_find(gate_policy(g), partner) != NULL;
	gate_free(g);
	return known;
}

/* A name with an error in it must not seem to be frozen. */
static bool
known(const struct relay_conf *c, const char *partner)
{
	if (strcmp(partner, D4_FREEZE_ALL) == 0 || known_conf(c, partner) ||
	    known_policy(c, partner))
		return true;
	(void)fprintf(stderr,
	    "d4-relay: no partner %s, in relay.yaml or in the policy; of "
	    "relay.yaml:",
	    partner);
	for (size_t i = 0; i < c->n_partners; i++)
		(void)fprintf(stderr, " %s", c->partner[i].id);
	(void)fputs("\n", stderr);
	return false;
}

/* ---- what the running relay makes of it ---- */

static int
holds(const struct relay_conf *c, const char *done)
{
	json_t *request = json_pack("{s:s}", "cmd", "freeze");
	json_t *answer = NULL;
	enum d4_status st;
	const char *post;

	errno = 0;
	st = d4_ctl_ask(c->ctl, request, &answer);
	json_decref(request);
	if (st == D4_EIO && (errno == ENOENT || errno == ECONNREFUSED)) {
		(void)printf("%s; the relay is not running\n", done);
		return 0;
	}
	post = st == D4_OK ? json_string_value(json_object_get(answer, "post"))
	                   : NULL;
	if (post != NULL) {
		(void)printf("%s; post %s\n", done, post);
		json_decref(answer);
		return 0;
	}
	json_decref(answer);
	(void)fprintf(stderr,
	    "d4-relay: %s, on disk; but the relay did not say that it holds "
	    "(%s: %s). Post looks at the disk by itself, within a second.\n",
	    done, c->ctl, st == D4_EIO ? strerror(errno) : d4_status_text(st));
	return 1;
}

static const char *
name_of(const char *partner)
{
	return strcmp(partner, D4_FREEZE_ALL) == 0 ? "all partners" : partner;
}

static int
noted(
    const struct relay_conf *c, const char *event, const struct freeze_args *a)
{
	enum d4_status st = freezes_note(c, event, a->partner, &a->note);

	return st == D4_OK
	           ? 0
	           : cmd_fails("no record in freeze.jsonl of", c->dir, st);
}

/* ---- the commands ---- */

static int
freeze(const struct relay_conf *c, const struct freeze_args *a)
{
	enum d4_status st = freezes_make(c);
	char done[128];
	int code, held;

	if (st == D4_OK)
		st = d4_freeze_set(c->freeze, a->partner, &a->note);
	if (st == D4_EINVAL) {
		(void)fprintf(stderr,
		    "d4-relay: not frozen: a reason is one line of text, %u "
		    "bytes at most\n",
		    D4_FREEZE_BECAUSE);
		return 1;
	}
	if (st != D4_OK)
		return cmd_fails("NOT FROZEN:", c->freeze, st);
	(void)snprintf(done, sizeof(done), "frozen: %s", name_of(a->partner));
	held = holds(c, done); /* at once; the books after that */
	code = noted(c, "freeze", a);
	return code != 0 ? code : held;
}

int
cmd_freeze(const struct relay_conf *c, int argc, char **argv)
{
	struct freeze_args a = {.note = {.uid = getuid()}};
	struct stat sb;
	json_t *list;

	if (!parse(argc, argv, &a) ||
	    (a.partner == NULL && a.note.because != NULL))
		return usage(argv[0]);
	if (a.partner != NULL)
		return known(c, a.partner) ? freeze(c, &a) : 1;
	if (lstat(c->freeze, &sb) != 0 && errno == ENOENT)
		return 0; /* nobody was ever frozen */
	list = d4_freeze_list(c->freeze);
	freeze_print(list);
	json_decref(list);
	return 0;
}

/* What is released again is in the books first. */
int
cmd_thaw(const struct relay_conf *c, int argc, char **argv)
{
	struct freeze_args a = {.note = {.uid = getuid()}};
	enum d4_freeze still;
	enum d4_status st;
	char done[192];
	json_t *list;
	int code;

	if (!parse(argc, argv, &a) || a.partner == NULL)
		return usage(argv[0]);
	st = freezes_make(c);
	if (st == D4_OK)
		st = d4_freeze_has(c->freeze, a.partner);
	if (st == D4_OK && noted(c, "thaw", &a) != 0)
		return 1;
	if (st == D4_OK)
		st = d4_freeze_lift(c->freeze, a.partner);
	if (st == D4_ENOENT || st == D4_EINVAL) {
		(void)fprintf(stderr, "d4-relay: %s: not frozen by that name\n",
		    name_of(a.partner));
		return 1;
	}
	if (st != D4_OK)
		return cmd_fails("still frozen:", c->freeze, st);
	still = d4_frozen(c->freeze, a.partner);
	(void)snprintf(done, sizeof(done), "thawed: %s%s", name_of(a.partner),
	    still == D4_FROZEN_ALL ? ", but all partners are frozen still"
				   : "");
	code = holds(c, done);
	/* Who was frozen by name is not thawed with all. */
	list = d4_freeze_list(c->freeze);
	freeze_print(list);
	json_decref(list);
	return code;
}

/* ---- for people ---- */

void
freeze_print(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const json_t *by = json_object_get(o, "by");

		(void)printf("frozen %s since %s by %s (uid %lld): %s\n",
		    d4_json_str(o, "partner"), d4_json_str(o, "since"),
		    d4_json_str(by, "name"),
		    (long long)json_integer_value(json_object_get(by, "uid")),
		    d4_json_str(o, "because"));
	}
}
