#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "libd4/kit/log.h"
#include "libd4/yaml.h"
#include "sensor/conf_parts.h"
#include "sensor/ring_file.h"

#define MORE_SPOOL                                                \
	(UINT64_C(1) << 30) /* bytes, where no file says how many \
	                     */

/* Where the list of a d4-core server is. */
static enum d4_status
more_redis(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "redis_d4", text, sizeof(text));

	if (st == D4_ENOENT || (st == D4_OK && conf_value_redis(text, c->redis,
						   &c->redis_db) != D4_OK))
		return DIR_ERROR(r, "write host:port/database",
		    "not the address of a redis");
	return st;
}

static enum d4_status
more_path(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	enum d4_status st;

	if (c->source->path != NULL)
		(void)snprintf(c->path, sizeof(c->path), "%s", c->source->path);
	if (c->source->file == NULL)
		return D4_OK;
	st = dir_value(r, c->source->file, c->path, sizeof(c->path));
	if (st == D4_ENOENT)
		return DIR_ERROR(r, "write what to read", "source %s needs it",
		    c->source->name);
	if (st == D4_OK && c->source->redis)
		st = more_redis(r);
	return st;
}

/* What becomes of the files of a folder that are sent. */
static enum d4_status
more_after(struct dir_read *r)
{
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "after", text, sizeof(text));

	if (st != D4_OK)
		return st == D4_ENOENT ? D4_OK : st;
	if (strcmp(text, "keep") != 0 && strcmp(text, "delete") != 0)
		return DIR_ERROR(
		    r, "write keep or delete", "no such thing to do");
	r->conf->after_delete = strcmp(text, "delete") == 0;
	return D4_OK;
}

enum d4_status
dir_source(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "source", text, sizeof(text));

	if (st != D4_OK && st != D4_ENOENT)
		return st;
	c->source = source_find(st == D4_OK ? text : "stdin");
	if (c->source == NULL)
		return DIR_ERROR(r,
		    "write stdin, file, fifo, unix, unix-dgram, folder or "
		    "d4server",
		    "no such source");
	st = more_path(r);
	return st == D4_OK ? more_after(r) : st;
}

/* A login that others can read is used, but said. */
static enum d4_status
more_login(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "proxy_login", text, sizeof(text));
	struct stat sb;

	if (st != D4_OK)
		return st == D4_ENOENT ? D4_OK : st;
	st = conf_value_login(text, c->proxy_user, c->proxy_password);
	explicit_bzero(text, sizeof(text));
	if (st != D4_OK)
		return DIR_ERROR(r, "write user:password", "not a login");
	if (stat(c->file, &sb) == 0 && (sb.st_mode & 077) != 0)
		d4_warnx(
		    "login can be read by others file=%s; chmod 600", c->file);
	return D4_OK;
}

enum d4_status
dir_proxy(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "proxy", text, sizeof(text));

	if (st != D4_OK)
		return st == D4_ENOENT ? D4_OK : st;
	if (conf_value_address(text, c->proxy_host, c->proxy_port) != D4_OK)
		return DIR_ERROR(
		    r, "write host:port of a SOCKS5 proxy", "not an address");
	return more_login(r);
}

static enum d4_status
more_full(struct dir_read *r)
{
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "on_full", text, sizeof(text));

	if (st != D4_OK)
		return st == D4_ENOENT ? D4_OK : st;
	if (strcmp(text, "block") != 0 && strcmp(text, "drop-oldest") != 0)
		return DIR_ERROR(
		    r, "write block or drop-oldest", "no such thing to do");
	r->conf->drop_oldest = strcmp(text, "drop-oldest") == 0;
	return D4_OK;
}

enum d4_status
dir_spool(struct dir_read *r)
{
	struct d4_yaml node = {.kind = D4_YAML_SCALAR};
	struct d4_diag diag = {.file = NULL};
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = more_full(r);

	if (st == D4_OK)
		st = dir_value(r, "spool", c->spool, sizeof(c->spool));
	if (st != D4_OK)
		return st == D4_ENOENT ? D4_OK : st;
	c->spool_bytes = MORE_SPOOL;
	st = dir_value(r, "spool_size", text, sizeof(text));
	node.text = text;
	if (st == D4_OK &&
	    (d4_yaml_bytes(&node, &diag, &c->spool_bytes) != D4_OK ||
		c->spool_bytes < RING_MIN || c->spool_bytes > RING_FILE_MAX))
		return DIR_ERROR(r, "write a size such as 1GiB, 4MiB at least",
		    "not a size that a spool can have");
	return st == D4_ENOENT ? D4_OK : st;
}
