/* d4-policy: what its commands share. */
#ifndef TOOLS_POLICY_TOOL_H
#define TOOLS_POLICY_TOOL_H

#include <jansson.h>
#include "gate/gate.h"

#define EX_OK     0
#define EX_FAILED 1
#define EX_USAGE  64

/*
 * struct policy_args -- the command line, checked. policy is the file, or the
 * name for `presets` (may be NULL); file the second argument of `test`, or the
 * address of `reverse`, or NULL.
 */
struct policy_args {
	const char *policy;
	const char *file;
	const char *partner;
	const char *source;
	const char *sensor;
	const char *queue;
	const char *type;
	const char *meta;
	const char *at;
	const char *pipeline, *epoch, *because, *audit; /* of reverse */
	bool json;
};

int policy_check(const struct policy_args *a);
int policy_explain(const struct policy_args *a);
int policy_presets(const struct policy_args *a);
int policy_ring(const struct policy_args *a);
int policy_reverse(const struct policy_args *a);
int policy_show(const struct policy_args *a);
int policy_test(const struct policy_args *a);

/* policy_load -- a gate, or NULL with the error on stderr. */
struct gate *policy_load(const char *path);

/*
 * policy_audit -- one line: who, why, about which partner, and o (taken over).
 * Errors: as d4_account_write; nothing may be done then.
 */
D4_USED enum d4_status policy_audit(
    const struct policy_args *a, const char *what, json_t *o);

/* policy_complain -- a diag on stderr. */
void policy_complain(const struct d4_diag *d);

/* policy_now -- seconds since 1970. */
uint64_t policy_now(void);

/*
 * struct policy_question -- a question in words; NULL: not said.
 * type is a number or the name of an extended type. meta is JSON.
 */
struct policy_question {
	const char *partner, *source, *sensor, *queue, *type, *meta, *at;
};

/*
 * policy_ask -- a question in words as one for the engine.
 * Shape:  meta holds the header that ask->meta points into.
 * Errors: D4_EINVAL with why[0..n) filled.
 */
D4_USED enum d4_status policy_ask(const struct pol *p,
    const struct policy_question *q, struct d4_buf *meta, struct pol_ask *ask,
    struct d4_diag *why);

#endif
