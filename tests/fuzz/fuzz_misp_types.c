/* What a server says that it takes: any JSON; every mapper is held to it. */
#include "misp-export/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_problem(void *arg, const struct types_problem *p)
{
	char text[256];

	(void)arg;
	types_say(p, NULL, "f", text, sizeof(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *o = json_loadb((const char *)data, size, 0, NULL);
	struct types t = {.describe = NULL};

	(void)types_describe(&t, o);
	(void)types_template(&t, o);
	(void)types_check_all(&t, NULL, on_problem, NULL);
	types_fini(&t);
	json_decref(o);
	return 0;
}
