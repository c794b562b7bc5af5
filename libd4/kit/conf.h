/*
 * Configuration by table: one row per option drives parsing, the -n check,
 * --help and the check of the man pages.
 */
#ifndef KIT_CONF_H
#define KIT_CONF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "libd4/yaml.h"

enum d4_conf_type {
	D4_CONF_STRING,   /* char *, owned */
	D4_CONF_PATH,     /* char *, owned; relative to the file's folder */
	D4_CONF_BOOL,     /* bool */
	D4_CONF_UINT,     /* uint64_t, min..max */
	D4_CONF_DURATION, /* uint64_t, us, min..max */
	D4_CONF_BYTES,    /* uint64_t, bytes, min..max */
	D4_CONF_LIST,     /* struct d4_conf_list: scalars, or one scalar */
	D4_CONF_TREE,     /* const struct d4_yaml *, borrowed from the tree */
};

struct d4_conf_list {
	char **item;
	size_t n;
};

/*
 * struct d4_conf_option -- one row; a table ends with name NULL.
 * Shape:  def is the default as it would be written, or NULL: the option is
 *         mandatory when `must` is set, else stays zero.
 */
struct d4_conf_option {
	const char *name;
	enum d4_conf_type type;
	size_t offset;
	uint64_t min, max;
	const char *def;
	bool must;
	const char *help;
};

/*
 * d4_conf_read -- fills a zeroed struct from a file's tree.
 * Owns:   out's strings and lists belong to the caller: d4_conf_free.
 * Errors: D4_EINVAL with *diag: unknown key, wrong value, missing option.
 */
D4_USED enum d4_status d4_conf_read(const struct d4_conf_option *table,
    const struct d4_yaml *tree, struct d4_diag *diag, void *out);

/*
 * d4_conf_load -- reads and parses a file, then d4_conf_read. *tree (owned by
 * the caller) keeps D4_CONF_TREE values alive.
 * Errors: as d4_conf_read; D4_EIO with *diag naming the errno.
 */
D4_USED enum d4_status d4_conf_load(const struct d4_conf_option *table,
    const char *path, struct d4_diag *diag, struct d4_yaml **tree, void *out);

void d4_conf_free(const struct d4_conf_option *table, void *conf);

/* d4_conf_help -- "  name   default  help" a line, for --help. */
void d4_conf_help(const struct d4_conf_option *table, FILE *to);

#endif
