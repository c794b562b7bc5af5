/* d4-hub ctl: what there is, and what there is not. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "hub/cmd_ctl.h"
#include "hub/commands.h"

static const char usage[] =
    "usage: d4-hub ctl [-c CONF | --ctl PATH] [--json] NOUN VERB ...\n"
    "  queries and changes the running hub, through its control socket\n"
    "  --json   print the answer as JSON, for programs\n"
    "  values: BYTES 4096, 100kB, 1MiB; TIME 30s, 12h, 7d\n\n"
    "commands (* changes something: for root and the hub's own account):\n";

/* What stands for a value; words: the words themselves. */
static void
help_value(const struct ctl_arg *a, char *out, size_t n)
{
	static const char *const texts[] = {
	    [CTL_UUID] = "UUID",
	    [CTL_NAME] = "NAME",
	    [CTL_TEXT] = "TEXT",
	    [CTL_BYTES] = "BYTES",
	    [CTL_COUNT] = "N",
	    [CTL_TIME] = "TIME",
	    [CTL_FROM] = "NETWORK,...|any",
	    [CTL_CERT] = "uuid|name:NAME|sha256:HEX,...|any",
	    [CTL_WHO] = "UUID|ADDRESS[/BITS]",
	    [CTL_TYPE] = "8|254.NAME",
	    [CTL_DAY] = "YYYYMMDD",
	    [CTL_FLAG] = "",
	    [CTL_OUT] = "FILE",
	    [CTL_IN] = "FILE",
	    [CTL_KEY] = "FILE",
	};
	bool words = a->kind == CTL_WORD, own;
	const char *text;

	/* By its place it is its name that says what it is. */
	own = !a->option && !words && a->kind != CTL_FROM &&
	      a->kind != CTL_CERT && a->kind != CTL_WHO;
	text = words ? a->words : texts[a->kind];
	(void)snprintf(out, n, "%s", own ? a->name : text);
	for (char *p = out; *p != '\0'; p++) {
		if (own)
			*p = (char)(toupper)((unsigned char)*p);
		if (words && *p == ' ')
			*p = '|';
	}
}

static void
help_row(const struct ctl_row *row, FILE *to)
{
	char line[240], value[64];
	int n = snprintf(line, sizeof(line), "%s %s %s", row->admin ? "*" : " ",
	    row->noun, row->verb);

	for (size_t i = 0; i < ctl_args(row) && n > 0; i++) {
		const struct ctl_arg *a = &row->arg[i];
		const char *gap = a->option && a->kind != CTL_FLAG ? " " : "";

		help_value(a, value, sizeof(value));
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %s%s%s%s%s",
		    a->option ? "[--" : "", a->option ? a->name : "", gap,
		    value, a->option ? "]" : "");
	}
	(void)fprintf(to, "  %s\n        %s\n", line, row->help);
}

static bool
is_noun(const char *noun)
{
	for (size_t i = 0; noun != NULL && i < ctl_n_rows; i++) {
		if (strcmp(ctl_rows[i].noun, noun) == 0)
			return true;
	}
	return false;
}

void
ctl_help(FILE *to, const char *noun)
{
	(void)fputs(usage, to);
	for (size_t i = 0; i < ctl_n_rows; i++) {
		if (!is_noun(noun) || strcmp(ctl_rows[i].noun, noun) == 0)
			help_row(&ctl_rows[i], to);
	}
}

/* The verbs of the noun, or all nouns. */
static void
name_words(const char *noun)
{
	bool verbs = noun != NULL && is_noun(noun);
	const char *last = "";

	for (size_t i = 0; i < ctl_n_rows; i++) {
		const struct ctl_row *row = &ctl_rows[i];
		const char *word = verbs ? row->verb : row->noun;

		if (verbs ? strcmp(row->noun, noun) != 0
			  : strcmp(last, word) == 0)
			continue;
		(void)fprintf(stderr, " %s", word);
		last = word;
	}
}

int
ctl_no_command(const char *noun, const char *verb)
{
	(void)fprintf(stderr, "d4-hub ctl: no %scommand: %s%s%s; remedy:",
	    verb != NULL ? "such " : "", noun != NULL ? noun : "",
	    verb != NULL ? " " : "", verb != NULL ? verb : "");
	if (is_noun(noun))
		(void)fprintf(stderr, " %s and one of", noun);
	else
		(void)fputs(" one of", stderr);
	name_words(noun);
	(void)fputs("; d4-hub ctl --help\n", stderr);
	return EXIT_USAGE;
}
