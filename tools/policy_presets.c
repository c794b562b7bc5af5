/* d4-policy presets: which there are, and which steps one stands for. */
#include <stdio.h>
#include <string.h>
#include "sanitizers/preset.h"
#include "tools/policy_tool.h"

static void
presets_names(const char *const names[4], const char *before, const char *after)
{
	for (unsigned i = 0; i < 4 && names[i] != NULL; i++)
		(void)printf("%s%s%s", before, names[i], after);
}

int
policy_presets(const struct policy_args *a)
{
	for (size_t i = 0; san_presets[i].name != NULL; i++) {
		const struct san_preset *p = &san_presets[i];

		if (a->policy == NULL) {
			(void)printf("%-20s %s", p->name, p->help);
			presets_names(p->must, "; ", "");
			presets_names(p->may, "; [", "]");
			(void)printf("\n");
		} else if (strcmp(a->policy, p->name) == 0) {
			(void)fputs(p->steps, stdout);
			return EX_OK;
		}
	}
	if (a->policy == NULL)
		return EX_OK;
	(void)fprintf(stderr,
	    "d4-policy: no preset `%s`; `d4-policy presets` lists them\n",
	    a->policy);
	return EX_FAILED;
}
