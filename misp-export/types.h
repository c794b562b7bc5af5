/*
 * What a MISP takes: types, the categories that each fits, and templates. Of
 * the server (describeTypes, objectTemplates), kept in DIR/types.json; without
 * it, what was seen of MISP 2.5. Mappers are held against it before anything
 * of theirs is sent. Pure but for the file.
 */
#ifndef MISP_TYPES_H
#define MISP_TYPES_H

#include <jansson.h>
#include "misp-export/mapper.h"

#define TYPES_FILE "types.json"
#define TYPES_MAX  (16u << 20) /* bytes of it */
#define TYPES_TEXT 200u

/*
 * struct types -- Shape: describe: as /attributes/describeTypes answers, its
 * "result"; NULL: the built-in list. templates: by name {"version",
 * "required": [relation], "one_of": [relation], "type": {relation: type}},
 * NULL: none is known. version: of that MISP, "" unknown.
 * Owns:   both: types_fini.
 */
struct types {
	json_t *describe, *templates;
	char version[32];
};

/* What the server would refuse of a mapper: which row, why, what to write. */
struct types_problem {
	const struct mapper *mapper;
	size_t rel; /* MAPPER_RELS: all of it */
	char what[TYPES_TEXT], remedy[TYPES_TEXT];
};

/*
 * types_check -- false: *out says the first thing that would be refused. What
 * is not known (a template that is not there) is not a problem: MISP takes it.
 */
bool types_check(
    const struct types *t, const struct mapper *m, struct types_problem *out);

/*
 * types_check_all -- calls fn for each mapper that has a problem, those of the
 * configuration first. How many there are.
 */
size_t types_check_all(const struct types *t, const struct mappers *mappers,
    void (*fn)(void *arg, const struct types_problem *p), void *arg);

/*
 * types_fetch -- asks the server; what it does not answer stays as it was.
 * false: it does not say, *why why. version: of getVersion.
 */
struct http;
bool types_fetch(
    struct types *t, struct http *h, const char *version, char why[TYPES_TEXT]);

/*
 * types_describe, types_template -- take an answer of the server in. false: it
 * is none; nothing changes. Owns: copies what it needs.
 */
bool types_describe(struct types *t, const json_t *answer);
bool types_template(struct types *t, const json_t *answer);

/* types_load -- of DIR. Errors: D4_ENOENT, D4_EMALFORMED, D4_EIO, D4_ENOMEM.
 */
D4_USED enum d4_status types_load(const char *dir, struct types *out);

/* types_save -- Errors: D4_EIO, D4_ENOSPC, D4_ENOMEM. */
D4_USED enum d4_status types_save(const char *dir, const struct types *t);

void types_fini(struct types *t);

/*
 * types_say -- the problem as "FILE:LINE:COLUMN: mapper ID: what; remedy" (of
 * a built-in mapper without a place).
 */
void types_say(const struct types_problem *p, const struct mappers *mappers,
    const char *file, char *out, size_t n);

#endif
