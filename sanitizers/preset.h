/* Presets: well-tried steps under one name (d4-pipelines(5)). */
#ifndef SAN_PRESET_H
#define SAN_PRESET_H

#include "libd4/yaml.h"

/*
 * struct san_preset -- one preset.
 * Shape:  steps: YAML of a list of steps. In it `$name` stands for what the
 *         policy writes as `name`; a key or list item whose value is `$name`
 *         is left out where the policy says nothing, unless the name is among
 *         must, and so is an item of a list of which nothing is left. An item
 * {each: $name, ...} stands once for every element of the list, `$item` in it
 * for the element. cls: the class that we vouch for, where it is more than the
 * steps earn by themselves; then `may` has nothing that could lessen it.
 */
struct san_preset {
	const char *name;
	const char *help; /* one line; the man page is checked against it */
	const char *must[4], *may[4];
	const char *steps;
	unsigned cls;
};

extern const struct san_preset san_presets[]; /* ends with name NULL */

/*
 * san_preset_expand -- the steps of a pipeline as a list.
 * steps: a list: *out is NULL, it is one already. A scalar: the name of a
 * preset. A map: {preset: NAME, ...} with what the preset wants to know.
 * Owns:   *out is the caller's, d4_yaml_free. What the policy wrote keeps its
 *         marks, all else has that of the name.
 * Errors: D4_EINVAL with *diag; D4_ENOMEM.
 */
D4_USED enum d4_status san_preset_expand(
    const struct d4_yaml *steps, struct d4_diag *diag, struct d4_yaml **out);

/* san_preset_of -- the preset that steps name, or NULL. */
const struct san_preset *san_preset_of(const struct d4_yaml *steps);

#endif
