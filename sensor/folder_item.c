#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <jansson.h>
#include <openssl/evp.h>
#include "sensor/folder_item.h"

/* Bytes of one read; a multiple of 3, so that base64 goes on without a gap. */
#define ITEM_CHUNK 196608u
#define ITEM_KEEP  (1u << 20)

void
folder_item_init(struct folder_item *it)
{
	*it = (struct folder_item){.fd = -1};
	d4_buf_init(&it->in, FOLDER_JSON_MAX + 1);
	d4_buf_init(&it->out, 2 * (size_t)FOLDER_JSON_MAX + 2);
}

static void
item_close(struct folder_item *it)
{
	if (it->fd >= 0)
		(void)close(it->fd);
	it->fd = -1;
}

void
folder_item_fini(struct folder_item *it)
{
	item_close(it);
	d4_buf_fini(&it->in);
	d4_buf_fini(&it->out);
}

enum d4_status
folder_item_open(struct folder_item *it, const struct folder_file *file,
    enum folder_form form)
{
	uint64_t max = UINT64_MAX;

	if (form == FOLDER_BASE64)
		max = FOLDER_BASE64_MAX;
	else if (form == FOLDER_JSON)
		max = FOLDER_JSON_MAX;
	it->why = D4_R_WIRE_TOOBIG;
	if (file->key.size > max)
		return D4_ETOOBIG;
	it->form = form;
	it->fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return it->fd >= 0 ? D4_OK : D4_EIO;
}

/* Up to `max` bytes into it->in; fewer only at the end of the file. */
static enum d4_status
item_read(struct folder_item *it, size_t max)
{
	d4_buf_clear(&it->in, ITEM_KEEP);
	while (it->in.n < max) {
		size_t want =
		    max - it->in.n < ITEM_CHUNK ? max - it->in.n : ITEM_CHUNK;
		ssize_t n;

		if (d4_buf_reserve(&it->in, want) != D4_OK)
			return D4_ENOMEM;
		n = read(it->fd, it->in.p + it->in.n, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return D4_EIO;
		if (n == 0)
			break;
		it->in.n += (size_t)n;
	}
	return it->in.n != 0 ? D4_OK : D4_END;
}

static enum d4_status
item_base64(struct folder_item *it, struct d4_slice *out)
{
	enum d4_status st = item_read(it, ITEM_CHUNK);
	int n;

	if (st != D4_OK)
		return st;
	d4_buf_clear(&it->out, ITEM_KEEP);
	if (d4_buf_reserve(&it->out, (it->in.n + 2) / 3 * 4 + 1) != D4_OK)
		return D4_ENOMEM;
	n = EVP_EncodeBlock(it->out.p, it->in.p, (int)it->in.n);
	if (n < 0)
		return D4_ECRYPTO;
	it->out.n = (size_t)n;
	*out = d4_buf_slice(&it->out);
	return D4_OK;
}

/* One value without newlines, and its newline. */
static enum d4_status
json_line(struct d4_slice value, struct d4_buf *out)
{
	enum d4_status st;

	while (value.n != 0 && (value.p[0] == ' ' || value.p[0] == '\t' ||
				   value.p[0] == '\n' || value.p[0] == '\r'))
		(void)d4_slice_skip(&value, 1);
	st = d4_buf_reserve(out, value.n + 1);
	if (st != D4_OK)
		return st;
	/* In a JSON string there are no newlines: these stand between. */
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];

		out->p[out->n++] = c == '\n' || c == '\r' ? ' ' : c;
	}
	out->p[out->n++] = '\n';
	return D4_OK;
}

static bool
json_blank(struct d4_slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\n' &&
		    s.p[i] != '\r')
			return false;
	}
	return true;
}

enum d4_status
folder_json(struct d4_slice text, struct d4_buf *out)
{
	const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY |
	                     JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
	enum d4_status st = D4_OK;

	if (json_blank(text))
		return D4_EMALFORMED;
	while (st == D4_OK && !json_blank(text)) {
		json_error_t err;
		json_t *v =
		    json_loadb((const char *)text.p, text.n, flags, &err);

		if (v == NULL || err.position <= 0 ||
		    (size_t)err.position > text.n) {
			json_decref(v);
			return D4_EMALFORMED;
		}
		json_decref(v);
		st = json_line(d4_slice_skip(&text, (size_t)err.position), out);
	}
	return st;
}

static enum d4_status
item_json(struct folder_item *it, struct d4_slice *out)
{
	enum d4_status st = item_read(it, (size_t)FOLDER_JSON_MAX + 1);

	if (st == D4_END && it->out.n != 0)
		return D4_END; /* it was given */
	d4_buf_clear(&it->out, ITEM_KEEP);
	if (st == D4_OK || st == D4_END)
		st = it->in.n > FOLDER_JSON_MAX
		         ? D4_EMALFORMED
		         : folder_json(d4_buf_slice(&it->in), &it->out);
	it->why = D4_R_JSON_SYNTAX;
	*out = d4_buf_slice(&it->out);
	return st;
}

static enum d4_status
item_raw(struct folder_item *it, struct d4_slice *out)
{
	enum d4_status st = item_read(it, ITEM_CHUNK);

	*out = d4_buf_slice(&it->in);
	return st;
}

enum d4_status
folder_item_next(struct folder_item *it, struct d4_slice *out)
{
	static enum d4_status (*const forms[])(
	    struct folder_item *, struct d4_slice *) = {
	    [FOLDER_RAW] = item_raw,
	    [FOLDER_BASE64] = item_base64,
	    [FOLDER_JSON] = item_json,
	};
	enum d4_status st = forms[it->form](it, out);

	if (st != D4_OK) {
		item_close(it);
		d4_buf_clear(&it->out, ITEM_KEEP);
	}
	return st;
}
