/* d4-sanitize: runs a policy's pipeline over a file, as the relay would. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "tools/sanitize_tool.h"

#define EXPLAIN_LINES 10u /* of each reason, unless more are asked for */

static const char usage_text[] =
    "usage: d4-sanitize -p POLICY -P PIPELINE [--partner ID] [-t TYPE] "
    "[--at TIME]\n"
    "           [--stats] [--explain-drop[=N]]\n"
    "           [--audit FILE [--protect NETWORK]]\n"
    "           < in > out\n"
    "       d4-sanitize --help | --version\n";

static const char help_text[] =
    "\n"
    "  -p, --policy FILE     the policy that has the pipeline\n"
    "  -P, --pipeline ID     which pipeline\n"
    "      --partner ID      whose keys make the pseudonyms; default: the "
    "only\n"
    "                        partner that a share rule sends the pipeline to\n"
    "  -t, --type TYPE       what stdin is: 1 pcap, 3 log lines, 4 dnscap,\n"
    "                        5 pcapng, 6 JSON lines, 7 IPFIX,\n"
    "                        8 passive DNS, or the name of an\n"
    "                        extended type; default: the pipeline's first\n"
    "                        type\n"
    "      --at TIME         when the file was made: for the step epoch, of\n"
    "                        records without a time of their own\n"
    "      --stats           one JSON object with all counters on stderr\n"
    "      --explain-drop[=N]\n"
    "                        report which records were dropped and why: the\n"
    "                        first N of each reason (10; 0: all)\n"
    "      --audit FILE      write a report to FILE: where protected "
    "addresses\n"
    "                        occur in input and output\n"
    "      --protect NETWORK which of the policy's networks the audit looks\n"
    "                        for (repeat for more); default: the pipeline's\n"
    "                        scope\n"
    "\n"
    "exit status: 0 done (even if malformed input was dropped), 1 error, 2 "
    "the\n"
    "breaker opened: the output contained an original address, 3 the audit is\n"
    "not clean, 64 usage error\n";

void
sanitize_say(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("d4-sanitize: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

static int
usage(const char *what)
{
	sanitize_say("%s", what);
	(void)fputs(usage_text, stderr);
	return EX_USAGE;
}

enum option_code {
	OPT_PARTNER = 256,
	OPT_AT,
	OPT_STATS,
	OPT_EXPLAIN,
	OPT_AUDIT,
	OPT_PROTECT,
	OPT_HELP,
	OPT_VERSION
};

static const struct option options[] = {
    {"policy", required_argument, NULL, 'p'},
    {"pipeline", required_argument, NULL, 'P'},
    {"type", required_argument, NULL, 't'},
    {"partner", required_argument, NULL, OPT_PARTNER},
    {"at", required_argument, NULL, OPT_AT},
    {"stats", no_argument, NULL, OPT_STATS},
    {"explain-drop", optional_argument, NULL, OPT_EXPLAIN},
    {"audit", required_argument, NULL, OPT_AUDIT},
    {"protect", required_argument, NULL, OPT_PROTECT},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

/* take_bound -- how many lines a reason gets; text may be NULL. */
static bool
take_bound(const char *text, uint64_t *out)
{
	char *end;

	*out = EXPLAIN_LINES;
	if (text == NULL)
		return true;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *text >= '0' && *text <= '9';
}

/* take_long -- an option without a letter; as take_args. */
static int
take_long(int code, struct sanitize_args *a)
{
	switch (code) {
	case OPT_PARTNER:
		a->partner = optarg;
		return -1;
	case OPT_AT:
		if (pol_time_read(optarg, &a->made_s) != D4_OK ||
		    a->made_s == 0)
			return usage("--at is not a time");
		return -1;
	case OPT_STATS:
		a->stats = true;
		return -1;
	case OPT_EXPLAIN:
		a->explain = take_bound(optarg, &a->explain_max);
		return a->explain ? -1
		                  : usage("write --explain-drop=N, a number");
	case OPT_AUDIT:
		a->audit = optarg;
		return -1;
	case OPT_PROTECT:
		if (a->n_protect == SANITIZE_NETWORKS)
			return usage("more than 16 --protect");
		a->protect[a->n_protect++] = optarg;
		return -1;
	case OPT_HELP:
		(void)printf("%s%s", usage_text, help_text);
		return 0;
	case OPT_VERSION:
		(void)printf("d4-sanitize %s\n", D4_VERSION);
		return 0;
	default:
		return usage("unknown option, or one without its value");
	}
}

/* take_args -- -1: go on; else the exit status. */
static int
take_args(int argc, char **argv, struct sanitize_args *a)
{
	int c, rc;

	while ((c = getopt_long(argc, argv, "p:P:t:", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			a->policy = optarg;
			break;
		case 'P':
			a->pipeline = optarg;
			break;
		case 't':
			a->type = optarg;
			break;
		default:
			rc = take_long(c, a);
			if (rc != -1)
				return rc;
		}
	}
	if (optind != argc)
		return usage("stdin is read: write `< file`");
	if (a->n_protect != 0 && a->audit == NULL)
		return usage("--protect is for --audit");
	if (a->policy == NULL || a->pipeline == NULL)
		return usage("-p and -P are needed");
	return -1;
}

/* work_say -- what the run came to, for people and programs. */
static void
work_say(const struct sanitize_args *a, const struct san_stream *s,
    const struct sanitize_sum *sum)
{
	sanitize_warn(san_stream_tally(s));
	if (sum->broken != D4_R_NONE)
		sanitize_say("the breaker opened: %s (%s); nothing more left",
		    d4_reason_name(sum->broken), d4_reason_text(sum->broken));
	if (a->stats)
		sanitize_stats(san_stream_tally(s), sum);
}

static int
work_stream(const struct sanitize_args *a, const struct sanitize_job *job,
    struct san_stream *s)
{
	struct sanitize_explain explain = {.max = a->explain_max};
	struct sanitize_sum sum = {.broken = D4_R_NONE};
	struct audit *audit = NULL;
	int rc = 0;
	bool ok;

	if (!sanitize_audit_new(a, job, s, &audit))
		return 1;
	if (a->explain)
		san_stream_watch(s, sanitize_gone, &explain);
	ok = sanitize_run(s, audit, &sum);
	sanitize_unsaid(&explain);
	work_say(a, s, &sum);
	if (audit != NULL)
		rc = sanitize_audit_end(a, job, s, audit);
	audit_free(audit);
	/* Who asked for them must not take their absence for zeros. */
	if (!ok || ((a->stats || a->explain) && ferror(stderr) != 0))
		return 1;
	return sum.broken != D4_R_NONE ? 2 : rc;
}

static int
work(const struct sanitize_args *a, const struct sanitize_job *job)
{
	struct san_stream *s = NULL;
	enum d4_status st;
	int rc;

	st = san_stream_new(job->chain, job->keys, &job->facts, &s);
	if (st != D4_OK) {
		sanitize_say("%s", d4_status_text(st));
		return 1;
	}
	san_stream_time(s, a->made_s);
	rc = work_stream(a, job, s);
	san_stream_free(s);
	return rc;
}

int
main(int argc, char **argv)
{
	struct sanitize_args args = {.policy = NULL};
	struct sanitize_job job;
	int rc = take_args(argc, argv, &args);

	if (rc != -1)
		return rc;
	/* A reader that went away is an error with a message, like a full disk.
	 */
	(void)signal(SIGPIPE, SIG_IGN);
	rc = sanitize_prepare(&args, &job);
	if (rc == 0)
		rc = work(&args, &job);
	sanitize_release(&job);
	return rc;
}
