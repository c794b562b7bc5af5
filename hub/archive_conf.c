#include <stddef.h>
#include <string.h>
#include "hub/archive_conf.h"

#define AT(member) offsetof(struct archive_conf, member)
#define S          1000000ull /* us */
#define DAY        (86400 * S)
#define MIB        (1ull << 20)
#define GZIP_LEVEL 4
#define GZIP_MAX   9

static const struct d4_conf_option table[] = {
    {"dir", D4_CONF_PATH, AT(dir), 0, 0, NULL, true,
	"the folder of the archive"},
    {"types", D4_CONF_LIST, AT(types), 0, 80, NULL, false,
	"queues to archive, such as 8 or 254.ja3-jl; default: all"},
    {"every", D4_CONF_DURATION, AT(every_us), S, DAY, "300s", false,
	"period of a file; it also ends at midnight UTC"},
    {"pack", D4_CONF_STRING, AT(pack_word), 0, 8, "gzip", false,
	"gzip or zstd"},
    {"level", D4_CONF_UINT, AT(level), 0, 19, "0", false,
	"compression level: gzip 1 to 9, zstd 1 to 19; 0: 4 and 3"},
    {"age", D4_CONF_DURATION, AT(age_us), 0, 36500 * DAY, "0s", false,
	"remove older files; 0s: never"},
    {"size", D4_CONF_BYTES, AT(size), 0, 1ull << 60, "0B", false,
	"remove the oldest files beyond this total; 0B: never"},
    {"reserve", D4_CONF_BYTES, AT(reserve), 0, 1ull << 50, "512MiB", false,
	"disk space to leave free"},
    {"full", D4_CONF_STRING, AT(full), 0, 8, "wait", false,
	"without space: wait (data stays in the queue) or drop"},
    {"open_files", D4_CONF_UINT, AT(open_files), 4, 100000, "512", false,
	"files open at a time"},
    {"user", D4_CONF_STRING, AT(user), 0, 32, NULL, false,
	"its account, when started by root; default: that of the hub"},
    {"reader", D4_CONF_STRING, AT(reader), 1, 64, "archive", false,
	"the name of its reader (consumer group)"},
    {.name = NULL},
};

static enum d4_status
refuse(const struct d4_yaml *tree, struct d4_diag *diag, const char *name,
    const char *words)
{
	const struct d4_yaml *n = d4_yaml_get(tree, name);

	return d4_diag_set(diag, n != NULL ? n->at : tree->at, words,
	    "archive: %s is not understood", name);
}

/* A reader's name becomes a word of Redis. */
static bool
reader_ok(const char *name)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(name);

	return n != 0 && n <= 64 && strspn(name, word) == n;
}

static enum d4_status
conf_words(
    struct archive_conf *c, const struct d4_yaml *tree, struct d4_diag *diag)
{
	if (strcmp(c->pack_word, "gzip") == 0)
		c->pack = D4_PACK_GZIP;
	else if (strcmp(c->pack_word, "zstd") == 0)
		c->pack = D4_PACK_ZSTD;
	else
		return refuse(tree, diag, "pack", "write gzip or zstd");
	if (c->pack == D4_PACK_GZIP && c->level > GZIP_MAX)
		return refuse(tree, diag, "level", "write 1 to 9 for gzip");
	/* Half of the work of zlib's own 6, for a twelfth more bytes. */
	if (c->pack == D4_PACK_GZIP && c->level == 0)
		c->level = GZIP_LEVEL;
	c->drop = strcmp(c->full, "drop") == 0;
	if (!c->drop && strcmp(c->full, "wait") != 0)
		return refuse(tree, diag, "full", "write wait or drop");
	if (!reader_ok(c->reader))
		return refuse(tree, diag, "reader", "use [A-Za-z0-9._-]");
	return D4_OK;
}

enum d4_status
archive_conf_read(
    const struct d4_yaml *tree, struct d4_diag *diag, struct archive_conf *out)
{
	struct archive_conf c = {.dir = NULL};
	enum d4_status st;

	if (tree == NULL || tree->kind != D4_YAML_MAP)
		return d4_diag_set(diag,
		    tree != NULL ? tree->at : (struct d4_mark){0, 0},
		    "write archive: {dir: /var/lib/d4/archive}",
		    "no archive is configured");
	st = d4_conf_read(table, tree, diag, &c);
	if (st == D4_OK)
		st = conf_words(&c, tree, diag);
	if (st != D4_OK) {
		archive_conf_fini(&c);
		return st;
	}
	*out = c;
	return D4_OK;
}

enum d4_status
archive_conf_check(const struct d4_yaml *tree, struct d4_diag *diag)
{
	struct archive_conf c;
	enum d4_status st = archive_conf_read(tree, diag, &c);

	if (st == D4_OK)
		archive_conf_fini(&c);
	return st;
}

void
archive_conf_fini(struct archive_conf *c)
{
	d4_conf_free(table, c);
}

bool
archive_conf_wants(const struct archive_conf *c, const char *queue)
{
	for (size_t i = 0; i < c->types.n; i++) {
		if (strcmp(c->types.item[i], queue) == 0)
			return true;
	}
	return c->types.n == 0;
}

void
archive_conf_help(FILE *to)
{
	d4_conf_help(table, to);
}
