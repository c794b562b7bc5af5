/* A warninglist of anybody's, and its own words as values. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "misp-export/warninglist_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Its words as values; an odd value must not end it, either. */
static void
ask(struct warn_set *s, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			continue;
		/* What stands in a list of words is found there. */
		if (!warn_set_has(s, text) && *text != '\0' &&
		    (s->kind == WARN_STRING || s->kind == WARN_SUBSTRING))
			abort();
	}
	(void)warn_set_has(s, "");
	(void)warn_set_has(s, "...");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *list = json_loadb((const char *)data, size, 0, NULL);

	for (unsigned kind = WARN_STRING; list != NULL && kind <= WARN_REGEX;
	     kind++) {
		struct warn_set s;

		if (warn_set_init(&s, (enum warn_kind)kind, list) == D4_OK)
			ask(&s, list);
		warn_set_fini(&s);
	}
	json_decref(list);
	return 0;
}
