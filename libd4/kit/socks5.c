#include <arpa/inet.h>
#include <assert.h>
#include <string.h>
#include <openssl/crypto.h>
#include "libd4/kit/socks5.h"

#define SOCKS5_VERSION 5u
#define SOCKS5_CONNECT 1u
#define SOCKS5_AUTH    1u /* version of RFC 1929 */

enum socks5_method {
	METHOD_NONE = 0x00,
	METHOD_PASSWORD = 0x02,
};

enum socks5_address {
	ADDRESS_V4 = 1,
	ADDRESS_NAME = 3,
	ADDRESS_V6 = 4,
};

/* RFC 1928, 6: what a reply other than 0 means. */
static const struct {
	enum d4_status st;
	const char *text;
} socks5_replies[] = {
    [0x01] = {D4_EIO, "SOCKS5: the proxy failed"},
    [0x02] = {D4_EDENIED, "SOCKS5: the proxy's rules forbid it"},
    [0x03] = {D4_EIO, "SOCKS5: network unreachable"},
    [0x04] = {D4_ENOENT, "SOCKS5: host unreachable or not found"},
    [0x05] = {D4_EIO, "SOCKS5: connection refused"},
    [0x06] = {D4_EIO, "SOCKS5: timed out on the way"},
    [0x07] = {D4_ENOTSUP, "SOCKS5: the proxy does not know CONNECT"},
    [0x08] = {D4_ENOTSUP, "SOCKS5: the proxy does not know this address"},
};

static void
socks5_expect(struct d4_socks5 *s, enum d4_socks5_state state, size_t want)
{
	s->state = state;
	s->in_n = 0;
	s->want = want;
}

static void
socks5_queue(struct d4_socks5 *s, const uint8_t *p, size_t n)
{
	assert(n <= sizeof(s->out));
	memcpy(s->out, p, n);
	s->out_n = n;
	s->out_at = 0;
}

static enum d4_status
socks5_fail(
    struct d4_socks5 *s, enum d4_status st, const char *text, const char **why)
{
	s->state = D4_SOCKS5_FAILED;
	s->out_n = s->out_at = s->want = s->in_n = 0;
	*why = text;
	return st;
}

/* n u8, then n bytes. */
static size_t
socks5_text(uint8_t *at, const char *text, size_t n)
{
	at[0] = (uint8_t)n;
	memcpy(at + 1, text, n);
	return n + 1;
}

/* RFC 1929: version 1 | user | password. */
static void
socks5_make_login(struct d4_socks5 *s, const struct d4_socks5_to *to)
{
	size_t n = 0;

	s->login[n++] = SOCKS5_AUTH;
	n += socks5_text(s->login + n, to->user, strlen(to->user));
	n += socks5_text(s->login + n, to->password, strlen(to->password));
	s->login_n = n;
}

/* version | CONNECT | 0 | address type | address | port, big-endian. */
static void
socks5_make_request(struct d4_socks5 *s, const struct d4_socks5_to *to)
{
	static const uint8_t head[] = {SOCKS5_VERSION, SOCKS5_CONNECT, 0};
	uint8_t *p = s->request;
	size_t n = sizeof(head);
	uint8_t raw[16];

	memcpy(p, head, sizeof(head));
	if (inet_pton(AF_INET, to->host, raw) == 1) {
		p[n++] = ADDRESS_V4;
		memcpy(p + n, raw, 4);
		n += 4;
	} else if (inet_pton(AF_INET6, to->host, raw) == 1) {
		p[n++] = ADDRESS_V6;
		memcpy(p + n, raw, 16);
		n += 16;
	} else {
		p[n++] = ADDRESS_NAME;
		n += socks5_text(p + n, to->host, strlen(to->host));
	}
	p[n++] = (uint8_t)(to->port >> 8);
	p[n++] = (uint8_t)(to->port & 0xff);
	s->request_n = n;
}

static const char *
socks5_wrong(const struct d4_socks5_to *to)
{
	size_t host = to->host != NULL ? strlen(to->host) : 0;

	if (host == 0 || host > D4_SOCKS5_TEXT)
		return "a host of 1 to 255 bytes is needed";
	if (to->port == 0)
		return "port 0";
	if ((to->user == NULL) != (to->password == NULL))
		return "user and password belong together";
	if (to->user == NULL)
		return NULL;
	if (to->user[0] == '\0' || strlen(to->user) > D4_SOCKS5_TEXT ||
	    to->password[0] == '\0' || strlen(to->password) > D4_SOCKS5_TEXT)
		return "user and password have 1 to 255 bytes each";
	return NULL;
}

enum d4_status
d4_socks5_init(
    struct d4_socks5 *s, const struct d4_socks5_to *to, const char **why)
{
	static const uint8_t plain[] = {SOCKS5_VERSION, 1, METHOD_NONE};
	static const uint8_t both[] = {
	    SOCKS5_VERSION, 2, METHOD_NONE, METHOD_PASSWORD};
	const char *wrong = socks5_wrong(to);

	if (wrong != NULL) {
		*why = wrong;
		return D4_EINVAL;
	}
	*s = (struct d4_socks5){.out_n = 0};
	socks5_make_request(s, to);
	if (to->user != NULL) {
		socks5_make_login(s, to);
		socks5_queue(s, both, sizeof(both));
	} else {
		socks5_queue(s, plain, sizeof(plain));
	}
	socks5_expect(s, D4_SOCKS5_METHOD, 2);
	return D4_OK;
}

void
d4_socks5_fini(struct d4_socks5 *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
	s->state = D4_SOCKS5_FAILED;
}

struct d4_slice
d4_socks5_out(const struct d4_socks5 *s)
{
	return d4_slice_of(s->out + s->out_at, s->out_n - s->out_at);
}

void
d4_socks5_sent(struct d4_socks5 *s, size_t n)
{
	assert(n <= s->out_n - s->out_at);
	s->out_at += n;
}

size_t
d4_socks5_want(const struct d4_socks5 *s)
{
	return s->out_at < s->out_n ? 0 : s->want - s->in_n;
}

bool
d4_socks5_done(const struct d4_socks5 *s)
{
	return s->state == D4_SOCKS5_OPEN;
}

static void
socks5_request(struct d4_socks5 *s)
{
	socks5_queue(s, s->request, s->request_n);
	socks5_expect(s, D4_SOCKS5_REPLY, 4);
}

/* version | method */
static enum d4_status
socks5_method(struct d4_socks5 *s, const char **why)
{
	if (s->in[0] != SOCKS5_VERSION)
		return socks5_fail(
		    s, D4_EMALFORMED, "the proxy does not speak SOCKS5", why);
	if (s->in[1] == METHOD_NONE) {
		socks5_request(s);
		return D4_OK;
	}
	/* Only what we offered: a password never goes to who did not ask. */
	if (s->in[1] != METHOD_PASSWORD || s->login_n == 0)
		return socks5_fail(s, D4_EAUTH,
		    "SOCKS5: the proxy wants another way of logging in", why);
	socks5_queue(s, s->login, s->login_n);
	socks5_expect(s, D4_SOCKS5_LOGIN, 2);
	return D4_OK;
}

/* version (some proxies answer 5 and mean 1) | 0 for taken */
static enum d4_status
socks5_login(struct d4_socks5 *s, const char **why)
{
	OPENSSL_cleanse(s->login, sizeof(s->login));
	OPENSSL_cleanse(s->out, sizeof(s->out));
	if (s->in[1] != 0)
		return socks5_fail(s, D4_EAUTH,
		    "SOCKS5: the proxy does not take user and password", why);
	socks5_request(s);
	return D4_OK;
}

/* version | reply | reserved | address type */
static enum d4_status
socks5_reply(struct d4_socks5 *s, const char **why)
{
	uint8_t code = s->in[1];

	if (s->in[0] != SOCKS5_VERSION)
		return socks5_fail(
		    s, D4_EMALFORMED, "SOCKS5: not a reply", why);
	if (code != 0 &&
	    code < sizeof(socks5_replies) / sizeof(socks5_replies[0]))
		return socks5_fail(
		    s, socks5_replies[code].st, socks5_replies[code].text, why);
	if (code != 0)
		return socks5_fail(
		    s, D4_EIO, "SOCKS5: the proxy failed (unknown code)", why);
	if (s->in[3] == ADDRESS_V4)
		socks5_expect(s, D4_SOCKS5_ADDRESS, 4 + 2);
	else if (s->in[3] == ADDRESS_V6)
		socks5_expect(s, D4_SOCKS5_ADDRESS, 16 + 2);
	else if (s->in[3] == ADDRESS_NAME)
		socks5_expect(s, D4_SOCKS5_LENGTH, 1);
	else
		return socks5_fail(s, D4_EMALFORMED,
		    "SOCKS5: unknown kind of address in the reply", why);
	return D4_OK;
}

/* A whole answer is there. */
static enum d4_status
socks5_step(struct d4_socks5 *s, const char **why)
{
	switch (s->state) {
	case D4_SOCKS5_METHOD:
		return socks5_method(s, why);
	case D4_SOCKS5_LOGIN:
		return socks5_login(s, why);
	case D4_SOCKS5_REPLY:
		return socks5_reply(s, why);
	case D4_SOCKS5_LENGTH:
		socks5_expect(s, D4_SOCKS5_ADDRESS, s->in[0] + (size_t)2);
		return D4_OK;
	case D4_SOCKS5_ADDRESS:
		socks5_expect(s, D4_SOCKS5_OPEN, 0);
		return D4_OK;
	case D4_SOCKS5_OPEN:
	case D4_SOCKS5_FAILED:
		break;
	}
	return D4_OK;
}

enum d4_status
d4_socks5_take(struct d4_socks5 *s, struct d4_slice bytes, const char **why)
{
	size_t want = d4_socks5_want(s);

	assert(bytes.n <= want);
	if (bytes.n == 0)
		return D4_OK;
	memcpy(s->in + s->in_n, bytes.p, bytes.n);
	s->in_n += bytes.n;
	return bytes.n == want ? socks5_step(s, why) : D4_OK;
}
