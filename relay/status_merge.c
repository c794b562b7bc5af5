#include <string.h>
#include "libd4/kit/json.h"
#include "relay/commands.h"

static json_int_t
number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void
add(json_t *o, const char *name, json_int_t n)
{
	(void)json_object_set_new(o, name, json_integer(number(o, name) + n));
}

/* The lane of that name in a list, or NULL. */
static json_t *
lane_in(const json_t *list, const char *partner, const char *lane)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *o = json_array_get(list, i);

		if (strcmp(d4_json_str(o, "lane"), lane) == 0 &&
		    (partner == NULL ||
			strcmp(d4_json_str(o, "partner"), partner) == 0))
			return o;
	}
	return NULL;
}

static const json_t *
post_lane(const json_t *post, const char *partner, const char *lane)
{
	const json_t *list = json_object_get(post, "partners");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);

		if (strcmp(d4_json_str(p, "partner"), partner) == 0)
			return lane_in(json_object_get(p, "lanes"), NULL, lane);
	}
	return NULL;
}

/* Parts of records: only lanes whose records have some. */
static void
merge_parts(json_t *out, json_t *parts)
{
	const char *why;
	json_t *n;

	if (parts != NULL && json_object_get(out, "parts") == NULL)
		(void)json_object_set_new(out, "parts", json_object());
	json_object_foreach(parts, why, n)
	{
		add(json_object_get(out, "parts"), why, json_integer_value(n));
	}
}

/* What a row withheld, beside quarantine, by reason and in sum. */
static void
merge_withheld(json_t *out, json_t *row)
{
	json_t *to = json_object_get(out, "withheld");
	json_int_t sum = 0;
	const char *why;
	json_t *n;

	json_object_foreach(json_object_get(row, "withheld"), why, n)
	{
		add(to, why, json_integer_value(n));
		sum += json_integer_value(n);
	}
	merge_parts(out, json_object_get(row, "parts"));
	add(out, "in", number(row, "in"));
	add(out, "quarantine", number(row, "quarantine"));
	add(out, "drop", sum - number(row, "quarantine"));
	add(out, "released_records", number(row, "forward"));
}

static json_t *
merge_new(const json_t *row)
{
	static const char *const texts[] = {
	    "partner", "lane", "source", "rule", "label", "ext", "type"};
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		(void)json_object_set(
		    o, texts[i], json_object_get(row, texts[i]));
	(void)json_object_set_new(o, "verdict",
	    json_string(!json_is_true(json_object_get(row, "allow")) ? "deny"
			: json_is_true(json_object_get(row, "shadow"))
			    ? "shadow"
			    : "allow"));
	(void)json_object_set_new(o, "withheld", json_object());
	return o;
}

/* Records that went through post without being sent. */
static void
merge_post_drop(
    json_t *out, const json_t *post, const char *name, const char *reason)
{
	json_int_t n = number(post, name);

	if (n == 0)
		return;
	add(out, "drop", n);
	add(json_object_get(out, "withheld"), reason, n);
}

static void
merge_states(json_t *out, const json_t *lane, const json_t *post)
{
	static const char *const states[] = {"sent", "acked", "confirmed",
	    "maybe_lost", "resent", "state", "failure", "likely", "error",
	    "hint", "failing_for", "broken"};
	json_int_t gone = number(post, "expired") + number(post, "damaged") +
	                  number(post, "toobig") + number(post, "withheld") +
	                  number(post, "gone");
	json_int_t all = number(out, "released_records");
	json_int_t sent = number(post, "sent");

	/* What was sent in vain and is not sent again is no longer sent. */
	if (sent > all - gone)
		sent = all - gone;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		json_t *v = json_object_get(post, states[i]);

		if (v != NULL)
			(void)json_object_set(out, states[i], v);
	}
	merge_post_drop(out, post, "expired", "spool.expired");
	merge_post_drop(out, post, "damaged", "spool.damaged");
	merge_post_drop(out, post, "toobig", "wire.toobig");
	merge_post_drop(out, post, "withheld", "send.recheck");
	merge_post_drop(out, post, "gone", "spool.gone");
	(void)json_object_set_new(out, "forward", json_integer(sent));
	(void)json_object_set_new(
	    out, "waiting", json_integer(all - sent - gone));
	(void)json_object_set(out, "uuid", json_object_get(lane, "uuid"));
	(void)json_object_set(out, "class", json_object_get(lane, "class"));
	(void)json_object_set(
	    out, "may_be_sent", json_object_get(lane, "released"));
}

static void
merge_rows(const json_t *wash, json_t *lanes, json_t *denied)
{
	const json_t *rows = json_object_get(wash, "rows");
	json_t *o;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		bool lane = d4_json_str(row, "lane")[0] != '\0';

		if (d4_json_str(row, "partner")[0] == '\0')
			continue; /* a source's: see "sources" */
		o = lane ? lane_in(lanes, d4_json_str(row, "partner"),
			       d4_json_str(row, "lane"))
		         : NULL;
		if (o == NULL) {
			o = merge_new(row);
			(void)json_array_append_new(lane ? lanes : denied, o);
		}
		merge_withheld(o, row);
		/* A later row is of a later rule. */
		(void)json_object_set(o, "rule", json_object_get(row, "rule"));
	}
}

/* How each partner is delivered to: what post says of it but its lanes. */
static json_t *
merge_sinks(const json_t *post)
{
	static const char *const same[] = {"partner", "sink", "confirms",
	    "host", "port", "path", "broken", "dataset"};
	const json_t *list = json_object_get(post, "partners");
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *p = json_array_get(list, i), *o = json_object();

		for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++) {
			json_t *v = json_object_get(p, same[k]);

			if (v != NULL)
				(void)json_object_set(o, same[k], v);
		}
		(void)json_array_append_new(out, o);
	}
	return out;
}

json_t *
status_merge(const json_t *answer)
{
	static const char *const same[] = {"policy", "policy_error", "reading",
	    "redis", "airlock", "breakers", "partners", "queues", "entries",
	    "malformed", "duplicate", "lost", "sources"};
	const json_t *wash = json_object_get(answer, "wash");
	const json_t *post = json_object_get(answer, "post");
	json_t *lanes = json_array(), *denied = json_array();
	json_t *out = json_object();

	merge_rows(wash, lanes, denied);
	for (size_t i = 0; i < json_array_size(lanes); i++) {
		json_t *o = json_array_get(lanes, i);
		const json_t *lane = lane_in(json_object_get(wash, "lanes"),
		    d4_json_str(o, "partner"), d4_json_str(o, "lane"));
		const json_t *sent = post_lane(
		    post, d4_json_str(o, "partner"), d4_json_str(o, "lane"));

		/* Or d4-misp-export, of whom wash knows how far it went. */
		if (sent == NULL)
			sent = json_object_get(lane, "findings");
		merge_states(o, lane, sent);
	}
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		json_t *v = json_object_get(wash, same[i]);

		if (v != NULL)
			(void)json_object_set(out, same[i], v);
	}
	if (json_object_get(out, "redis") == NULL)
		(void)json_object_set_new(out, "redis", json_false());
	(void)json_object_set(out, "frozen", json_object_get(answer, "frozen"));
	(void)json_object_set_new(out, "sinks", merge_sinks(post));
	(void)json_object_set_new(out, "lanes", lanes);
	(void)json_object_set_new(out, "denied", denied);
	(void)json_object_set_new(
	    out, "wash", json_boolean(json_is_object(wash)));
	(void)json_object_set_new(
	    out, "post", json_boolean(json_is_object(post)));
	return out;
}
