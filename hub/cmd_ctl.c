/* d4-hub ctl: words to a request, an answer to words. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "hub/cmd_ctl.h"
#include "hub/commands.h"
#include "hub/ctl_print.h"
#include "hub/options.h"
#include "libd4/key.h"
#include "libd4/kit/ctl.h"
#include "libd4/kit/file.h"

#define EXIT_AWAY 69 /* sysexits.h EX_UNAVAILABLE */

static int
wrong(const char *what, const char *which)
{
	(void)fprintf(stderr, "d4-hub ctl: %s: %s; remedy: d4-hub ctl --help\n",
	    what, which);
	return EXIT_USAGE;
}

/* ---- the command line ---- */

/* An option before or behind the command; how many words it takes. */
static int
common_option(struct ctl_line *l, const char *word, const char *next)
{
	if (strcmp(word, "--json") == 0) {
		l->json = true;
		return 1;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		l->help = true;
		return 1;
	}
	if (next == NULL)
		return 0;
	if (strcmp(word, "-c") == 0 || strcmp(word, "--conf") == 0)
		l->conf = next;
	else if (strcmp(word, "--ctl") == 0)
		l->ctl = next;
	else
		return 0;
	return 2;
}

static int
row_option(struct ctl_line *l, const char *word, const char *next)
{
	for (size_t i = 0; l->row != NULL && i < ctl_args(l->row); i++) {
		const struct ctl_arg *a = &l->row->arg[i];

		if (!a->option || strcmp(word + 2, a->name) != 0)
			continue;
		l->text[i] = a->kind == CTL_FLAG ? "" : next;
		return a->kind == CTL_FLAG ? 1 : next != NULL ? 2 : 0;
	}
	return 0;
}

static bool
row_place(struct ctl_line *l, const char *word)
{
	for (size_t i = 0; i < ctl_args(l->row); i++) {
		if (!l->row->arg[i].option && l->text[i] == NULL) {
			l->text[i] = word;
			return true;
		}
	}
	return false;
}

/* One word that is no option: noun, verb, then arguments. */
static int
line_word(struct ctl_line *l, const char **noun, const char *word)
{
	if (l->row != NULL)
		return row_place(l, word) ? 0 : wrong("too many words", word);
	if (*noun == NULL) {
		*noun = word;
		return 0;
	}
	l->row = ctl_find_words(*noun, word);
	return l->row != NULL ? 0 : ctl_no_command(*noun, word);
}

/* How many words the option takes; 0: there is no such one, or no value. */
static int
line_option(struct ctl_line *l, const char *word, const char *next)
{
	int n = common_option(l, word, next);

	return n == 0 && word[1] == '-' ? row_option(l, word, next) : n;
}

static int
no_option(const char *word, const char *next)
{
	return wrong(next == NULL ? "no such option, or it wants a value"
				  : "no such option of this command",
	    word);
}

static int
line_read(int argc, char **argv, struct ctl_line *l)
{
	const char *noun = NULL;
	int rc = 0, n;

	for (int i = 1; i < argc && rc == 0; i += n) {
		const char *word = argv[i];
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		n = 1;
		if (word[0] != '-' || word[1] == '\0') {
			rc = line_word(l, &noun, word);
			continue;
		}
		n = line_option(l, word, next);
		if (n == 0)
			return no_option(word, next);
	}
	if (rc == 0 && l->row == NULL && noun != NULL)
		l->row = ctl_find_noun(noun);
	l->noun = noun;
	if (rc == 0 && l->row == NULL && !l->help)
		rc = ctl_no_command(noun, NULL);
	return rc;
}

/* ---- the request ---- */

json_t *
ctl_request(const struct ctl_line *l)
{
	const struct ctl_row *row = l->row;
	json_t *o = json_object();
	char name[64];

	(void)snprintf(name, sizeof(name), "%s.%s", row->noun, row->verb);
	(void)json_object_set_new(o, "cmd", json_string(name));
	for (size_t i = 0; i < ctl_args(row); i++) {
		const struct ctl_arg *a = &row->arg[i];

		if (l->text[i] == NULL || a->kind == CTL_OUT)
			continue;
		(void)json_object_set_new(o, a->name,
		    a->kind == CTL_FLAG ? json_true()
					: json_string(l->text[i]));
	}
	return o;
}

static void
print_json(const struct ctl_line *l, const json_t *answer)
{
	if (l->json && json_dumpf(answer, stdout, JSON_INDENT(1)) == 0)
		(void)putchar('\n');
}

int
ctl_fail(const struct ctl_line *l, int rc, const char *fmt, ...)
{
	char why[4096 + 200];
	json_t *answer;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "d4-hub ctl: %s\n", why);
	answer = json_pack("{s:b,s:s}", "ok", 0, "error", why);
	if (answer != NULL)
		print_json(l, answer);
	json_decref(answer);
	return rc;
}

int
ctl_away(const struct ctl_line *l, enum d4_status st)
{
	int e = st == D4_EIO ? errno : 0;

	if (e == EACCES || e == EPERM)
		return ctl_fail(l, EXIT_AWAY,
		    "%s: %s; remedy: be root, or of its group", l->ctl,
		    strerror(e));
	return ctl_fail(l, EXIT_AWAY, "%s: %s; remedy: start the hub", l->ctl,
	    e != 0 ? strerror(e) : d4_status_text(st));
}

int
ctl_ask(const struct ctl_line *l, json_t *request, json_t **answer)
{
	enum d4_status st = d4_ctl_ask(l->ctl, request, answer);
	const char *why;

	json_decref(request);
	if (st != D4_OK)
		return ctl_away(l, st);
	if (json_is_true(json_object_get(*answer, "ok")))
		return 0;
	why = json_string_value(json_object_get(*answer, "error"));
	(void)fprintf(stderr, "d4-hub ctl: %s\n", why != NULL ? why : "?");
	print_json(l, *answer);
	json_decref(*answer);
	return 1;
}

/* ---- all of it ---- */

/* A key is not written on a command line, where others see it. */
static int
key_read(struct ctl_line *l)
{
	for (size_t i = 0; i < ctl_args(l->row); i++) {
		const char *path = l->text[i];
		const uint8_t end = '\0';

		if (l->row->arg[i].kind != CTL_KEY || path == NULL)
			continue;
		if (d4_secret_read(path, &l->key) != D4_OK ||
		    !d4_key_ok(d4_buf_slice(&l->key)) ||
		    d4_buf_add(&l->key, &end, 1) != D4_OK)
			return ctl_fail(l, 1,
			    "%s: no key; remedy: 1 to 100 of [A-Za-z0-9_-],"
			    " mode 0600, our own file",
			    path);
		l->text[i] = (const char *)l->key.p;
	}
	return 0;
}

static int
run(struct ctl_line *l)
{
	json_t *answer = NULL;
	int rc;

	if (key_read(l) != 0)
		return 1;
	for (size_t i = 0; i < ctl_args(l->row); i++) {
		if (l->row->arg[i].must && l->text[i] == NULL)
			return wrong("missing", l->row->arg[i].name);
	}
	if (l->row->text != NULL)
		return ctl_page(l);
	if (l->row->arg[0].kind == CTL_IN)
		rc = ctl_restore(l, &answer);
	else if (l->row->arg[0].kind == CTL_OUT)
		rc = ctl_backup(l, &answer);
	else
		rc = ctl_ask(l, ctl_request(l), &answer);
	if (rc != 0)
		return rc;
	if (!l->json)
		(void)json_object_del(answer, "ok");
	if (!l->json)
		ctl_print(answer, l->row->columns);
	print_json(l, answer);
	json_decref(answer);
	return fflush(stdout) == 0 ? rc : 1;
}

int
cmd_ctl(int argc, char **argv)
{
	struct ctl_line l = {.conf = HUB_CONF};
	struct hub_options *opt;
	int rc = line_read(argc, argv, &l);

	if (rc != 0 || l.help || l.row == NULL) {
		if (l.help)
			ctl_help(stdout, l.noun);
		return rc;
	}
	opt = l.ctl == NULL ? hub_options_told(l.conf) : NULL;
	if (opt == NULL && l.ctl == NULL)
		return 1;
	if (opt != NULL)
		l.ctl = opt->ctl;
	d4_buf_init(&l.key, D4_KEY_MAX + 2);
	rc = run(&l);
	d4_buf_wipe(&l.key);
	hub_options_free(opt);
	return rc;
}
