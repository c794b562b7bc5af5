#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "libd4/uuid.h"
#include "misp-export/reply.h"

static const char *const kinds[] = {
    [REPLY_OK] = "ok",
    [REPLY_NO_EVENT] = "no-event",
    [REPLY_EXISTS] = "exists",
    [REPLY_BLOCKED] = "blocked",
    [REPLY_AUTH] = "auth",
    [REPLY_DENIED] = "denied",
    [REPLY_INVALID] = "invalid",
    [REPLY_TOOBIG] = "too-big",
    [REPLY_BUSY] = "busy",
    [REPLY_FAILED] = "failed",
};

const char *
reply_kind_text(enum reply_kind k)
{
	return kinds[k];
}

/* MISP's words may hold what we sent: printable ASCII of it only. */
static void
why_copy(const char *text, char out[REPLY_WHY])
{
	size_t n = 0;

	for (; *text != '\0' && n + 1 < REPLY_WHY; text++) {
		if (*text >= ' ' && *text < 0x7f && *text != '"')
			out[n++] = *text;
	}
	out[n] = '\0';
}

/* The first text in a value, whatever it is wrapped in. */
static const char *
first_text(const json_t *v, unsigned depth)
{
	const char *key;
	json_t *o;

	if (json_is_string(v))
		return json_string_value(v);
	if (depth == 0)
		return NULL;
	if (json_is_array(v))
		return first_text(json_array_get(v, 0), depth - 1);
	json_object_foreach((json_t *)(uintptr_t)v, key, o)
	{
		const char *s = first_text(o, depth - 1);

		if (s != NULL)
			return s;
	}
	return NULL;
}

static bool
holds(const char *text, const char *words)
{
	return text != NULL && strcasestr(text, words) != NULL;
}

static bool
is_there(const char *why)
{
	return holds(why, "similar attribute already exists") ||
	       holds(why, "UUID provided is not unique");
}

/* "attribute_12" to 12. */
static bool
error_index(const char *key, size_t *out)
{
	static const char front[] = "attribute_";
	char *end;
	unsigned long v;

	if (strncmp(key, front, sizeof(front) - 1) != 0 ||
	    key[sizeof(front) - 1] < '0' || key[sizeof(front) - 1] > '9')
		return false;
	v = strtoul(key + sizeof(front) - 1, &end, 10);
	*out = v;
	return *end == '\0' && v < REPLY_ERRORS;
}

static void
reply_errors(json_t *errors, struct reply *out)
{
	const char *key, *why;
	struct reply_error e;
	json_t *o;

	if (json_object_size(errors) == 0 ||
	    json_object_size(errors) > REPLY_ERRORS)
		return;
	out->error = calloc(json_object_size(errors), sizeof(*out->error));
	if (out->error == NULL)
		return;
	json_object_foreach(errors, key, o)
	{
		if (!error_index(key, &e.index))
			continue;
		why = first_text(o, 4);
		e.there = is_there(why);
		why_copy(why != NULL ? why : "", e.why);
		out->error[out->n++] = e;
	}
}

/* 403: authentication, permission, blocklist, or content. */
static enum reply_kind
reply_403(const json_t *body, const char *message)
{
	const json_t *saved = json_object_get(body, "saved");

	if (holds(message, "blocklist"))
		return REPLY_BLOCKED;
	if (saved != NULL && json_is_false(saved))
		return REPLY_INVALID;
	if (holds(message, "Authentication failed") ||
	    holds(message, "Auth key") || body == NULL)
		return REPLY_AUTH;
	return REPLY_DENIED;
}

static enum reply_kind
reply_404(const struct reply_in *in, const char *message)
{
	if (in->location || holds(message, "already exists"))
		return REPLY_EXISTS;
	return REPLY_NO_EVENT;
}

static enum reply_kind
reply_kind(const struct reply_in *in, const json_t *body, const char *message)
{
	long s = in->status;

	if (s == 200)
		return body != NULL || in->csv ? REPLY_OK : REPLY_FAILED;
	if (s == 403)
		return reply_403(body, message);
	if (s == 404)
		return reply_404(in, message);
	if (s == 413)
		return REPLY_TOOBIG;
	if (s == 401)
		return REPLY_AUTH;
	if (s == 500)
		return REPLY_FAILED;
	if (s >= 500 || s == 429 || s == 408 || (s >= 300 && s < 400))
		return REPLY_BUSY;
	return REPLY_INVALID;
}

void
reply_read(const struct reply_in *in, struct reply *out)
{
	const char *message, *why;

	*out = (struct reply){.why = ""};
	out->body = json_loadb(
	    (const char *)in->body.p, in->body.n, JSON_REJECT_DUPLICATES, NULL);
	message = json_string_value(json_object_get(out->body, "message"));
	out->kind = reply_kind(in, out->body, message);
	why = first_text(json_object_get(out->body, "errors"), 4);
	if (why == NULL)
		why = message;
	if (why != NULL)
		why_copy(why, out->why);
	else
		(void)snprintf(
		    out->why, sizeof(out->why), "status %ld", in->status);
	if (json_is_object(json_object_get(out->body, "errors")))
		reply_errors(json_object_get(out->body, "errors"), out);
}

void
reply_fini(struct reply *r)
{
	free(r->error);
	json_decref(r->body);
	*r = (struct reply){.why = ""};
}

/* "UUID" in quotes or without them, and nothing else. */
static bool
uuid_line(struct d4_slice line, struct d4_uuid *out)
{
	char text[D4_UUID_TEXT];

	if (line.n == D4_UUID_TEXT + 1 && line.p[0] == '"' &&
	    line.p[line.n - 1] == '"') {
		(void)d4_slice_skip(&line, 1);
		line.n--;
	}
	if (line.n != D4_UUID_TEXT - 1)
		return false;
	memcpy(text, line.p, line.n);
	text[line.n] = '\0';
	return d4_uuid_parse(text, out) == D4_OK;
}

bool
reply_uuids(struct d4_slice csv, void (*fn)(void *arg, const struct d4_uuid *u),
    void *arg)
{
	struct d4_uuid u;

	while (csv.n > 0) {
		const uint8_t *end = memchr(csv.p, '\n', csv.n);
		size_t n = end != NULL ? (size_t)(end - csv.p) : csv.n;
		struct d4_slice line = d4_slice_skip(&csv, n);

		(void)d4_slice_skip(&csv, csv.n > 0 ? 1 : 0);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0)
			continue;
		if (!uuid_line(line, &u))
			return false;
		fn(arg, &u);
	}
	return true;
}

bool
reply_names(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(
		    json_object_get(json_array_get(list, i), "name"));

		if (s != NULL && strcasecmp(s, name) == 0)
			return true;
	}
	return false;
}
