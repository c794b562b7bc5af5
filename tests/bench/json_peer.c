/*
 * The peer of the JSON sanitizer: every line parsed and dumped by jansson,
 * with the same four fields changed. It cannot carry ja3-jl (big integers
 * are refused, 1.10 changes), so its input has neither.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void
change(json_t *o)
{
	(void)json_object_set_new(o, "ClientIP", json_string("198.18.1.1"));
	(void)json_object_set_new(o, "ClientPort", json_string("0"));
	(void)json_object_set_new(
	    o, "Timestamp", json_string("2019-06-20T09:00:00.000000Z"));
	(void)json_object_set_new(o, "Certificates", json_array());
}

int
main(void)
{
	static char line[1 << 20];
	unsigned long bad = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		if (o == NULL) {
			bad++;
			continue;
		}
		change(o);
		if (json_dumpf(o, stdout, JSON_COMPACT) != 0 ||
		    putchar('\n') == EOF)
			return 1;
		json_decref(o);
	}
	return bad == 0 ? 0 : 1;
}
