#include <stdio.h>
#include "hub/options.h"

struct hub_options *
hub_options_told(const char *conf)
{
	struct d4_diag diag = {.file = conf};
	struct hub_options *opt = NULL;
	char text[1024];

	if (hub_options_load(conf, &diag, &opt) == D4_OK)
		return opt;
	d4_diag_format(&diag, text, sizeof(text));
	(void)fprintf(stderr, "%s\n", text);
	return NULL;
}
