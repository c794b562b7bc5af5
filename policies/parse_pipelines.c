#include <stdlib.h>
#include <string.h>
#include "policies/room.h"

/* Opaque here: the sanitizers compile them (Decision 17). */
static enum d4_status
read_steps(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	bool preset =
	    n->kind == D4_YAML_SCALAR || d4_yaml_get(n, "preset") != NULL;

	if (n->kind != D4_YAML_LIST && !preset)
		return POL_BAD(r, n,
		    "write `steps: []` for none, or {preset: NAME}",
		    "no list of steps, and no preset");
	*(const struct d4_yaml **)out = n;
	return D4_OK;
}

#define AT(member) offsetof(struct pol_pipe, member)

static const struct pol_field fields[] = {
    {"id", pol_read_id, AT(pub.id), true, NULL},
    {"types", pol_read_plain_types, AT(types.plain), false, NULL},
    {"meta", pol_read_meta_types, AT(types.meta), false, NULL},
    {"class", pol_read_class, AT(pub.claimed), false, NULL},
    {"steps", read_steps, AT(pub.steps), true, NULL},
    {"embargo", NULL, 0, false, "write it in the share rule"},
    {NULL, NULL, 0, false, NULL},
};

/* The same types once more, in the shape in which others read them. */
static enum d4_status
publish_types(struct pol_pipe *pipe)
{
	const struct d4_yaml *meta = pipe->types.meta;
	uint8_t *types, type;
	size_t i;

	types = calloc(16, 1);
	if (types == NULL)
		return D4_ENOMEM;
	pipe->pub.types = types;
	for (type = 1; type < 16; type++)
		if ((pipe->types.plain & (1u << type)) != 0)
			types[pipe->pub.n_types++] = type;
	if (meta == NULL)
		return D4_OK;
	pipe->pub.meta = calloc(meta->n, sizeof(*pipe->pub.meta));
	if (pipe->pub.meta == NULL)
		return D4_ENOMEM;
	for (i = 0; i < meta->n; i++)
		memcpy(pipe->pub.meta[i], meta->item[i]->text,
		    strlen(meta->item[i]->text) + 1);
	pipe->pub.n_meta = meta->n;
	return D4_OK;
}

static enum d4_status
pipeline_done(struct pol_reader *r, const struct d4_yaml *map, void *entry)
{
	struct pol_pipe *pipe = entry;

	pipe->pub.at = map->at;
	pipe->pub.cls = -1;
	pipe->pub.epoch[0] = '0';
	if (d4_yaml_get(map, "class") == NULL)
		pipe->pub.claimed = -1;
	if (pipe->types.plain == 0 && pipe->types.meta == NULL)
		return POL_BAD(r, map, "add `types: [1]` or `meta: [ja3-jl]`",
		    "pipeline `%s` names no types", pipe->pub.id);
	return publish_types(pipe);
}

static const struct pol_entity entity = {
    .what = "pipeline",
    .table = fields,
    .size = sizeof(struct pol_pipe),
    .max = POL_ENTRIES_MAX,
    .done = pipeline_done,
};

enum d4_status
pol_parse_pipelines(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	void *array = NULL;
	enum d4_status st;

	(void)out;
	st = pol_entities_read(r, &entity, n, &array, &r->p->n_pipelines);
	r->p->pipelines = array;
	return st;
}
