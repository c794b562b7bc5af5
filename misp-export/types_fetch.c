/* What the server takes, asked once behind its greeting. */
#include <stdio.h>
#include <string.h>
#include "misp-export/http.h"
#include "misp-export/reply.h"
#include "misp-export/types.h"

/* An answer, or why there is none. */
static bool
fetch(struct http *h, const char *path, struct reply *out, char *why)
{
	struct reply_in in = {.location = false};
	struct http_reply raw;
	bool ok;

	http_reply_init(&raw);
	http_call(h, path, NULL, &raw);
	*out = (struct reply){.why = ""};
	ok = raw.end == HTTP_ANSWER;
	if (!ok)
		(void)snprintf(why, TYPES_TEXT, "%.190s", raw.why);
	if (ok) {
		in.status = raw.status;
		in.body = d4_buf_slice(&raw.body);
		reply_read(&in, out);
		ok = out->kind == REPLY_OK;
		if (!ok)
			(void)snprintf(why, TYPES_TEXT, "%s", out->why);
	}
	http_reply_fini(&raw);
	return ok;
}

/* A template that it does not have is no reason for it to refuse one. */
static void
fetch_template(struct types *t, struct http *h, const struct template *of)
{
	char path[96], why[TYPES_TEXT];
	struct reply a;

	(void)snprintf(
	    path, sizeof(path), "/objectTemplates/view/%s", of->uuid);
	if (fetch(h, path, &a, why))
		(void)types_template(t, a.body);
	reply_fini(&a);
}

bool
types_fetch(
    struct types *t, struct http *h, const char *version, char why[TYPES_TEXT])
{
	const struct template *of;
	struct reply a;
	bool ok;

	ok = fetch(h, "/attributes/describeTypes", &a, why);
	if (ok && !types_describe(t, a.body)) {
		(void)snprintf(why, TYPES_TEXT, "describeTypes tells no types");
		ok = false;
	}
	reply_fini(&a);
	if (!ok)
		return false;
	(void)snprintf(t->version, sizeof(t->version), "%s", version);
	for (size_t i = 0; (of = template_at(i)) != NULL; i++)
		fetch_template(t, h, of);
	return true;
}

static size_t
check_one(const struct types *t, const struct mapper *m,
    void (*fn)(void *arg, const struct types_problem *p), void *arg)
{
	struct types_problem p;

	if (types_check(t, m, &p))
		return 0;
	fn(arg, &p);
	return 1;
}

size_t
types_check_all(const struct types *t, const struct mappers *mappers,
    void (*fn)(void *arg, const struct types_problem *p), void *arg)
{
	const struct mapper *m;
	size_t n = 0;

	for (size_t i = 0; i < mappers_n(mappers); i++)
		n += check_one(t, mappers_nth(mappers, i), fn, arg);
	for (size_t i = 0; (m = mapper_builtin(i)) != NULL; i++)
		n += check_one(t, m, fn, arg);
	return n;
}
