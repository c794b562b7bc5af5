/* Inside of d4-sanitize. */
#ifndef TOOLS_SANITIZE_TOOL_H
#define TOOLS_SANITIZE_TOOL_H

#include <stdbool.h>
#include "gate/gate.h"
#include "tools/audit.h"

#define SANITIZE_NETWORKS 16u /* --protect */

/* What the command line says. */
struct sanitize_args {
	const char *policy;
	const char *pipeline;
	const char *partner;
	const char *type;
	uint64_t made_s; /* --at; 0: unknown */
	bool stats;
	const char *audit; /* file of the report, or NULL */
	const char *protect[SANITIZE_NETWORKS];
	unsigned n_protect;
	bool explain;
	uint64_t explain_max; /* of each reason; 0: all */
};

/*
 * struct sanitize_job -- what is to be done, once the policy is read.
 * Shape:  keys: NULL when no step needs them.
 * Owns:   gate.
 */
struct sanitize_job {
	struct gate *gate;
	const struct pol_pipeline *pipeline;
	const char *partner;
	const struct san_chain *chain;
	const struct san_keys *keys;
	struct san_facts facts;
};

/* What a run came to, beside the stream's own counters. */
struct sanitize_sum {
	uint64_t bytes_in, bytes_out;
	enum d4_reason broken; /* why the breaker opened, or D4_R_NONE */
};

/* sanitize_say -- "d4-sanitize: ..." as a line on stderr. */
void sanitize_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * sanitize_prepare -- policy, pipeline, type, partner and keys; says what is
 * wrong. The exit status, 0: done.
 */
int sanitize_prepare(const struct sanitize_args *a, struct sanitize_job *job);
void sanitize_release(struct sanitize_job *job);

/*
 * sanitize_run -- all of stdin to stdout. false: an input or output error,
 * or memory is out; it was said. audit: sees both, or NULL.
 */
bool sanitize_run(
    struct san_stream *s, struct audit *audit, struct sanitize_sum *sum);

/*
 * sanitize_audit_new -- the audit that the arguments ask for (*out NULL: none).
 * false: it cannot be made; it was said.
 */
bool sanitize_audit_new(const struct sanitize_args *a,
    const struct sanitize_job *job, const struct san_stream *s,
    struct audit **out);

/*
 * sanitize_audit_end -- writes the report. The exit status: 0 clean, 1 it
 * cannot be written, 3 something was found or not everything was searched.
 */
int sanitize_audit_end(const struct sanitize_args *a,
    const struct sanitize_job *job, const struct san_stream *s,
    struct audit *audit);

/*
 * struct sanitize_explain -- which records did not leave, as lines on stderr.
 * Shape:  max: lines of one reason, 0: no bound; n: records of it that were not
 *         shown.
 */
struct sanitize_explain {
	uint64_t max;
	uint64_t lines[D4_REASON_MAX], n[D4_REASON_MAX];
};

/* sanitize_gone -- one more; for san_stream_watch, arg is the explain. */
void sanitize_gone(void *arg, const struct san_gone *g);

/* sanitize_unsaid -- at the end: how many of each reason were not shown. */
void sanitize_unsaid(const struct sanitize_explain *x);

/* sanitize_warn -- a line on what was broken in the input, if anything. */
void sanitize_warn(const struct d4_tally *t);

/* sanitize_stats -- all counters as one JSON object on stderr. */
void sanitize_stats(const struct d4_tally *t, const struct sanitize_sum *sum);

#endif
