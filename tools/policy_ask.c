#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "libd4/nearest.h"
#include "tools/policy_tool.h"

static const struct d4_mark nowhere = {0, 0};

uint64_t
policy_now(void)
{
	return (uint64_t)time(NULL);
}

static enum d4_status
ask_at(
    const struct policy_question *q, struct pol_ask *ask, struct d4_diag *why)
{
	ask->now_s = policy_now();
	if (q->at == NULL || pol_time_read(q->at, &ask->now_s) == D4_OK)
		return D4_OK;
	return d4_diag_set(why, nowhere,
	    "write 2027-12-31T12:00:00Z, 2027-12-31 or seconds since 1970",
	    "`%.64s` is not a time", q->at);
}

/* A number, or the name of an extended type, whose header is made up. */
static enum d4_status
ask_type(const struct policy_question *q, struct d4_buf *meta,
    struct pol_ask *ask, struct d4_diag *why)
{
	struct d4_meta header;
	enum d4_status st = D4_OK;
	char *end;
	unsigned long type = strtoul(q->type, &end, 10);

	if (*q->type != '\0' && *end == '\0') {
		if (type == 0 || type > 254)
			return d4_diag_set(why, nowhere, "use 1 to 254",
			    "`%.64s` is not a type", q->type);
		ask->type = (uint8_t)type;
		return D4_OK;
	}
	ask->type = 254;
	if (meta->n == 0)
		st = d4_buf_addf(meta, "{\"type\":\"%s\"}", q->type);
	if (st != D4_OK)
		return st;
	if (d4_meta_parse(d4_buf_slice(meta), &header) != D4_OK)
		return D4_OK; /* the decision will say meta.invalid */
	if (strcmp(header.type, q->type) != 0)
		st = d4_diag_set(why, nowhere, "name the same type in both",
		    "the meta header says type `%s`, not `%.64s`", header.type,
		    q->type);
	d4_meta_fini(&header);
	return st;
}

static enum d4_status
no_source(const struct pol *p, const char *id, struct d4_diag *why)
{
	char hint[D4_DIAG_TEXT];
	const char **known = calloc(pol_n_sources(p) + 1, sizeof(char *));
	enum d4_status st;
	size_t i;

	if (known == NULL)
		return D4_ENOMEM;
	for (i = 0; i < pol_n_sources(p); i++)
		known[i] = pol_source_at(p, i).id;
	d4_nearest_hint(id, known, hint, sizeof(hint));
	st = d4_diag_set(why, nowhere, hint, "no source `%.64s`", id);
	free(known);
	return st;
}

/* The one sensor of a source, when none is named. */
static enum d4_status
ask_only_sensor(const struct pol *p, const char *source, struct pol_ask *ask,
    struct d4_diag *why)
{
	struct pol_source_view v;
	size_t i;

	for (i = 0; i < pol_n_sources(p); i++) {
		v = pol_source_at(p, i);
		if (strcmp(v.id, source) != 0)
			continue;
		if (v.n_sensors != 1)
			return d4_diag_set(why, nowhere, "add --sensor UUID",
			    "source `%s` has %zu sensors", source, v.n_sensors);
		ask->sensor = v.sensors[0];
		return D4_OK;
	}
	return no_source(p, source, why);
}

static enum d4_status
ask_sensor(const struct pol *p, const struct policy_question *q,
    struct pol_ask *ask, struct d4_diag *why)
{
	if (q->sensor != NULL && q->queue != NULL)
		return d4_diag_set(why, nowhere, "leave one out",
		    "both a sensor and a queue are named");
	if (q->queue != NULL)
		return pol_queue_uuid(q->queue, &ask->sensor);
	if (q->sensor == NULL && q->source == NULL)
		return d4_diag_set(why, nowhere,
		    "add --sensor UUID, --queue ID or --source ID",
		    "no sensor is named");
	if (q->sensor == NULL)
		return ask_only_sensor(p, q->source, ask, why);
	if (d4_uuid_parse(q->sensor, &ask->sensor) != D4_OK)
		return d4_diag_set(why, nowhere, "write 8-4-4-4-12 hex digits",
		    "`%.64s` is no UUID", q->sensor);
	return D4_OK;
}

enum d4_status
policy_ask(const struct pol *p, const struct policy_question *q,
    struct d4_buf *meta, struct pol_ask *ask, struct d4_diag *why)
{
	enum d4_status st = D4_OK;

	*ask = (struct pol_ask){.partner = q->partner, .source = q->source};
	if (q->partner == NULL || q->type == NULL)
		return d4_diag_set(why, nowhere, "add it", "no %s is named",
		    q->partner == NULL ? "partner" : "type");
	if (q->meta != NULL && q->meta[0] == '@')
		st = d4_file_read(q->meta + 1, meta);
	else if (q->meta != NULL)
		st = d4_buf_adds(meta, q->meta);
	if (st != D4_OK)
		return d4_diag_set(why, nowhere, "check the file",
		    "the meta header cannot be read: %s", d4_status_text(st));
	st = ask_sensor(p, q, ask, why);
	if (st == D4_OK)
		st = ask_type(q, meta, ask, why);
	if (st == D4_OK)
		st = ask_at(q, ask, why);
	ask->meta = d4_buf_slice(meta);
	return st;
}
