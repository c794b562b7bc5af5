#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "libd4/kit/ctl.h"
#include "libd4/kit/json.h"
#include "relay/commands.h"

static long long
number(const json_t *o, const char *name)
{
	return (long long)json_integer_value(json_object_get(o, name));
}

static void
print_type(const json_t *o)
{
	if (d4_json_str(o, "ext")[0] != '\0')
		(void)printf("type 254/%s", d4_json_str(o, "ext"));
	else
		(void)printf("type %lld", number(o, "type"));
}

/* Counts by reason: `withheld` records, `parts` of records. */
static void
print_reasons(const json_t *o, const char *name)
{
	json_t *list = json_object_get(o, name), *n;
	const char *why;

	json_object_foreach(list, why, n)(void) printf(
	    "    %s %s %lld\n", name, why, (long long)json_integer_value(n));
}

static void
print_lane(const json_t *o)
{
	(void)printf(
	    "lane %s %s ", d4_json_str(o, "partner"), d4_json_str(o, "lane"));
	print_type(o);
	(void)printf("\n    source %s label %s class %s uuid %s\n"
		     "    %s by rule %s%s\n",
	    d4_json_str(o, "source"), d4_json_str(o, "label"),
	    d4_json_str(o, "class"), d4_json_str(o, "uuid"),
	    d4_json_str(o, "verdict"), d4_json_str(o, "rule"),
	    json_is_false(json_object_get(o, "may_be_sent"))
		? "; withheld by today's policy"
		: "");
	(void)printf("    in %lld = forward %lld + drop %lld + quarantine "
		     "%lld + waiting %lld\n",
	    number(o, "in"), number(o, "forward"), number(o, "drop"),
	    number(o, "quarantine"), number(o, "waiting"));
	(void)printf("    sent %lld acked %lld confirmed %lld maybe_lost %lld "
		     "resent %lld %s\n",
	    number(o, "sent"), number(o, "acked"), number(o, "confirmed"),
	    number(o, "maybe_lost"), number(o, "resent"),
	    d4_json_str(o, "state"));
	print_reasons(o, "withheld");
	print_reasons(o, "parts");
	if (d4_json_str(o, "failure")[0] != '\0')
		(void)printf("    failing for %s: %s%s%s (%s); %s\n",
		    d4_json_str(o, "failing_for"), d4_json_str(o, "failure"),
		    d4_json_str(o, "likely")[0] != '\0' ? ", likely " : "",
		    d4_json_str(o, "likely"), d4_json_str(o, "error"),
		    d4_json_str(o, "hint"));
}

static void
print_denied(const json_t *o)
{
	(void)printf(
	    "%s %s ", d4_json_str(o, "verdict"), d4_json_str(o, "partner"));
	print_type(o);
	(void)printf(" source %s by %s\n    in %lld = drop %lld + quarantine "
		     "%lld\n",
	    d4_json_str(o, "source")[0] != '\0' ? d4_json_str(o, "source")
						: "-",
	    d4_json_str(o, "rule"), number(o, "in"), number(o, "drop"),
	    number(o, "quarantine"));
	print_reasons(o, "withheld");
	print_reasons(o, "parts");
}

/* Queues that have something to say; one line for the quiet ones. */
static void
print_queues(const json_t *list)
{
	unsigned quiet = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		if (number(o, "waiting") == 0 &&
		    strcmp(d4_json_str(o, "state"), "live") == 0)
			quiet++;
		else
			(void)printf("queue %s %s waiting %lld entries\n",
			    d4_json_str(o, "key"), d4_json_str(o, "state"),
			    number(o, "waiting"));
	}
	if (quiet > 0)
		(void)printf("queues live and empty %u\n", quiet);
}

/* Partners to whom nothing goes, or to whom nothing will one day. */
static void
print_partners(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *from = d4_json_str(o, "from"),
			   *until = d4_json_str(o, "until");

		if (d4_json_str(o, "bar")[0] == '\0' && from[0] == '\0' &&
		    until[0] == '\0')
			continue;
		(void)printf("partner %s %s", d4_json_str(o, "partner"),
		    d4_json_str(o, "state"));
		if (from[0] != '\0' || until[0] != '\0')
			(void)printf(" agreement %s to %s",
			    from[0] != '\0' ? from : "-",
			    until[0] != '\0' ? until : "-");
		if (d4_json_str(o, "bar")[0] != '\0')
			(void)printf(
			    "; nothing goes to it: %s", d4_json_str(o, "bar"));
		(void)putchar('\n');
	}
}

/* A partner's part of the airlock, when it has something to say. */
static void
print_room(const json_t *o)
{
	const json_t *parked = json_object_get(o, "parked");

	if (number(o, "bytes") == 0 && json_object_size(parked) == 0 &&
	    number(o, "dropped") == 0 && number(o, "expired") == 0)
		return;
	(void)printf("airlock %s %lld of %lld bytes%s\n",
	    d4_json_str(o, "partner"), number(o, "bytes"), number(o, "budget"),
	    json_is_true(json_object_get(o, "full")) ? " full" : "");
	if (json_object_size(parked) > 0)
		(void)printf("    parked in %zu queues, which keep what it "
			     "misses\n",
		    json_object_size(parked));
	if (number(o, "dropped") > 0 || number(o, "expired") > 0)
		(void)printf("    dropped %lld expired %lld records\n",
		    number(o, "dropped"), number(o, "expired"));
}

static void
print_source(const json_t *o)
{
	json_t *list = json_object_get(o, "dropped"), *n;
	const char *why;

	(void)printf(
	    "source %s %s ", d4_json_str(o, "source"), d4_json_str(o, "kind"));
	print_type(o);
	(void)printf(" %s\n    backlog %lld records %lld\n",
	    d4_json_str(o, "state"), number(o, "backlog"),
	    number(o, "records"));
	if (json_is_true(json_object_get(o, "full")))
		(void)printf("    list full: %lld of %lld, lost unknown, "
			     "likely %lld\n",
		    number(o, "length"), number(o, "max_size"),
		    number(o, "likely_lost"));
	json_object_foreach(list, why, n)(void) printf(
	    "    dropped %s %lld\n", why, (long long)json_integer_value(n));
	if (d4_json_str(o, "alarm")[0] != '\0')
		(void)printf("    alarm: %s\n", d4_json_str(o, "alarm"));
}

/* Those that are not D4 partners: what the states of their lanes mean. */
static void
print_sink(const json_t *o)
{
	const json_t *set = json_object_get(o, "dataset");

	if (d4_json_str(o, "broken")[0] != '\0')
		(void)printf("partner %s cannot be sent to: %s\n",
		    d4_json_str(o, "partner"), d4_json_str(o, "broken"));
	if (strcmp(d4_json_str(o, "sink"), "d4") == 0)
		return;
	(void)printf("partner %s sink %s %s; confirmed: %s\n",
	    d4_json_str(o, "partner"), d4_json_str(o, "sink"),
	    d4_json_str(o, "host")[0] != '\0' ? d4_json_str(o, "host")
					      : d4_json_str(o, "path"),
	    d4_json_str(o, "confirms"));
	if (set != NULL)
		(void)printf("dataset %s files %lld records %lld bytes %lld "
			     "removed %lld%s\n",
		    d4_json_str(o, "partner"), number(set, "files"),
		    number(set, "records"), number(set, "bytes"),
		    number(set, "removed_files"),
		    json_is_true(json_object_get(set, "manifest_late"))
			? " manifest late"
			: "");
}

/* Of the hub; a relay that has other sources only needs none. */
static const char *
redis_text(const json_t *up)
{
	if (json_is_null(up))
		return "none";
	return json_is_true(up) ? "up" : "down";
}

static void
print_status(const json_t *o)
{
	const json_t *airlock = json_object_get(o, "airlock");
	const json_t *list;

	(void)printf("wash %s post %s redis %s\n",
	    json_is_true(json_object_get(o, "wash")) ? "runs" : "down",
	    json_is_true(json_object_get(o, "post")) ? "runs" : "down",
	    redis_text(json_object_get(o, "redis")));
	(void)printf("policy %s\n", d4_json_str(o, "policy")[0] != '\0'
					? d4_json_str(o, "policy")
					: "none");
	if (d4_json_str(o, "policy_error")[0] != '\0')
		(void)printf(
		    "policy error %s\n", d4_json_str(o, "policy_error"));
	(void)printf("reading %s\nairlock %lld of %lld bytes\n",
	    d4_json_str(o, "reading"), number(airlock, "bytes"),
	    number(airlock, "budget"));
	list = json_object_get(airlock, "partners");
	for (size_t i = 0; i < json_array_size(list); i++)
		print_room(json_array_get(list, i));
	(void)printf("entries %lld malformed %lld duplicate %lld lost %lld\n",
	    number(o, "entries"), number(o, "malformed"),
	    number(o, "duplicate"), number(o, "lost"));
	print_partners(json_object_get(o, "partners"));
	freeze_print(json_object_get(o, "frozen"));
	breaker_print(json_object_get(o, "breakers"));
	list = json_object_get(o, "sinks");
	for (size_t i = 0; i < json_array_size(list); i++)
		print_sink(json_array_get(list, i));
	print_queues(json_object_get(o, "queues"));
	list = json_object_get(o, "sources");
	for (size_t i = 0; i < json_array_size(list); i++)
		print_source(json_array_get(list, i));
	list = json_object_get(o, "lanes");
	for (size_t i = 0; i < json_array_size(list); i++)
		print_lane(json_array_get(list, i));
	list = json_object_get(o, "denied");
	for (size_t i = 0; i < json_array_size(list); i++)
		print_denied(json_array_get(list, i));
}

int
cmd_status(const struct relay_conf *c, int argc, char **argv)
{
	json_t *request = json_pack("{s:s}", "cmd", "status");
	json_t *answer = NULL, *merged;
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	enum d4_status st;

	if (argc > 2 || (argc == 2 && !json)) {
		json_decref(request);
		(void)fprintf(stderr, "usage: d4-relay status [--json]\n");
		return 64;
	}
	st = d4_ctl_ask(c->ctl, request, &answer);
	json_decref(request);
	if (st != D4_OK) {
		(void)fprintf(stderr,
		    "d4-relay: %s: %s; is the relay running, and may you "
		    "ask it?\n",
		    c->ctl,
		    st == D4_EIO ? strerror(errno) : d4_status_text(st));
		return 1;
	}
	merged = status_merge(answer);
	if (json) {
		(void)json_dumpf(merged, stdout, JSON_INDENT(1));
		(void)putchar('\n');
	} else {
		print_status(merged);
	}
	json_decref(merged);
	json_decref(answer);
	return 0;
}
