/* d4-hub ctl: what there is, and what there is not. */
#include <stdio.h>
#include <string.h>
#include "hub/cmd_ctl.h"
#include "hub/commands.h"

static const char usage[] =
    "usage: d4-hub ctl [-c CONF | --ctl PATH] [--json] NOUN VERB ...\n"
    "  asks and changes the running hub, by its control socket\n"
    "  --json   the answer as it is, for programs\n\n"
    "commands (* changes something: for root and the hub's own account):\n";

static void
help_row(const struct ctl_row *row, FILE *to)
{
	char line[200];
	int n = snprintf(line, sizeof(line), "%s %s %s", row->admin ? "*" : " ",
	    row->noun, row->verb);

	for (size_t i = 0; i < ctl_args(row) && n > 0; i++) {
		const struct ctl_arg *a = &row->arg[i];
		bool flag = a->kind == CTL_FLAG;
		const char *left = a->option ? "[--" : "";
		const char *mid = a->option && !flag ? " ..." : "";

		n += snprintf(line + n, sizeof(line) - (size_t)n, " %s%s%s%s",
		    left, a->name, mid, a->option ? "]" : "");
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
