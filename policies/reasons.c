#include <stddef.h>
#include <string.h>
#include "policies/reasons.h"
#include "policies/verdict.h"

#define POL_REASON_ROW(sym, name, text) [POL_R_##sym] = {name, text},
static const struct {
	const char *name;
	const char *text;
} reasons[] = {POL_REASONS(POL_REASON_ROW)};
#undef POL_REASON_ROW

const char *
pol_reason_name(enum pol_reason r)
{
	return reasons[r].name;
}

const char *
pol_reason_at(unsigned i)
{
	return i < POL_R_MAX ? reasons[i].name : NULL;
}

const char *
pol_reason_text(const char *rule)
{
	unsigned i;

	for (i = 0; i < POL_R_MAX; i++)
		if (strcmp(reasons[i].name, rule) == 0)
			return reasons[i].text;
	return NULL;
}
