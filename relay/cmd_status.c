#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "libd4/kit/ctl.h"
#include "relay/commands.h"

static const char *
text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static long long
number(const json_t *o, const char *name)
{
	return (long long)json_integer_value(json_object_get(o, name));
}

static void
print_type(const json_t *o)
{
	if (text(o, "ext")[0] != '\0')
		(void)printf("type 254/%s", text(o, "ext"));
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
	(void)printf("lane %s %s ", text(o, "partner"), text(o, "lane"));
	print_type(o);
	(void)printf("\n    source %s label %s class %s uuid %s\n"
		     "    %s by rule %s%s\n",
	    text(o, "source"), text(o, "label"), text(o, "class"),
	    text(o, "uuid"), text(o, "verdict"), text(o, "rule"),
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
	    number(o, "maybe_lost"), number(o, "resent"), text(o, "state"));
	print_reasons(o, "withheld");
	print_reasons(o, "parts");
	if (text(o, "failure")[0] != '\0')
		(void)printf("    failing for %s: %s%s%s (%s); %s\n",
		    text(o, "failing_for"), text(o, "failure"),
		    text(o, "likely")[0] != '\0' ? ", likely " : "",
		    text(o, "likely"), text(o, "error"), text(o, "hint"));
}

static void
print_denied(const json_t *o)
{
	(void)printf("%s %s ", text(o, "verdict"), text(o, "partner"));
	print_type(o);
	(void)printf(" source %s by %s\n    in %lld = drop %lld + quarantine "
		     "%lld\n",
	    text(o, "source")[0] != '\0' ? text(o, "source") : "-",
	    text(o, "rule"), number(o, "in"), number(o, "drop"),
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
		    strcmp(text(o, "state"), "live") == 0)
			quiet++;
		else
			(void)printf("queue %s %s waiting %lld entries\n",
			    text(o, "key"), text(o, "state"),
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
		const char *from = text(o, "from"), *until = text(o, "until");

		if (text(o, "bar")[0] == '\0' && from[0] == '\0' &&
		    until[0] == '\0')
			continue;
		(void)printf(
		    "partner %s %s", text(o, "partner"), text(o, "state"));
		if (from[0] != '\0' || until[0] != '\0')
			(void)printf(" agreement %s to %s",
			    from[0] != '\0' ? from : "-",
			    until[0] != '\0' ? until : "-");
		if (text(o, "bar")[0] != '\0')
			(void)printf(
			    "; nothing goes to it: %s", text(o, "bar"));
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
	(void)printf("airlock %s %lld of %lld bytes%s\n", text(o, "partner"),
	    number(o, "bytes"), number(o, "budget"),
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

	(void)printf("source %s %s ", text(o, "source"), text(o, "kind"));
	print_type(o);
	(void)printf(" %s\n    backlog %lld records %lld\n", text(o, "state"),
	    number(o, "backlog"), number(o, "records"));
	if (json_is_true(json_object_get(o, "full")))
		(void)printf("    list full: %lld of %lld, lost unknown, "
			     "likely %lld\n",
		    number(o, "length"), number(o, "max_size"),
		    number(o, "likely_lost"));
	json_object_foreach(list, why, n)(void) printf(
	    "    dropped %s %lld\n", why, (long long)json_integer_value(n));
	if (text(o, "alarm")[0] != '\0')
		(void)printf("    alarm: %s\n", text(o, "alarm"));
}

/* Those that are not D4 partners: what the states of their lanes mean. */
static void
print_sink(const json_t *o)
{
	const json_t *set = json_object_get(o, "dataset");

	if (text(o, "broken")[0] != '\0')
		(void)printf("partner %s cannot be sent to: %s\n",
		    text(o, "partner"), text(o, "broken"));
	if (strcmp(text(o, "sink"), "d4") == 0)
		return;
	(void)printf("partner %s sink %s %s; confirmed: %s\n",
	    text(o, "partner"), text(o, "sink"),
	    text(o, "host")[0] != '\0' ? text(o, "host") : text(o, "path"),
	    text(o, "confirms"));
	if (set != NULL)
		(void)printf("dataset %s files %lld records %lld bytes %lld "
			     "removed %lld%s\n",
		    text(o, "partner"), number(set, "files"),
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
	(void)printf("policy %s\n",
	    text(o, "policy")[0] != '\0' ? text(o, "policy") : "none");
	if (text(o, "policy_error")[0] != '\0')
		(void)printf("policy error %s\n", text(o, "policy_error"));
	(void)printf("reading %s\nairlock %lld of %lld bytes\n",
	    text(o, "reading"), number(airlock, "bytes"),
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
