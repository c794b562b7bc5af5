/* recall: takes back an event, one finding of it, or all of a source. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "misp-export/commands.h"
#include "misp-export/request.h"

static int
recall_usage(void)
{
	(void)fputs("usage: d4-misp-export recall EVENT [ITEM]\n"
		    "       d4-misp-export recall source SOURCE\n"
		    "  UUIDs as MISP shows them\n",
	    stderr);
	return 64;
}

static bool
recall_put(const struct misp_conf *c, const struct request *q)
{
	char uuid[D4_UUID_TEXT];
	enum d4_status st = request_put(c, q);

	d4_uuid_text(&q->event, uuid);
	if (st == D4_OK)
		(void)printf("%s  will be recalled\n", uuid);
	else
		(void)fprintf(stderr, "d4-misp-export: %s: %s\n", uuid,
		    d4_status_text(st));
	return st == D4_OK;
}

static int
recall_source(struct misp_conf *c, const char *source)
{
	struct request q = {.what = "recall", .whole = true};
	struct store *s = NULL;
	unsigned n = 0, bad = 0;

	if (store_look(c->dir, c->namespace, c->mappers, &s) != D4_OK) {
		(void)fprintf(
		    stderr, "d4-misp-export: %s cannot be read\n", c->dir);
		return 1;
	}
	for (size_t i = 0; i < store_n(s); i++) {
		if (strcmp(store_at(s, i)->name.source, source) != 0)
			continue;
		q.event = store_at(s, i)->uuid;
		n++;
		bad += recall_put(c, &q) ? 0 : 1;
	}
	store_free(s);
	if (n == 0)
		(void)fprintf(stderr,
		    "d4-misp-export: no event of %s is known here; rebuild "
		    "brings back what MISP has\n",
		    source);
	return n > 0 && bad == 0 ? 0 : 1;
}

/* It has a file from its first finding on. */
static bool
recall_known(const struct misp_conf *c, const struct d4_uuid *event)
{
	char uuid[D4_UUID_TEXT], *path = NULL;
	bool known;

	d4_uuid_text(event, uuid);
	known = asprintf(&path, "%s/events/%s.jsonl", c->dir, uuid) >= 0 &&
	        access(path, F_OK) == 0;
	free(path);
	if (!known)
		(void)fprintf(stderr,
		    "d4-misp-export: %s: no event of that UUID is known here; "
		    "rebuild brings back what MISP has\n",
		    uuid);
	return known;
}

int
cmd_recall(struct misp_conf *c, int argc, char **argv)
{
	struct request q = {.what = "recall", .whole = argc == 2};

	if (argc == 3 && strcmp(argv[1], "source") == 0)
		return recall_source(c, argv[2]);
	if (argc < 2 || argc > 3 || d4_uuid_parse(argv[1], &q.event) != D4_OK ||
	    (argc == 3 && d4_uuid_parse(argv[2], &q.item) != D4_OK))
		return recall_usage();
	return recall_known(c, &q.event) && recall_put(c, &q) ? 0 : 1;
}
