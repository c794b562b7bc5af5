/*
 * The arguments of a command, checked and written as its script wants them.
 * Pure; the request may be anybody's.
 */
#ifndef HUB_CTL_ARGS_H
#define HUB_CTL_ARGS_H

#include <jansson.h>
#include "hub/ctl_table.h"
#include "libd4/slice.h"
#include "libd4/uuid.h"

#define CTL_WHY     160u        /* an error's text */
#define CTL_ARG_MAX (48u << 10) /* bytes of an argument */

/* struct ctl_given -- Shape: uuid: of the sensor, when has_uuid. */
struct ctl_given {
	struct d4_buf arg[CTL_ARGS];
	bool has_uuid;
	struct d4_uuid uuid;
};

/*
 * ctl_args_read -- request: members by the names of the arguments, each a
 * string, or true for a flag; "cmd" beside them, nothing else.
 * Errors: D4_EINVAL why says which; D4_ENOMEM. *out is finished then.
 */
D4_USED enum d4_status ctl_args_read(const struct ctl_row *row,
    const json_t *request, struct ctl_given *out, char why[CTL_WHY]);
void ctl_args_fini(struct ctl_given *g);

/*
 * ctl_arg_check -- one text of this kind, as the script wants it, behind *out.
 * Errors: D4_EINVAL; D4_ENOMEM; D4_ETOOBIG.
 */
D4_USED enum d4_status ctl_arg_check(
    const struct ctl_arg *a, const char *text, struct d4_buf *out);

#endif
