/* The bytes of a YAML file, before libyaml sees them; for yaml.c only. */
#ifndef D4_YAML_TEXT_H
#define D4_YAML_TEXT_H

#include <stdbool.h>
#include "libd4/diag.h"
#include "libd4/slice.h"

/*
 * d4_yaml_text_check -- refuses what a reader could not see or would read in
 * another way than we: bytes that are not UTF-8, NUL and control characters,
 * byte order marks, invisible direction and line marks, a carriage return
 * alone, tabs in the indentation.
 * Errors: D4_EINVAL with *diag.
 */
D4_USED enum d4_status d4_yaml_text_check(
    struct d4_slice text, struct d4_diag *diag);

/*
 * d4_yaml_text_ok -- the same for the content of a scalar, whose escapes
 * ("\0", "\u202e") come to life only there; tab and newline are allowed.
 */
bool d4_yaml_text_ok(struct d4_slice text);

#endif
