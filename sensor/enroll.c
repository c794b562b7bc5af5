#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "libd4/enroll.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "sensor/enroll.h"

/* One file of the directory; NULL content: the file is removed. */
struct enroll_file {
	const char *name;
	unsigned mode;
	const char *content;
};

static bool
enroll_write(const char *dir, const struct enroll_file *f)
{
	char *path = d4_path(dir, f->name);
	bool ok;

	if (path == NULL)
		return false;
	if (f->content == NULL)
		ok = unlink(path) == 0 || errno == ENOENT;
	else
		ok = d4_file_replace(path, d4_slice_str(f->content), f->mode) ==
		     D4_OK;
	if (!ok)
		d4_warn("cannot write file=%s", path);
	free(path);
	return ok;
}

static bool
enroll_exists(const char *dir, const char *name)
{
	char *path = d4_path(dir, name);
	bool there = path != NULL && access(path, F_OK) == 0;

	free(path);
	return there;
}

static bool
enroll_files(const char *dir, const struct d4_enroll *e)
{
	char destination[D4_ENROLL_HOST + 16], uuid[D4_UUID_TEXT + 1];
	char pin[2 * D4_ENROLL_PIN + 2], type[8], key[D4_KEY_MAX + 2];
	char meta[D4_ENROLL_EXT + 32];
	bool v6 = strchr(e->host, ':') != NULL, ok = true;
	const struct enroll_file files[] = {
	    /* The key first: what fails later is a directory with no use. */
	    {"key", 0600, key},
	    {"uuid", 0600, uuid},
	    {"fingerprint", 0644, pin},
	    {"type", 0644, type},
	    {"source", 0644, "stdin\n"},
	    {"version", 0644, "1\n"},
	    {"metaheader.json", 0644, meta},
	    {"destination", 0644, destination},
	};

	(void)snprintf(destination, sizeof(destination), "%s%s%s:%u\n",
	    v6 ? "[" : "", e->host, v6 ? "]" : "", (unsigned)e->port);
	d4_uuid_text(&e->uuid, uuid);
	(void)snprintf(uuid + D4_UUID_TEXT - 1, 2, "\n");
	d4_slice_hex(d4_slice_of(e->pin, D4_ENROLL_PIN), pin);
	(void)snprintf(pin + (size_t)2 * D4_ENROLL_PIN, 2, "\n");
	(void)snprintf(type, sizeof(type), "%u\n", (unsigned)e->type);
	(void)snprintf(key, sizeof(key), "%s\n", e->key);
	(void)snprintf(meta, sizeof(meta), "{\"type\":\"%s\"}\n", e->ext);
	for (size_t i = 0; ok && i < sizeof(files) / sizeof(files[0]); i++) {
		/* The operator's own meta header is not replaced. */
		if (files[i].content == meta &&
		    (e->ext[0] == '\0' || enroll_exists(dir, files[i].name)))
			continue;
		ok = enroll_write(dir, &files[i]);
	}
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

static int
enroll_make(const char *dir, const struct d4_enroll *e, bool force)
{
	if (d4_dir_make(dir, 0700) != D4_OK) {
		d4_warn("cannot make the folder dir=%s", dir);
		return 1;
	}
	if (!force && enroll_exists(dir, "key")) {
		d4_warnx("dir=%s has a key already; give --force to replace it",
		    dir);
		return 1;
	}
	if (!enroll_files(dir, e))
		return 1;
	if (enroll_exists(dir, "tls") || enroll_exists(dir, "rootCA.crt"))
		d4_warnx("dir=%s has a file tls or rootCA.crt; remove it, the "
			 "fingerprint says how to know the hub",
		    dir);
	if (e->type == 254 && !enroll_exists(dir, "metaheader.json"))
		d4_warnx("type 254 needs %s/metaheader.json", dir);
	d4_info(
	    "enrolled dir=%s host=%s port=%u", dir, e->host, (unsigned)e->port);
	return 0;
}

/* The first line of a file; the rest is not looked at. */
static enum d4_status
enroll_read(const char *from, struct d4_buf *line)
{
	bool is_stdin = from == NULL || strcmp(from, "-") == 0;
	const uint8_t *nl;
	enum d4_status st;

	/* Grown once: a realloc would leave a copy of the key behind. */
	if (d4_buf_reserve(line, line->max) != D4_OK)
		return D4_ENOMEM;
	st = d4_file_read(is_stdin ? "/dev/stdin" : from, line);
	if (st == D4_ETOOBIG)
		st = D4_OK; /* the limit is generous: cut at the newline */
	nl = line->n != 0 ? memchr(line->p, '\n', line->n) : NULL;
	if (st == D4_OK && nl != NULL)
		line->n = (size_t)(nl - line->p);
	return st;
}

int
enroll_run(const char *dir, const char *from, bool force)
{
	struct d4_enroll e;
	const char *why = NULL;
	enum d4_status st;
	struct d4_buf line;
	int rc;

	if (from != NULL && strncmp(from, "d4-enroll:", 10) == 0) {
		d4_warnx("the line holds the key, and arguments can be seen "
			 "by all users: give it on stdin");
		return 64;
	}
	d4_buf_init(&line, (size_t)4 * D4_ENROLL_LINE);
	st = enroll_read(from, &line);
	if (st != D4_OK) {
		d4_warn(
		    "cannot read the line from=%s", from == NULL ? "-" : from);
		d4_buf_wipe(&line);
		return 1;
	}
	st = d4_enroll_parse(d4_buf_slice(&line), &e, &why);
	d4_buf_wipe(&line);
	if (st != D4_OK) {
		d4_warnx("not taken: %s", why);
		return 1;
	}
	rc = enroll_make(dir, &e, force);
	OPENSSL_cleanse(&e, sizeof(e));
	return rc;
}
