#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "policies/room.h"

static const char queue_domain[] = "d4 queue ";

static const struct pol_field fields[] = {
    {"id", pol_read_id, offsetof(struct pol_source, id), true, NULL},
    {"sensors", pol_read_uuids, offsetof(struct pol_source, sensors), false,
	NULL},
    {"queue", pol_read_id, offsetof(struct pol_source, queue), false, NULL},
    {"fed_by", pol_read_uuids, offsetof(struct pol_source, fed_by), false,
	NULL},
    {"types", pol_read_plain_types, offsetof(struct pol_source, types.plain),
	false, NULL},
    {"meta", pol_read_meta_types, offsetof(struct pol_source, types.meta),
	false, NULL},
    {"org", pol_read_uuid, offsetof(struct pol_source, org), true, NULL},
    {"tags", pol_read_tags, offsetof(struct pol_source, tags), false, NULL},
    {"floor_tlp", pol_read_tlp, offsetof(struct pol_source, floor), false,
	NULL},
    {"default_pap", pol_read_pap, offsetof(struct pol_source, default_pap),
	false, NULL},
    {"community", pol_read_ids, offsetof(struct pol_source, community), false,
	NULL},
    {"speaks_for", pol_read_uuids, offsetof(struct pol_source, speaks_for),
	false, NULL},
    {NULL, NULL, 0, false, NULL},
};

enum d4_status
pol_queue_uuid(const char *queue, struct d4_uuid *out)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[sizeof(queue_domain) + POL_ID_LEN];
	int n = snprintf(text, sizeof(text), "%s%.*s", queue_domain,
	    (int)POL_ID_LEN - 1, queue);

	if (EVP_Digest(text, (size_t)n, md, NULL, EVP_sha256(), NULL) != 1)
		return D4_ECRYPTO;
	memcpy(out->b, md, D4_UUID_LEN);
	d4_uuid_force(out, 8);
	return D4_OK;
}

/* Sensors or a queue; the queue gets the UUID that stands for it. */
static enum d4_status
source_origin(
    struct pol_reader *r, const struct d4_yaml *map, struct pol_source *s)
{
	bool queue = d4_yaml_get(map, "queue") != NULL;

	if (queue == (d4_yaml_get(map, "sensors") != NULL))
		return POL_BAD(r, map,
		    "write `sensors: [UUID]`, or `queue: ID` for a source of "
		    "relay.yaml",
		    queue ? "source `%s` names both sensors and a queue"
			  : "source `%s` names neither sensors nor a queue",
		    s->id);
	if (!queue && s->fed_by.n > 0)
		return POL_BAD(r, d4_yaml_get(map, "fed_by"),
		    "remove it: sensors stand under `sensors:`",
		    "`fed_by` without `queue`");
	if (!queue)
		return D4_OK;
	s->sensors.list = calloc(1, sizeof(*s->sensors.list));
	if (s->sensors.list == NULL)
		return D4_ENOMEM;
	s->sensors.n = 1;
	return pol_queue_uuid(s->queue, &s->sensors.list[0]);
}

static enum d4_status
source_done(struct pol_reader *r, const struct d4_yaml *map, void *entry)
{
	struct pol_source *s = entry;
	enum d4_status st;
	size_t i;

	s->at = map->at;
	st = source_origin(r, map, s);
	if (st != D4_OK)
		return st;
	if (d4_yaml_get(map, "floor_tlp") == NULL)
		s->floor = -1;
	if (s->types.plain == 0 && s->types.meta == NULL)
		return POL_BAD(r, map, "add `types: [1]` or `meta: [ja3-jl]`",
		    "source `%s` names no types", s->id);
	for (i = 0; s->queue[0] == '\0' && i < s->sensors.n; i++)
		if (!d4_uuid_is_v4(&s->sensors.list[i]))
			return POL_BAD(r, d4_yaml_get(map, "sensors"),
			    "D4 servers take version 4 UUIDs only",
			    "a sensor UUID that is not version 4");
	return D4_OK;
}

static const struct pol_entity entity = {
    .what = "source",
    .table = fields,
    .size = sizeof(struct pol_source),
    .max = POL_SOURCES_MAX,
    .done = source_done,
};

static int
seat_order(const void *a, const void *b)
{
	const struct pol_seat *x = a, *y = b;
	int order = memcmp(&x->sensor, &y->sensor, D4_UUID_LEN);

	if (order != 0)
		return order;
	return x->source < y->source ? -1 : x->source > y->source;
}

static enum d4_status
make_seats(struct pol *p)
{
	size_t i, k, n = 0;

	for (i = 0; i < p->n_sources; i++)
		n += p->sources[i].sensors.n;
	p->seats = calloc(n + 1, sizeof(*p->seats));
	if (p->seats == NULL)
		return D4_ENOMEM;
	for (i = 0; i < p->n_sources; i++)
		for (k = 0; k < p->sources[i].sensors.n; k++)
			p->seats[p->n_seats++] =
			    (struct pol_seat){p->sources[i].sensors.list[k], i};
	qsort(p->seats, p->n_seats, sizeof(*p->seats), seat_order);
	return D4_OK;
}

/* One stream, one source: else its label would be a matter of luck. */
static enum d4_status
check_pair(
    struct pol_reader *r, const struct pol_seat *a, const struct pol_seat *b)
{
	const struct pol_source *x = &r->p->sources[a->source];
	const struct pol_source *y = &r->p->sources[b->source];
	char text[D4_UUID_TEXT];

	d4_uuid_text(&a->sensor, text);
	if (a->source == b->source)
		return d4_diag_set(r->diag, y->at, "name it once",
		    "source `%s` names sensor %s twice", y->id, text);
	if (!pol_types_meet(&x->types, &y->types))
		return D4_OK;
	if (x->queue[0] != '\0')
		return d4_diag_set(r->diag, y->at,
		    "one entry with the strictest label",
		    "queue `%s` stands in `%s` and `%s` with the same types",
		    x->queue, x->id, y->id);
	return d4_diag_set(r->diag, y->at,
	    "give each type of a sensor to one source",
	    "sensor %s stands in `%s` and `%s` with the same types", text,
	    x->id, y->id);
}

static enum d4_status
check_seats(struct pol_reader *r)
{
	const struct pol *p = r->p;
	enum d4_status st = D4_OK;
	size_t i, k;

	for (i = 0; i < p->n_seats; i++)
		for (k = i + 1;
		     k < p->n_seats && st == D4_OK &&
		     d4_uuid_eq(&p->seats[i].sensor, &p->seats[k].sensor);
		     k++)
			st = check_pair(r, &p->seats[i], &p->seats[k]);
	return st;
}

/* A sensor that no source knows has no label that could be the strictest. */
static enum d4_status
check_feeder(struct pol_reader *r, const struct pol_source *s, size_t at)
{
	const struct pol *p = r->p;
	char text[D4_UUID_TEXT];

	for (size_t i = 0; i < p->n_sources; i++) {
		if (p->sources[i].queue[0] == '\0' &&
		    pol_uuids_has(&p->sources[i].sensors, &s->fed_by.list[at]))
			return D4_OK;
	}
	d4_uuid_text(&s->fed_by.list[at], text);
	return d4_diag_set(r->diag, s->at,
	    "give it a source of its own, with its label",
	    "source `%s` is fed by sensor %s, which no source names", s->id,
	    text);
}

static enum d4_status
check_feeders(struct pol_reader *r)
{
	const struct pol *p = r->p;
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < p->n_sources; i++) {
		const struct pol_source *s = &p->sources[i];

		for (size_t k = 0; k < s->fed_by.n && st == D4_OK; k++)
			st = check_feeder(r, s, k);
	}
	return st;
}

enum d4_status
pol_parse_sources(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	void *array = NULL;
	enum d4_status st;

	(void)out;
	st = pol_entities_read(r, &entity, n, &array, &r->p->n_sources);
	r->p->sources = array;
	if (st == D4_OK)
		st = make_seats(r->p);
	if (st == D4_OK)
		st = check_seats(r);
	return st == D4_OK ? check_feeders(r) : st;
}
