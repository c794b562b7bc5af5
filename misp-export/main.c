/*
 * d4-misp-export: the place of the exporter. This release decides and counts
 * what a partner with `sink: misp` would get, and sends nothing; the program
 * says so instead of pretending.
 */
#include <getopt.h>
#include <stdio.h>

#define EXIT_USAGE 64 /* sysexits.h EX_USAGE */

static const char usage[] =
    "usage: d4-misp-export [--help] [--version]\n"
    "  Findings into MISP: not in this release. What the policy would release\n"
    "  to a partner with `sink: misp` is decided and counted by d4-relay\n"
    "  (see d4-relay status); nothing is sent.\n"
    "  -h, --help\n"
    "  -V, --version\n";

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int c = getopt_long(argc, argv, "hV", longs, NULL);

	if (c == 'h') {
		(void)fputs(usage, stdout);
		return 0;
	}
	if (c == 'V') {
		(void)puts("d4-misp-export " D4_VERSION);
		return 0;
	}
	if (c != -1) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	(void)fputs("d4-misp-export: this release exports nothing to MISP; "
		    "see d4-misp-export(8)\n",
	    stderr);
	return 1;
}
