/* d4-sanitize: what happened, for people and for programs. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/sanitize_tool.h"

/* Broken input is no error of ours, but nobody should have to look for it. */
void
sanitize_warn(const struct d4_tally *t)
{
	char list[1000] = "";
	uint64_t sum = 0;

	for (unsigned i = 1; i < D4_REASON_MAX; i++) {
		enum d4_reason r = (enum d4_reason)i;
		size_t n = strlen(list);

		if (t->records[i] == 0 ||
		    d4_reason_class(r) != D4_CLASS_MALFORMED)
			continue;
		sum += t->records[i];
		(void)snprintf(list + n, sizeof(list) - n, "%s%s %llu",
		    n == 0 ? "" : ", ", d4_reason_name(r),
		    (unsigned long long)t->records[i]);
	}
	if (sum != 0)
		sanitize_say("warning: %llu of %llu records broken or not "
			     "understood, dropped: %s",
		    (unsigned long long)sum, (unsigned long long)t->in, list);
	if (t->quarantined != 0)
		sanitize_say("warning: %llu records withheld by the "
			     "self-check",
		    (unsigned long long)t->quarantined);
}

static bool
stats_put(json_t *o, const char *key, uint64_t n)
{
	return json_object_set_new(o, key, json_integer((json_int_t)n)) == 0;
}

/* stats_parts -- of records that have parts. */
static bool
stats_parts(json_t *o, const struct d4_tally *t)
{
	json_t *parts = json_object();
	bool ok = parts != NULL;

	for (size_t i = 0; ok && i < D4_PARTS; i++) {
		if (t->parts[i] != 0)
			ok = stats_put(parts, d4_reason_name(d4_part_reason(i)),
			    t->parts[i]);
	}
	if (ok && json_object_size(parts) != 0)
		return json_object_set_new(o, "parts", parts) == 0;
	json_decref(parts);
	return ok;
}

/* stats_fill -- every counter; reasons only where they occurred. */
static bool
stats_fill(json_t *o, const struct d4_tally *t, const struct sanitize_sum *sum)
{
	bool ok = stats_put(o, "in", t->in) &&
	          stats_put(o, "forward", t->records[D4_R_NONE]) &&
	          stats_put(o, "drop", d4_tally_withheld(t) - t->quarantined) &&
	          stats_put(o, "quarantine", t->quarantined) &&
	          stats_put(o, "bytes_in", sum->bytes_in) &&
	          stats_put(o, "bytes_out", sum->bytes_out);

	for (unsigned i = 1; ok && i < D4_REASON_MAX; i++) {
		if (t->records[i] != 0)
			ok = stats_put(o, d4_reason_name((enum d4_reason)i),
			    t->records[i]);
	}
	return ok && stats_parts(o, t);
}

void
sanitize_stats(const struct d4_tally *t, const struct sanitize_sum *sum)
{
	json_t *o = json_object();
	char *text = NULL;

	if (o != NULL && stats_fill(o, t, sum))
		text = json_dumps(o, JSON_COMPACT);
	if (text != NULL)
		(void)fprintf(stderr, "%s\n", text);
	else
		sanitize_say("%s", d4_status_text(D4_ENOMEM));
	free(text);
	json_decref(o);
}
