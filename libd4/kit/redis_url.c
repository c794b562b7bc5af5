#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/redis.h"
#include "libd4/kit/redis_format.h"
#include "libd4/kit/redis_url.h"

#define DIAL_TIMEOUT_S 5 /* for a login to be answered */

/* "host:port" or "[v6]:port" in place. */
static enum d4_status
split_host(char *s, struct redis_url *out)
{
	char *colon = strrchr(s, ':');

	if (colon == NULL || colon == s || colon[1] == '\0')
		return D4_EINVAL;
	*colon = '\0';
	out->port = colon + 1;
	out->host = s;
	if (s[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		out->host = s + 1;
	}
	return D4_OK;
}

/* "user=NAME&secret=FILE" in place. */
static enum d4_status
read_login(char *s, struct redis_url *out)
{
	char *amp = strchr(s, '&');

	if (amp == NULL || strncmp(s, "user=", 5) != 0 ||
	    strncmp(amp + 1, "secret=", 7) != 0 || amp == s + 5)
		return D4_EINVAL;
	*amp = '\0';
	out->user = s + 5;
	return d4_secret_read(amp + 8, &out->secret);
}

static enum d4_status
split_url(struct redis_url *u)
{
	char *query = strchr(u->text, '?');
	enum d4_status st = D4_OK;

	if (query != NULL)
		*query++ = '\0';
	if (strncmp(u->text, "unix:/", 6) == 0)
		u->host = u->text + 5;
	else if (strncmp(u->text, "tcp://", 6) == 0)
		st = split_host(u->text + 6, u);
	else
		st = D4_EINVAL;
	if (st == D4_OK && query != NULL)
		st = read_login(query, u);
	return st;
}

enum d4_status
redis_url_parse(const char *url, struct redis_url *out)
{
	struct redis_url u = {.text = strdup(url)};
	enum d4_status st;

	if (u.text == NULL)
		return D4_ENOMEM;
	d4_buf_init(&u.secret, REDIS_SECRET_MAX);
	st = split_url(&u);
	if (st != D4_OK) {
		redis_url_fini(&u);
		return st;
	}
	*out = u;
	return D4_OK;
}

void
redis_url_fini(struct redis_url *u)
{
	free(u->text);
	d4_buf_wipe(&u->secret);
	*u = (struct redis_url){0};
}

static enum d4_status
connect_fd(int fd, const struct sockaddr *to, socklen_t len)
{
	if (connect(fd, to, len) == 0 || errno == EINPROGRESS)
		return D4_OK;
	return D4_EIO;
}

static enum d4_status
unix_socket(const struct redis_url *u, int flags, int *out)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = strlen(u->host);
	int fd, e;

	if (n >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return D4_EIO;
	}
	memcpy(to.sun_path, u->host, n + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0)
		return D4_EIO;
	if (connect_fd(fd, (struct sockaddr *)&to, sizeof(to)) != D4_OK) {
		e = errno;
		(void)close(fd);
		errno = e;
		return D4_EIO;
	}
	*out = fd;
	return D4_OK;
}

/* A blocking connect ends with the time for sends. */
static void
limit_connect(int fd, int flags)
{
	const struct timeval tv = {DIAL_TIMEOUT_S, 0};

	if ((flags & SOCK_NONBLOCK) == 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static enum d4_status
tcp_socket(const struct redis_url *u, int flags, int *out)
{
	struct addrinfo want = {.ai_socktype = SOCK_STREAM}, *list, *a;
	int fd = -1, e = EHOSTUNREACH;

	if (getaddrinfo(u->host, u->port, &want, &list) != 0) {
		errno = e;
		return D4_EIO;
	}
	for (a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd =
		    socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
		if (fd >= 0)
			limit_connect(fd, flags);
		if (fd < 0) {
			e = errno;
		} else if (connect_fd(fd, a->ai_addr, a->ai_addrlen) != D4_OK) {
			e = errno;
			(void)close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd < 0) {
		errno = e;
		return D4_EIO;
	}
	*out = fd;
	return D4_OK;
}

enum d4_status
redis_url_socket(const struct redis_url *u, int flags, int *out)
{
	if (u->port == NULL)
		return unix_socket(u, flags, out);
	return tcp_socket(u, flags, out);
}

static enum d4_status
ask_send(int fd, const struct d4_slice *argv, size_t n_argv)
{
	struct d4_buf cmd;
	ssize_t n = -1;
	bool whole;

	d4_buf_init(&cmd, 4096);
	if (redis_format(&cmd, argv, n_argv, false) == D4_OK)
		n = send(fd, cmd.p, cmd.n, MSG_NOSIGNAL);
	whole = n >= 0 && (size_t)n == cmd.n;
	d4_buf_wipe(&cmd);
	return whole ? D4_OK : D4_EIO;
}

/* A whole line, so that nothing of it is left for who reads next. */
static enum d4_status
ask_line(int fd, char *line, size_t n)
{
	size_t got = 0;
	char c = '\0';

	while (c != '\n') {
		if (recv(fd, &c, 1, 0) != 1)
			return D4_EIO;
		if (c != '\r' && c != '\n' && got + 1 < n)
			line[got++] = c;
	}
	line[got] = '\0';
	return D4_OK;
}

enum d4_status
redis_ask(
    int fd, const struct d4_slice *argv, size_t n_argv, char *line, size_t n)
{
	struct timeval tv = {DIAL_TIMEOUT_S, 0};
	enum d4_status st;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	st = ask_send(fd, argv, n_argv);
	if (st == D4_OK)
		st = ask_line(fd, line, n);
	tv.tv_sec = 0;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return st;
}

/* One blocking AUTH. */
static enum d4_status
dial_login(int fd, const struct redis_url *u)
{
	const struct d4_slice argv[] = {d4_slice_str("AUTH"),
	    d4_slice_str(u->user), d4_buf_slice(&u->secret)};
	char line[64];
	enum d4_status st = redis_ask(fd, argv, 3, line, sizeof(line));

	if (st != D4_OK)
		return st;
	return line[0] == '+' ? D4_OK : D4_EAUTH;
}

enum d4_status
d4_redis_dial(const char *url, int *out)
{
	struct redis_url u;
	enum d4_status st = redis_url_parse(url, &u);
	int fd = -1, e;

	if (st != D4_OK)
		return st;
	st = redis_url_socket(&u, 0, &fd);
	if (st == D4_OK && u.user != NULL)
		st = dial_login(fd, &u);
	redis_url_fini(&u);
	if (st != D4_OK) {
		e = errno;
		if (fd >= 0)
			(void)close(fd);
		errno = e;
		return st;
	}
	*out = fd;
	return D4_OK;
}
