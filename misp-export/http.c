#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/json.h"
#include "misp-export/http_room.h"

#define HTTP_SMALL 1024u     /* not worth compressing */
#define HTTP_SLICE 200       /* ms in one poll */
#define HTTP_GZIP  (15 + 16) /* zlib's window, and its gzip wrapper */

void
http_reply_init(struct http_reply *r)
{
	memset(r, 0, sizeof(*r));
	d4_buf_init(&r->body, HTTP_BODY);
}

void
http_reply_fini(struct http_reply *r)
{
	d4_buf_fini(&r->body);
}

/* ---- one call ---- */

/* Replaces plain by its gzip; false: it stays as it is. */
static bool
http_pack(struct d4_buf *plain)
{
	z_stream z = {.next_in = plain->p, .avail_in = (uInt)plain->n};
	struct d4_buf out;
	bool ok;

	d4_buf_init(&out, HTTP_SEND);
	if (deflateInit2(&z, 1, Z_DEFLATED, HTTP_GZIP, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return false;
	ok = d4_buf_reserve(&out, deflateBound(&z, plain->n)) == D4_OK;
	if (ok) {
		z.next_out = out.p;
		z.avail_out = (uInt)(out.cap - out.n);
		ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
		out.n = out.cap - z.avail_out;
	}
	(void)deflateEnd(&z);
	if (!ok) {
		d4_buf_fini(&out);
		return false;
	}
	d4_buf_fini(plain);
	*plain = out;
	return true;
}

static bool
http_body(struct http *h, const json_t *body)
{
	char *text;
	bool packed;

	h->request.n = 0;
	if (body == NULL) {
		(void)curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
		(void)curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->get);
		return true;
	}
	text = json_dumps(body, JSON_COMPACT);
	if (text == NULL || d4_buf_adds(&h->request, text) != D4_OK) {
		free(text);
		return false;
	}
	free(text);
	packed = h->gzip && h->request.n > HTTP_SMALL && http_pack(&h->request);
	(void)curl_easy_setopt(h->easy, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, h->request.p);
	(void)curl_easy_setopt(
	    h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)h->request.n);
	(void)curl_easy_setopt(
	    h->easy, CURLOPT_HTTPHEADER, packed ? h->packed : h->plain);
	return true;
}

static bool
http_stopped(const struct http *h)
{
	struct pollfd p = {.fd = h->stop, .events = POLLIN};

	return h->stop >= 0 && poll(&p, 1, 0) > 0;
}

/* Before the connection stood, nothing of the request can have arrived. */
static enum http_end
http_ended(struct http *h, CURLcode code)
{
	curl_off_t sent = 0;
	long status = 0;

	(void)curl_easy_getinfo(h->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	(void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK)
		return HTTP_ANSWER;
	if (code == CURLE_COULDNT_CONNECT ||
	    code == CURLE_COULDNT_RESOLVE_HOST ||
	    code == CURLE_COULDNT_RESOLVE_PROXY ||
	    code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CACERT_BADFILE)
		return HTTP_UNREACHED;
	/* An answer that ended early (413 while we send): its status counts. */
	if (status == 413)
		return HTTP_ANSWER;
	return code == CURLE_OPERATION_TIMEDOUT ? HTTP_TIMEOUT : HTTP_BROKEN;
}

static void
http_run(struct http *h, struct http_reply *out)
{
	struct curl_waitfd extra = {.fd = h->stop, .events = CURL_WAIT_POLLIN};
	int running = 1, left, ready;
	CURLMsg *msg;

	out->end = HTTP_STOPPED;
	while (running > 0 && !http_stopped(h)) {
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			return;
		if (running > 0)
			(void)curl_multi_poll(h->multi, &extra,
			    h->stop >= 0 ? 1 : 0, HTTP_SLICE, &ready);
	}
	while ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		out->end = http_ended(h, msg->data.result);
		(void)snprintf(out->why, sizeof(out->why), "%s",
		    curl_easy_strerror(msg->data.result));
	}
}

void
http_call(struct http *h, const char *path, const json_t *body,
    struct http_reply *out)
{
	char url[1024];
	size_t n = strlen(h->conf->url);

	http_reply_fini(out);
	http_reply_init(out);
	out->end = HTTP_UNREACHED;
	while (n > 0 && h->conf->url[n - 1] == '/')
		n--;
	(void)snprintf(url, sizeof(url), "%.*s%s", (int)n, h->conf->url, path);
	(void)curl_easy_setopt(h->easy, CURLOPT_URL, url);
	(void)curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, out);
	(void)curl_easy_setopt(h->easy, CURLOPT_HEADERDATA, out);
	if (!http_body(h, body) ||
	    curl_multi_add_handle(h->multi, h->easy) != CURLM_OK) {
		(void)snprintf(out->why, sizeof(out->why), "out of memory");
		return;
	}
	http_run(h, out);
	(void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &out->status);
	(void)curl_multi_remove_handle(h->multi, h->easy);
}

bool
http_wait(struct http *h, uint64_t us)
{
	struct pollfd p = {.fd = h->stop, .events = POLLIN};
	uint64_t end = d4_mono_ms() + us / 1000, now;

	while ((now = d4_mono_ms()) < end) {
		int ms = end - now > 1000 ? 1000 : (int)(end - now);

		if (poll(&p, h->stop >= 0 ? 1 : 0, ms) > 0)
			return false;
	}
	return !http_stopped(h);
}
