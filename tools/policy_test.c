#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/policy_tool.h"

/* One expectation of a test file. */
struct expectation {
	struct policy_question q;
	const char *name;
	const char *expect;
	const char *rule;
	const char *label;
};

#define AT(member) offsetof(struct expectation, member)

static const struct {
	const char *key;
	size_t offset;
} keys[] = {
    {"name", AT(name)},
    {"partner", AT(q.partner)},
    {"source", AT(q.source)},
    {"sensor", AT(q.sensor)},
    {"queue", AT(q.queue)},
    {"type", AT(q.type)},
    {"meta", AT(q.meta)},
    {"at", AT(q.at)},
    {"expect", AT(expect)},
    {"rule", AT(rule)},
    {"label", AT(label)},
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static enum d4_status
read_one(const struct d4_yaml *n, struct d4_diag *diag, struct expectation *e)
{
	const char *known[KEYS + 1] = {NULL};
	const struct d4_yaml *v;
	enum d4_status st;
	size_t i;

	for (i = 0; i < KEYS; i++)
		known[i] = keys[i].key;
	st = d4_yaml_keys(n, known, diag);
	for (i = 0; i < KEYS && st == D4_OK; i++) {
		v = d4_yaml_get(n, keys[i].key);
		if (v != NULL && v->kind != D4_YAML_SCALAR)
			st = d4_diag_set(diag, v->at, "write one value",
			    "`%s` is not a value", keys[i].key);
		else if (v != NULL)
			*(const char **)((char *)e + keys[i].offset) = v->text;
	}
	if (st != D4_OK)
		return st;
	if (e->expect == NULL ||
	    (strcmp(e->expect, "allow") != 0 && strcmp(e->expect, "deny") != 0))
		return d4_diag_set(diag, n->at,
		    "add `expect: allow` or `expect: deny`",
		    "it does not say what is expected");
	return D4_OK;
}

static bool
as_expected(const struct expectation *e, const struct pol_verdict *v)
{
	return v->allow == (e->expect[0] == 'a') &&
	       (e->rule == NULL || strcmp(e->rule, v->rule) == 0) &&
	       (e->label == NULL ||
		   strcmp(e->label, pol_tlp_text(v->label)) == 0);
}

static void
print_failure(const char *file, struct d4_mark at, const struct expectation *e,
    const struct pol_verdict *v)
{
	size_t i;

	printf("%s:%u:%u: %s%sexpected %s%s%s%s%s, got %s by %s, label %s:",
	    file, at.line, at.column, e->name != NULL ? e->name : "",
	    e->name != NULL ? ": " : "", e->expect,
	    e->rule != NULL ? " by " : "", e->rule != NULL ? e->rule : "",
	    e->label != NULL ? ", label " : "",
	    e->label != NULL ? e->label : "", v->allow ? "allow" : "deny",
	    v->rule, pol_tlp_text(v->label));
	for (i = 0; i < v->n_trace; i++)
		printf("%s%s", i ? " > " : " ", v->trace[i]);
	printf("\n");
}

/* False: it is not as expected. An unclear question is an error. */
static enum d4_status
run_one(const struct pol *p, const struct d4_yaml *n, struct d4_diag *diag,
    bool *ok)
{
	struct expectation e = {.name = NULL};
	struct d4_diag why = {.file = diag->file};
	struct pol_verdict v;
	struct pol_ask ask;
	struct d4_buf meta;
	enum d4_status st = read_one(n, diag, &e);

	if (st != D4_OK)
		return st;
	d4_buf_init(&meta, (size_t)2 * D4_META_MAX);
	st = policy_ask(p, &e.q, &meta, &ask, &why);
	if (st == D4_OK) {
		pol_decide(p, &ask, &v);
		*ok = as_expected(&e, &v);
		if (!*ok)
			print_failure(diag->file, n->at, &e, &v);
	} else {
		st = d4_diag_set(diag, n->at, why.remedy, "%s", why.what);
	}
	d4_buf_fini(&meta);
	return st;
}

static enum d4_status
run_all(const struct pol *p, const struct d4_yaml *root, struct d4_diag *diag,
    size_t failed_of[2])
{
	static const char *const known[] = {"tests", NULL};
	enum d4_status st = d4_yaml_keys(root, known, diag);
	const struct d4_yaml *tests;
	bool ok = false;
	size_t i;

	if (st != D4_OK)
		return st;
	tests = d4_yaml_get(root, "tests");
	if (tests == NULL || tests->kind != D4_YAML_LIST || tests->n == 0)
		return d4_diag_set(diag, root->at,
		    "write `tests:` and a list of {partner, source, type, "
		    "expect}",
		    "no tests");
	for (i = 0; i < tests->n && st == D4_OK; i++) {
		st = run_one(p, tests->item[i], diag, &ok);
		failed_of[0] += !ok;
		failed_of[1]++;
	}
	return st;
}

/* POLICY.yaml has its tests in POLICY.tests.yaml. Allocated. */
static char *
default_file(const char *policy)
{
	size_t n = strlen(policy), room = n + sizeof(".tests.yaml");
	char *name = malloc(room);

	if (name == NULL)
		return NULL;
	if (n > 5 && strcmp(policy + n - 5, ".yaml") == 0)
		n -= 5;
	(void)snprintf(name, room, "%.*s.tests.yaml", (int)n, policy);
	return name;
}

static enum d4_status
load_tests(const char *path, struct d4_diag *diag, struct d4_yaml **root)
{
	const struct d4_mark whole = {0, 0};
	struct d4_buf text;
	enum d4_status st;

	diag->file = path;
	d4_buf_init(&text, D4_YAML_BYTES);
	st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = d4_yaml_parse(d4_buf_slice(&text), diag, root);
	else
		st = d4_diag_set(diag, whole,
		    "name the file with the tests behind the policy",
		    "cannot be read: %s", strerror(errno));
	d4_buf_fini(&text);
	return st;
}

int
policy_test(const struct policy_args *a)
{
	struct gate *g = policy_load(a->policy);
	struct d4_diag diag = {.file = NULL};
	struct d4_yaml *root = NULL;
	size_t failed_of[2] = {0, 0};
	char *path;
	enum d4_status st;

	if (g == NULL)
		return EX_FAILED;
	path = a->file != NULL ? strdup(a->file) : default_file(a->policy);
	st = path == NULL ? D4_ENOMEM : load_tests(path, &diag, &root);
	if (st == D4_OK && root != NULL)
		st = run_all(gate_policy(g), root, &diag, failed_of);
	if (st == D4_OK)
		printf("%zu tests, %zu failed\n", failed_of[1], failed_of[0]);
	else
		policy_complain(&diag);
	d4_yaml_free(root);
	free(path);
	gate_free(g);
	return st == D4_OK && failed_of[0] == 0 ? EX_OK : EX_FAILED;
}
