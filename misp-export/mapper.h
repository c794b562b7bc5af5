/*
 * What a finding becomes in MISP: rows of relations, built in or of the
 * configuration. One struct for both; adding one = one row. Pure.
 */
#ifndef MISP_MAPPER_H
#define MISP_MAPPER_H

#include "libd4/yaml.h"
#include "misp-export/record.h"

#define MAPPER_RELS   24u
#define MAPPER_CUSTOM 64u /* of a configuration */
#define MAPPER_ID     64u /* bytes of an id */

enum map_flag {
	MAP_KEY = 1 << 0,    /* part of what the finding is; must be there */
	MAP_IDS = 1 << 1,    /* may be an indicator */
	MAP_QUIET = 1 << 2,  /* no correlation */
	MAP_SIGHT = 1 << 3,  /* repeats are sightings of this one */
	MAP_CONST = 1 << 4,  /* path is the value itself */
	MAP_FIRST = 1 << 5,  /* computed: when it was seen first */
	MAP_LAST = 1 << 6,   /* computed: when last */
	MAP_COUNT = 1 << 7,  /* computed: how often; path: words in front */
	MAP_HIDDEN = 1 << 8, /* part of the key, not sent */
};

#define MAP_COMPUTED (MAP_FIRST | MAP_LAST | MAP_COUNT)

/*
 * struct map_rel -- one attribute of the object, or one attribute.
 * Shape:  relation: of the template; NULL in a mapper without one. type: of
 *         MISP. category NULL: value_category. path: a field of the record,
 *         several with | between: the first that is there.
 */
struct map_rel {
	const char *relation, *type, *category, *path;
	unsigned flags;
};

/*
 * struct mapper -- one kind of finding.
 * Shape:  object: the template's name; NULL: each row is an attribute by
 *         itself. reader: how records are read. when, is: the condition:
 *         that field has that value ("*" at its end: begins so; is NULL: it
 *         is there); when NULL: always. comment: text with {path} in it, NULL
 *         none. rel ends with type NULL.
 */
struct mapper {
	const char *id, *object, *reader;
	const char *when, *is;
	const char *comment;
	const struct map_rel *rel;
};

/* A template of MISP's: what an object says it is made by. */
struct template
{
	const char *name, *uuid, *version, *category, *description;
};

/* mapper_builtin -- the i-th row; NULL behind the last. */
const struct mapper *mapper_builtin(size_t i);

/* template_find -- by name; NULL: none that we send. */
const struct template *template_find(const char *name);
const struct template *template_at(size_t i);

/* mapper_rels -- how many rows it has. */
size_t mapper_rels(const struct mapper *m);

/* mapper_print -- another number for other rows; 63 bits. */
uint64_t mapper_print(const struct mapper *m);

/* mapper_takes -- does the condition hold? */
bool mapper_takes(const struct mapper *m, struct record *r);

/* mapper_value -- the value of a row that is not computed; p NULL: none. */
struct d4_slice mapper_value(const struct map_rel *rel, struct record *r);

/* mapper_comment -- the comment's text into out, always NUL-terminated. */
void mapper_comment(
    const struct mapper *m, struct record *r, char *out, size_t n);

/* Those of a configuration, `mappers:`. */
struct mappers;

/*
 * mappers_read -- compiles the map (NULL: none). Owns: *out is the caller's;
 * texts stay the tree's. Errors: D4_EINVAL with *diag.  D4_ENOMEM.
 */
D4_USED enum d4_status mappers_read(
    const struct d4_yaml *map, struct d4_diag *diag, struct mappers **out);
void mappers_free(struct mappers *m);

/* mappers_n, mappers_nth -- those of the configuration. */
size_t mappers_n(const struct mappers *m);
const struct mapper *mappers_nth(const struct mappers *m, size_t i);

/*
 * mappers_at -- where in its file a row stands (MAPPER_RELS: the mapper).
 * false: it is built in.
 */
bool mappers_at(const struct mappers *m, const struct mapper *of, size_t rel,
    struct d4_mark *out);

/* mappers_find -- of the configuration first, then built in; or NULL. */
const struct mapper *mappers_find(const struct mappers *m, const char *id);

/* mappers_default -- the id for a lane whose rule names none; NULL: none. */
const char *mappers_default(uint8_t type, const char *ext);

/* mappers_is_default -- some lane's rule need not name it. */
bool mappers_is_default(const char *id);

#endif
