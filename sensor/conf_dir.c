#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <openssl/crypto.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "sensor/conf_parts.h"

const char *
dir_at(struct dir_read *r, const char *name)
{
	struct conf_dir *c = r->conf;

	(void)snprintf(c->file, sizeof(c->file), "%s/%s", r->dir, name);
	r->diag->file = c->file;
	return c->file;
}

enum d4_status
dir_value(struct dir_read *r, const char *name, char *out, size_t max)
{
	const char *path = dir_at(r, name);
	enum d4_status st;
	struct d4_buf b;

	d4_buf_init(&b, CONF_VALUE);
	out[0] = '\0';
	st = d4_file_read(path, &b);
	if (st == D4_OK)
		st = conf_value_text(d4_buf_slice(&b), out, max);
	d4_buf_fini(&b);
	if (st == D4_ENOENT || (st == D4_OK && out[0] == '\0'))
		return D4_ENOENT;
	if (st == D4_EIO)
		return DIR_ERROR(r, "", "%s", strerror(errno));
	if (st != D4_OK)
		return DIR_ERROR(r, "write one short value, no other lines",
		    "not a value: %s", d4_status_text(st));
	return D4_OK;
}

static enum d4_status
dir_version(struct dir_read *r)
{
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "version", text, sizeof(text));

	if (st == D4_OK && strcmp(text, "1") != 0)
		return DIR_ERROR(r, "write 1", "unknown D4 version");
	return st == D4_ENOENT ? D4_OK : st;
}

static enum d4_status
dir_snaplen(struct dir_read *r)
{
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "snaplen", text, sizeof(text));
	uint32_t v = CONF_SNAPLEN;

	if (st == D4_OK && conf_value_number(text, 1000000, &v) != D4_OK)
		return DIR_ERROR(
		    r, "write 1 to 1000000", "not a number of bytes");
	r->conf->snaplen = v;
	return st == D4_ENOENT ? D4_OK : st;
}

/* What is sent again after a break: the type's default, or as written. */
static enum d4_status
dir_resend(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "resend", text, sizeof(text));

	c->resend_all = c->row != NULL && c->row->resend_all;
	if (st != D4_OK)
		return st == D4_ENOENT ? D4_OK : st;
	if (strcmp(text, "all") != 0 && strcmp(text, "tcp") != 0)
		return DIR_ERROR(
		    r, "write all or tcp", "no such way to resend");
	c->resend_all = strcmp(text, "all") == 0;
	return D4_OK;
}

static enum d4_status
dir_type(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "type", text, sizeof(text));
	uint32_t v = 0;

	if (st == D4_ENOENT ||
	    (st == D4_OK && conf_value_number(text, 255, &v) != D4_OK))
		return DIR_ERROR(r, "write 1 (pcap), 3 to 8 or 254",
		    "not a D4 type (1 to 255)");
	if (st != D4_OK)
		return st;
	/* Both mean the same: a meta header, then type 254. */
	c->type = v == D4_TYPE_META ? D4_TYPE_EXTENDED : (uint8_t)v;
	c->row = c->type == D4_TYPE_EXTENDED ? d4_type_handler("lines")
	                                     : d4_type_find(c->type);
	return D4_OK;
}

static enum d4_status
dir_meta(struct dir_read *r)
{
	static const char remedy[] = "write one JSON object with \"type\"";
	struct conf_dir *c = r->conf;
	struct d4_meta meta;
	enum d4_status st;
	bool paths;

	if (c->type != D4_TYPE_EXTENDED)
		return D4_OK;
	st = d4_file_read(dir_at(r, "metaheader.json"), &c->meta);
	if (st != D4_OK)
		return DIR_ERROR(r, remedy, "type 254 needs it: %s",
		    st == D4_EIO ? strerror(errno) : d4_status_text(st));
	while (c->meta.n != 0 && c->meta.p[c->meta.n - 1] <= ' ')
		c->meta.n--;
	st = d4_meta_parse(d4_buf_slice(&c->meta), &meta);
	if (st != D4_OK)
		return DIR_ERROR(
		    r, remedy, "not a meta header: %s", d4_status_text(st));
	paths = c->source->redis && d4_type_of(c->type, meta.type)->paths;
	d4_meta_fini(&meta);
	if (paths)
		return DIR_ERROR(r, "let d4-relay read it (d4core-list)",
		    "a list of this type holds paths of files");
	return D4_OK;
}

static enum d4_status
dir_make_uuid(struct dir_read *r)
{
	char text[D4_UUID_TEXT + 1];

	if (d4_uuid_random(&r->conf->uuid) != D4_OK)
		return DIR_ERROR(r, "", "no random bytes");
	d4_uuid_text(&r->conf->uuid, text);
	text[D4_UUID_TEXT - 1] = '\n';
	if (d4_file_replace(
		r->conf->file, d4_slice_of(text, D4_UUID_TEXT), 0600) != D4_OK)
		return DIR_ERROR(r, "make the folder writable, or write one",
		    "cannot write a new UUID: %s", strerror(errno));
	text[D4_UUID_TEXT - 1] = '\0';
	d4_info("new sensor uuid=%s", text);
	return D4_OK;
}

static enum d4_status
dir_uuid(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "uuid", text, sizeof(text));

	if (st == D4_ENOENT)
		return dir_make_uuid(r);
	if (st != D4_OK)
		return st;
	if (d4_uuid_parse(text, &c->uuid) != D4_OK || !d4_uuid_is_v4(&c->uuid))
		return DIR_ERROR(r, "remove the file to get a new one",
		    "not a version 4 UUID");
	return D4_OK;
}

/* Existing directories have keys of any shape and mode: used, but said. */
static enum d4_status
dir_key(struct dir_read *r)
{
	const char *path = dir_at(r, "key");
	struct conf_dir *c = r->conf;
	struct stat sb;
	enum d4_status st;

	/* Grown once: a realloc would leave a copy of the key behind. */
	if (d4_buf_reserve(&c->key, CONF_KEY) != D4_OK)
		return DIR_ERROR(r, "", "out of memory");
	st = d4_file_read(path, &c->key);
	if (st != D4_OK)
		return DIR_ERROR(r, "write the sensor's HMAC key", "%s",
		    st == D4_EIO ? strerror(errno) : d4_status_text(st));
	if (c->key.n != 0 && c->key.p[c->key.n - 1] == '\n')
		c->key.n--;
	if (c->key.n == 0)
		return DIR_ERROR(r, "write the sensor's HMAC key", "empty");
	if (stat(path, &sb) == 0 && (sb.st_mode & 077) != 0)
		d4_warnx("key can be read by others file=%s; chmod 600", path);
	if (!d4_key_ok(d4_buf_slice(&c->key)))
		d4_warnx("key is not 1 to 100 of [A-Za-z0-9_-]: a d4-core "
			 "server may not register it file=%s",
		    path);
	return D4_OK;
}

static enum d4_status
dir_destination(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "destination", text, sizeof(text));

	if (st == D4_OK && strcmp(text, "stdout") == 0) {
		c->to_stdout = true;
		return D4_OK;
	}
	if (st == D4_ENOENT || (st == D4_OK && conf_value_address(text, c->host,
						   c->port) != D4_OK))
		return DIR_ERROR(r, "write host:port, [address]:port or stdout",
		    "not a destination");
	if (st != D4_OK)
		return st;
	(void)snprintf(c->name, sizeof(c->name), "%s", c->host);
	st = dir_value(r, "name", text, sizeof(text));
	if (st == D4_OK && strlen(text) >= sizeof(c->name))
		return DIR_ERROR(r, "", "too long for a name");
	if (st == D4_OK)
		(void)snprintf(c->name, sizeof(c->name), "%.*s",
		    (int)sizeof(c->name) - 1, text);
	return st == D4_ENOENT ? D4_OK : st;
}

/* The file tls: a word that says what is meant, or nothing. */
static enum d4_status
dir_tls_word(struct dir_read *r)
{
	char text[CONF_VALUE];
	enum d4_status st = dir_value(r, "tls", text, sizeof(text));

	if (st != D4_OK)
		return st == D4_ENOENT ? D4_OK : st;
	if (strcmp(text, "insecure") == 0) {
		r->conf->insecure = true;
		return D4_OK;
	}
	if (strcmp(text, "system") != 0)
		return DIR_ERROR(r, "write system or insecure, or remove it",
		    "unknown word");
	r->conf->ca = strdup(text);
	return r->conf->ca != NULL ? D4_OK : DIR_ERROR(r, "", "no memory");
}

/* How the server is known: its fingerprint, a CA, or not at all. */
static enum d4_status
dir_trust(struct dir_read *r)
{
	struct conf_dir *c = r->conf;
	enum d4_status st;
	int ways;

	if (c->to_stdout)
		return D4_OK;
	st = dir_tls_word(r);
	if (st != D4_OK)
		return st;
	st = dir_value(r, "fingerprint", c->pin, sizeof(c->pin));
	if (st != D4_OK && st != D4_ENOENT)
		return st;
	ways = (c->pin[0] != '\0') + (c->ca != NULL) + c->insecure;
	if (access(dir_at(r, "rootCA.crt"), F_OK) == 0) {
		ways++;
		if (c->ca == NULL)
			c->ca = strdup(c->file);
	}
	r->diag->file = r->dir;
	if (ways > 1)
		return DIR_ERROR(r, "keep one of them",
		    "several of fingerprint, rootCA.crt, tls");
	if (ways == 0)
		return DIR_ERROR(r,
		    "add the file fingerprint (SHA-256 of the server's "
		    "certificate) or rootCA.crt, or tls with the word system",
		    "nothing says how to know the server");
	return D4_OK;
}

/* What the sensor itself shows, when the server asks for it. */
static enum d4_status
dir_client(struct dir_read *r)
{
	struct conf_dir *c = r->conf;

	if (c->to_stdout)
		return D4_OK;
	if (access(dir_at(r, "client.crt"), F_OK) == 0)
		c->client_cert = strdup(c->file);
	if (access(dir_at(r, "client.key"), F_OK) == 0)
		c->client_key = strdup(c->file);
	r->diag->file = r->dir;
	if ((c->client_cert == NULL) != (c->client_key == NULL))
		return DIR_ERROR(r, "add the other one, or remove it",
		    "client.crt and client.key go together");
	return D4_OK;
}

enum d4_status
conf_dir_read(const char *dir, struct conf_dir *conf, struct d4_diag *diag)
{
	static enum d4_status (*const steps[])(struct dir_read *) = {
	    dir_version, dir_source, dir_snaplen, dir_type, dir_resend,
	    dir_meta, dir_destination, dir_trust, dir_client, dir_proxy,
	    dir_spool, dir_key, dir_uuid};
	struct dir_read r = {dir, conf, diag};
	enum d4_status st = D4_OK;

	*conf = (struct conf_dir){.type = 0};
	d4_buf_init(&conf->key, CONF_KEY);
	d4_buf_init(&conf->meta, D4_META_MAX);
	for (size_t i = 0; st == D4_OK && i < sizeof(steps) / sizeof(steps[0]);
	     i++)
		st = steps[i](&r);
	if (st != D4_OK)
		conf_dir_fini(conf);
	return st;
}

void
conf_dir_fini(struct conf_dir *conf)
{
	d4_buf_wipe(&conf->key);
	OPENSSL_cleanse(conf->proxy_password, sizeof(conf->proxy_password));
	d4_buf_fini(&conf->meta);
	free(conf->ca);
	conf->ca = NULL;
	free(conf->client_cert);
	conf->client_cert = NULL;
	free(conf->client_key);
	conf->client_key = NULL;
}
