/*
 * Lines that d4-core's workers make files of. Names follow its folders, but
 * nothing that a sensor says becomes a folder, and no file hides another.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <jansson.h>
#include <openssl/evp.h>
#include "hub/compat_gzip.h"
#include "hub/compat_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"

#define NAME_MAX_   64u /* of what a sensor says, in a file's name */
#define DIGEST_TEXT (2u * EVP_MAX_MD_SIZE + 1u)
#define CERTS       64u /* of one record */

/* One record on its way into files. */
struct record {
	struct compat *c;
	const struct compat_queue *q;
	const struct d4_entry *e;
	struct d4_slice line;
	uint64_t seq;
};

bool
compat_day(const struct compat *c, const char *uuid, uint64_t us,
    const char *type, char out[COMPAT_PATH])
{
	char t[D4_TIME_TEXT];
	int n;

	d4_time_text(us, t);
	n = snprintf(out, COMPAT_PATH, "%s/%s/%s/%.4s/%.2s/%.2s", c->data, uuid,
	    type, t, t + 5, t + 8);
	return n > 0 && n < (int)COMPAT_PATH;
}

bool
compat_folder(const struct compat *c, const char *path)
{
	char part[COMPAT_PATH];
	size_t base = strlen(c->data), n = strlen(path);

	if (n >= sizeof(part))
		return false;
	for (size_t i = base + 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0750) < 0 && errno != EEXIST) {
			d4_warn("compat folder=%s", part);
			return false;
		}
	}
	return true;
}

static bool
file_write(const char *path, struct d4_slice bytes)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	bool ok = fd >= 0;

	while (ok && bytes.n != 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		ok = n > 0 || (n < 0 && errno == EINTR);
		if (n > 0)
			d4_slice_skip(&bytes, (size_t)n);
	}
	if (!ok)
		d4_warn("compat file=%s", path);
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* A text that is safe in a file's name; "none" instead of nothing. */
static void
name_safe(const char *text, char out[NAME_MAX_])
{
	size_t n = 0;

	for (; *text != '\0' && n < NAME_MAX_ - 1; text++) {
		bool good = (*text >= '0' && *text <= '9') ||
		            (*text >= 'a' && *text <= 'z') ||
		            (*text >= 'A' && *text <= 'Z') ||
		            (strchr(".:+_-", *text) != NULL && n != 0);

		if (good)
			out[n++] = *text;
	}
	out[n] = '\0';
	if (n == 0)
		(void)snprintf(out, NAME_MAX_, "none");
}

static void
digest(const EVP_MD *md, struct d4_slice s, char out[DIGEST_TEXT])
{
	uint8_t raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(s.p, s.n, raw, &n, md, NULL) != 1)
		n = 0;
	d4_slice_hex(d4_slice_of(raw, n), out);
}

/* *out is allocated. false: no base64. */
static bool
base64(struct d4_slice text, uint8_t **out, size_t *len)
{
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	uint8_t *raw = malloc(text.n + 4);
	int n = 0, end = 0;
	bool ok = ctx != NULL && raw != NULL && text.n <= D4_ENTRY_MAX;

	if (ok) {
		EVP_DecodeInit(ctx);
		ok = EVP_DecodeUpdate(ctx, raw, &n, text.p, (int)text.n) >= 0 &&
		     EVP_DecodeFinal(ctx, raw + n, &end) == 1;
	}
	EVP_ENCODE_CTX_free(ctx);
	if (!ok) {
		free(raw);
		return false;
	}
	*out = raw;
	*len = (size_t)n + (size_t)end;
	return true;
}

/* The path becomes an item. */
static bool
item_add(struct compat *c, const char *path)
{
	return d4_buf_addf(&c->items, "%s\n", path) == D4_OK;
}

/* A record that d4-core could not have used, either: told, and left out. */
static bool
record_bad(const struct record *r, const char *what)
{
	char sess[D4_UUID_TEXT];

	d4_uuid_text(&r->e->sess, sess);
	if (d4_account_write(r->c->account, true, "compat.incorrect",
		json_pack("{s:s,s:s,s:I,s:s}", "queue", r->q->key, "session",
		    sess, "seq", (json_int_t)r->seq, "why", what)) == D4_OK)
		return true;
	d4_warn("account");
	return false;
}

/* ---- ja3-jl: the object, and each certificate once ---- */

static bool
cert_write(const struct record *r, const char *folder, const json_t *cert)
{
	const char *text = json_string_value(json_object_get(cert, "Raw"));
	char path[COMPAT_PATH + DIGEST_TEXT + 8], hex[DIGEST_TEXT];
	uint8_t *raw;
	size_t n;
	bool ok;

	if (text == NULL || !base64(d4_slice_str(text), &raw, &n))
		return record_bad(r, "certificate");
	digest(EVP_sha1(), d4_slice_of(raw, n), hex);
	(void)snprintf(path, sizeof(path), "%s/%s.crt", folder, hex);
	ok = file_write(path, d4_slice_of(raw, n));
	free(raw);
	return ok;
}

static bool
certs_write(const struct record *r, const json_t *object)
{
	const json_t *all = json_object_get(object, "Certificates");
	size_t n = json_array_size(all);
	char folder[COMPAT_PATH];

	(void)snprintf(
	    folder, sizeof(folder), "%s/datas/ja3-jl/certs", r->c->data);
	if (n > CERTS)
		return record_bad(r, "too many certificates");
	if (n != 0 && !compat_folder(r->c, folder))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!cert_write(r, folder, json_array_get(all, i)))
			return false;
	}
	return true;
}

/*
 * d4-core names the file by Timestamp alone, which comes from the sensor: two
 * sensors overwrite each other, and "../" goes anywhere.
 */
static bool
ja3_write(const struct record *r)
{
	json_t *o = json_loadb(
	    (const char *)r->line.p, r->line.n, JSON_ALLOW_NUL, NULL);
	const char *stamp = json_string_value(json_object_get(o, "Timestamp"));
	char folder[COMPAT_PATH], path[2 * COMPAT_PATH], name[NAME_MAX_];
	char uuid[D4_UUID_HEX], sess[D4_UUID_HEX];
	bool ok;

	if (!json_is_object(o)) {
		json_decref(o);
		return record_bad(r, "not a JSON object");
	}
	name_safe(stamp != NULL ? stamp : "", name);
	ok = certs_write(r, o);
	json_decref(o);
	d4_uuid_hex(&r->e->sensor, uuid);
	d4_uuid_hex(&r->e->sess, sess);
	(void)snprintf(
	    folder, sizeof(folder), "%s/datas/ja3-jl/jsons", r->c->data);
	(void)snprintf(path, sizeof(path), "%s/%s-%.8s-%.8s-%llu.json", folder,
	    name, uuid, sess, (unsigned long long)r->seq);
	return ok && compat_folder(r->c, folder) && file_write(path, r->line) &&
	       item_add(r->c, path);
}

/* ---- filewatcher and filewatcherjson: by their digest ---- */

static bool
digest_folder(const struct record *r, bool by_sensor, char out[COMPAT_PATH])
{
	char day[COMPAT_PATH], uuid[D4_UUID_HEX];
	int n;

	d4_uuid_hex(&r->e->sensor, uuid);
	if (!compat_day(r->c, uuid, r->e->t_rx_us, "254", day))
		return false;
	if (by_sensor)
		n = snprintf(out, COMPAT_PATH, "%s/%s/files", day, r->q->item);
	else
		n = snprintf(out, COMPAT_PATH, "%s/datas/%s/files", r->c->data,
		    r->q->item);
	return n > 0 && n < (int)COMPAT_PATH && compat_folder(r->c, out);
}

static bool
json_write(const struct record *r)
{
	char folder[COMPAT_PATH], path[2 * COMPAT_PATH], hex[DIGEST_TEXT];

	digest(EVP_sha256(), r->line, hex);
	if (!digest_folder(r, true, folder))
		return false;
	(void)snprintf(path, sizeof(path), "%s/%s.json", folder, hex);
	return file_write(path, r->line) && item_add(r->c, path);
}

static bool
file_named(const struct record *r, const json_t *meta, struct d4_slice bytes)
{
	const json_t *apart = json_object_get(meta, "segregate");
	const char *ext = json_string_value(json_object_get(meta, "extension"));
	char folder[COMPAT_PATH], path[2 * COMPAT_PATH], hex[DIGEST_TEXT];
	char name[NAME_MAX_], packed[2 * COMPAT_PATH + 4];

	if (!digest_folder(r, !json_is_false(apart), folder))
		return false;
	name_safe(ext != NULL ? ext : "", name);
	digest(EVP_sha256(), bytes, hex);
	(void)snprintf(path, sizeof(path), "%s/%s.%s", folder, hex,
	    ext != NULL && ext[0] != '\0' ? name : "");
	if (!file_write(path, bytes))
		return false;
	if (!json_is_true(json_object_get(meta, "compress")))
		return item_add(r->c, path);
	(void)snprintf(packed, sizeof(packed), "%s.gz", path);
	if (compat_gzip(path, packed) != D4_OK) {
		d4_warn("compat file=%s", packed);
		return false;
	}
	(void)unlink(path);
	return item_add(r->c, packed);
}

static bool
base64_write(const struct record *r)
{
	const struct d4_slice *m = &r->e->meta;
	json_t *meta;
	uint8_t *raw;
	size_t n;
	bool ok;

	if (!base64(r->line, &raw, &n))
		return record_bad(r, "not base64");
	meta = json_loadb((const char *)m->p, m->n, 0, NULL);
	ok = file_named(r, meta, d4_slice_of(raw, n));
	json_decref(meta);
	free(raw);
	return ok;
}

/* ---- all lines of an entry ---- */

static bool
record_write(const struct record *r)
{
	if (r->line.n == 0)
		return true;
	if (r->q->kind == COMPAT_JA3)
		return ja3_write(r);
	return r->q->kind == COMPAT_FILE ? base64_write(r) : json_write(r);
}

bool
compat_room(struct compat *c)
{
	struct statvfs v;

	if (fstatvfs(c->data_fd, &v) == 0 &&
	    (uint64_t)v.f_bavail * v.f_frsize >= c->opt->compat_reserve)
		return true;
	c->why = "less than compat_reserve is free in compat_data";
	return false;
}

bool
compat_files(
    struct compat *c, const struct compat_queue *q, const struct d4_entry *e)
{
	struct record r = {.c = c, .q = q, .e = e, .seq = e->seq};
	struct d4_slice rest = e->data;

	if (!compat_room(c))
		return false;
	while (rest.n != 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end != NULL ? (size_t)(end - rest.p) : rest.n;

		r.line = d4_slice_skip(&rest, n);
		if (rest.n != 0)
			d4_slice_skip(&rest, 1);
		if (!record_write(&r))
			return false;
		r.seq++;
	}
	/* Before an item names them. */
	return syncfs(c->data_fd) == 0;
}
