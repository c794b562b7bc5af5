/* What the exporter says of itself. */
#include <stdlib.h>
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "misp-export/exporter.h"

static json_t *
status_feed(const struct feed *f)
{
	struct feed_counts c;

	if (f == NULL)
		return json_null();
	c = feed_counts(f);
	return json_pack("{s:I, s:I, s:I, s:I}", "events", (json_int_t)c.events,
	    "written", (json_int_t)c.written, "removed", (json_int_t)c.removed,
	    "above", (json_int_t)c.above);
}

json_t *
exporter_status(const struct exporter *x)
{
	static const struct rest_counts none;
	const struct rest_counts *c =
	    x->rest != NULL ? rest_counts(x->rest) : &none;
	json_t *refused = json_object(), *rest;

	for (unsigned i = 1; i < VALUE_WHY_N; i++) {
		if (x->maker.refused[i] > 0)
			(void)json_object_set_new(refused,
			    value_why_text((enum value_why)i),
			    json_integer((json_int_t)x->maker.refused[i]));
	}
	rest = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:I, s:s}",
	    "calls", (json_int_t)c->calls, "items", (json_int_t)c->items,
	    "moved", (json_int_t)c->moved, "sightings",
	    (json_int_t)c->sightings, "quarantined", (json_int_t)c->quarantined,
	    "blocked", (json_int_t)c->blocked, "unsure", (json_int_t)c->unsure,
	    "failed", (json_int_t)c->failed, "split", (json_int_t)c->split,
	    "remembered", (json_int_t)c->remembered, "foreign",
	    (json_int_t)c->foreign, "held", (json_int_t)c->held, "published",
	    (json_int_t)c->published, "waiting",
	    x->rest != NULL ? rest_trouble(x->rest) : "");
	return json_pack("{s:i, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:o, s:o, s:o, s:o}",
	    "v", 1, "partner", x->conf->partner, "airlock",
	    airlock_counts(x->airlock), "events", (json_int_t)store_n(x->store),
	    "due", (json_int_t)store_due(x->store), "odd", (json_int_t)x->odd,
	    "unknown", (json_int_t)x->unknown, "red", (json_int_t)x->red,
	    "over", (json_int_t)x->over, "left", (json_int_t)x->left, "dropped",
	    (json_int_t)x->lost, "expired", (json_int_t)x->expired, "refused",
	    refused, "misp", rest, "benign", warninglists_json(x->lists),
	    "feed", status_feed(x->feed));
}

void
exporter_tell(struct exporter *x)
{
	char *path = d4_path(x->conf->dir, "status.json");
	struct d4_buf text;

	d4_buf_init(&text, 65536);
	if (path != NULL &&
	    d4_json_line(exporter_status(x), JSON_COMPACT, &text) == D4_OK &&
	    !d4_slice_eq(d4_buf_slice(&text), d4_buf_slice(&x->told))) {
		(void)!d4_file_replace(path, d4_buf_slice(&text), 0640);
		d4_buf_fini(&x->told);
		x->told = text;
		d4_buf_init(&text, 0);
	}
	d4_buf_fini(&text);
	free(path);
}
