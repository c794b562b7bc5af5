/* A set of short texts, sorted; what SMEMBERS answers. */
#ifndef HUB_NAMES_H
#define HUB_NAMES_H

#include <stdbool.h>
#include <hiredis/hiredis.h>
#include "libd4/status.h"

struct names {
	char **at;
	size_t n;
};

/*
 * names_read -- replaces *set by the strings of an array reply; *changed says
 * whether it is another set. Errors: D4_EMALFORMED no array.  D4_ENOMEM.
 */
D4_USED enum d4_status names_read(
    struct names *set, const redisReply *reply, bool *changed);

/* names_add -- adds one. Errors: D4_ENOMEM. */
D4_USED enum d4_status names_add(struct names *set, const char *name);

bool names_have(const struct names *set, const char *name);
void names_fini(struct names *set);

#endif
