/* d4-sanitize --audit: what is protected, and where the report goes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "tools/sanitize_tool.h"

static bool
audit_add(struct audit *audit, const struct d4_prefix_set *set)
{
	enum d4_status st = audit_protect(audit, set);

	if (st != D4_OK)
		sanitize_say("%s", d4_status_text(st));
	return st == D4_OK;
}

/* audit_named -- the networks of --protect. */
static bool
audit_named(const struct sanitize_args *a, const struct sanitize_job *job,
    struct audit *audit)
{
	for (unsigned i = 0; i < a->n_protect; i++) {
		const struct d4_prefix_set *set =
		    pol_network(gate_policy(job->gate), a->protect[i]);

		if (set == NULL) {
			sanitize_say(
			    "%s has no network `%s`", a->policy, a->protect[i]);
			return false;
		}
		if (!audit_add(audit, set))
			return false;
	}
	return true;
}

static bool
audit_scope(const struct sanitize_args *a, const struct sanitize_job *job,
    struct audit *audit)
{
	const struct d4_prefix_set *scope = san_chain_scope(job->chain);

	if (a->n_protect != 0)
		return audit_named(a, job, audit);
	if (scope == NULL) {
		sanitize_say("pipeline `%s` has no scope: say what is "
			     "protected with --protect NETWORK",
		    a->pipeline);
		return false;
	}
	return audit_add(audit, scope);
}

bool
sanitize_audit_new(const struct sanitize_args *a,
    const struct sanitize_job *job, const struct san_stream *s,
    struct audit **out)
{
	const struct d4_cutter_kind *kind = san_stream_cutter(s);

	*out = NULL;
	if (a->audit == NULL)
		return true;
	if (kind == NULL) {
		sanitize_say("this type is not cut into records: no audit");
		return false;
	}
	if (audit_new(kind, job->facts.type, out) != D4_OK) {
		sanitize_say("%s", d4_status_text(D4_ENOMEM));
		return false;
	}
	if (audit_scope(a, job, *out))
		return true;
	audit_free(*out);
	*out = NULL;
	return false;
}

static bool
audit_close(FILE *f)
{
	bool ok = ferror(f) == 0;

	return fclose(f) == 0 && ok;
}

int
sanitize_audit_end(const struct sanitize_args *a,
    const struct sanitize_job *job, const struct san_stream *s,
    struct audit *audit)
{
	struct audit_facts facts = {
	    .policy = a->policy,
	    .pipeline = a->pipeline,
	    .hash = san_chain_hash(job->chain),
	    .partner = job->partner,
	    .cls = san_chain_class(job->chain),
	    .tally = san_stream_tally(s),
	};
	FILE *f = fopen(a->audit, "we");
	bool clean;

	audit_end(audit);
	if (f == NULL) {
		sanitize_say("%s: %s", a->audit, strerror(errno));
		return 1;
	}
	clean = audit_report(audit, &facts, f);
	if (!audit_close(f)) {
		sanitize_say("%s: %s", a->audit, strerror(errno));
		return 1;
	}
	if (!clean)
		sanitize_say("the audit is not clean: read %s", a->audit);
	return clean ? 0 : 3;
}
