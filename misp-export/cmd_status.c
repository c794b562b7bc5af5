#include <stdio.h>
#include <stdlib.h>
#include "libd4/kit/file.h"
#include "misp-export/commands.h"

#define STATUS_MAX 65536u

int
cmd_status(struct misp_conf *c, int argc, char **argv)
{
	char *path = d4_path(c->dir, "status.json");
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;

	(void)argv;
	if (argc != 1) {
		free(path);
		(void)fputs("usage: d4-misp-export status\n", stderr);
		return 64;
	}
	d4_buf_init(&text, STATUS_MAX);
	if (path != NULL)
		st = d4_file_read(path, &text);
	if (st == D4_OK)
		(void)fwrite(text.p, 1, text.n, stdout);
	else
		(void)fprintf(stderr, "d4-misp-export: %s: %s%s\n",
		    path != NULL ? path : "status", d4_status_text(st),
		    st == D4_ENOENT ? "; it was never started with this dir"
				    : "");
	d4_buf_fini(&text);
	free(path);
	return st == D4_OK ? 0 : 1;
}
