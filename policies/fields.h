/*
 * Reading the maps of a policy file by table: one row per key. Adding a key
 * = one row; what this version does not enforce is a row too, and an error.
 */
#ifndef POL_FIELDS_H
#define POL_FIELDS_H

#include "policies/pol.h"

#define POL_FIELDS_MAX 24u /* rows of one table */

struct pol_reader {
	struct d4_diag *diag;
	const struct pol_loader *load;
	struct pol *p;
};

/*
 * struct pol_field -- one key.
 * read fills the member at offset; NULL: the key is known but not enforced,
 * and `instead` is the remedy. must: the key has to be written.
 */
struct pol_field {
	const char *key;
	enum d4_status (*read)(
	    struct pol_reader *r, const struct d4_yaml *n, void *out);
	size_t offset;
	bool must;
	const char *instead;
};

/*
 * pol_fields_read -- a map into a zeroed struct. The table ends with key NULL.
 * Errors: D4_EINVAL with the diag: unknown, missing or not enforced key.
 */
D4_USED enum d4_status pol_fields_read(struct pol_reader *r,
    const struct pol_field *table, const struct d4_yaml *map, void *out);

/*
 * struct pol_entity -- a list of maps: sources, partners, ...
 * done: checks and completes one entry after its fields; may be NULL. Every
 * struct begins with char id[POL_ID_LEN] (`pub` of the public ones does too).
 */
struct pol_entity {
	const char *what; /* "source" */
	const struct pol_field *table;
	size_t size;
	size_t max;
	enum d4_status (*done)(
	    struct pol_reader *r, const struct d4_yaml *map, void *entry);
};

/*
 * pol_entities_read -- a list of maps into *array (calloc) and *n; ids are
 * unique. *array is the policy's at once, so that pol_free finds what an
 * error leaves behind.
 */
D4_USED enum d4_status pol_entities_read(struct pol_reader *r,
    const struct pol_entity *e, const struct d4_yaml *list, void **array,
    size_t *n);

/* An error at a node. Returns D4_EINVAL. */
#define POL_BAD(r, node, remedy, ...) \
	d4_diag_set((r)->diag, (node)->at, (remedy), __VA_ARGS__)

/* pol_bad_word -- "unknown WHAT `word`", with the nearest of known. */
D4_USED enum d4_status pol_bad_word(struct pol_reader *r,
    const struct d4_yaml *n, const char *what, const char *const *known);

/* ---- values (values.c); each is the `read` of a field ---- */
enum d4_status pol_read_id(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* char[65] */
enum d4_status pol_read_text(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* char * */
enum d4_status pol_read_bool(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* bool */
enum d4_status pol_read_tlp(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* int */
enum d4_status pol_read_pap(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* pol_pap */
enum d4_status pol_read_class(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* int */
enum d4_status pol_read_date(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* u64, s */
enum d4_status pol_read_uuid(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* d4_uuid */
enum d4_status pol_read_uuids(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* pol_uuids */

/* Lists of words: the node itself goes into a const struct d4_yaml *. */
enum d4_status pol_read_ids(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_read_tags(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_read_meta_types(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_read_plain_types(
    struct pol_reader *r, const struct d4_yaml *n, void *out); /* u16 bits */

/* pol_read_list -- n must be a list of 1 or more scalars. */
D4_USED enum d4_status pol_read_list(
    struct pol_reader *r, const struct d4_yaml *n);

/*
 * pol_read_word -- the index of n's text in a NULL-ended list of words, as an
 * unsigned; an error names the nearest.
 */
D4_USED enum d4_status pol_read_word(struct pol_reader *r,
    const struct d4_yaml *n, const char *const *words, unsigned *out);

/* pol_id_ok -- [a-z0-9-]{1,64}. */
bool pol_id_ok(const char *text);

#endif
