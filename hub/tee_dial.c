#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "hub/tee_dial.h"
#include "hub/worker.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/log.h"
#include "libd4/kit/sandbox.h"

#define ASK_LEN 5u /* WORKER_TEE and the number, little-endian */

static uint32_t
number_of(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

bool
tee_dial_ask(int pair, uint32_t id)
{
	const uint8_t msg[ASK_LEN] = {WORKER_TEE, (uint8_t)id,
	    (uint8_t)(id >> 8), (uint8_t)(id >> 16), (uint8_t)(id >> 24)};

	return d4_fd_send(pair, d4_slice_of(msg, sizeof(msg)), -1) == D4_OK;
}

enum d4_status
tee_dial_answered(struct d4_buf *msg, struct tee_dial_answer *out)
{
	uint8_t end = '\0';
	enum d4_status st;

	if (msg->n < ASK_LEN)
		return D4_EMALFORMED;
	st = d4_buf_add(msg, &end, 1);
	if (st != D4_OK)
		return st;
	*out = (struct tee_dial_answer){
	    number_of(msg->p + 1), (const char *)msg->p + ASK_LEN};
	return D4_OK;
}

/* ---- the child ---- */

/* The first address that takes us; -1: *why. */
static int
connect_first(const struct addrinfo *list, const char **why)
{
	const struct addrinfo *a;
	int fd;

	*why = "no address";
	for (a = list; a != NULL; a = a->ai_next) {
		fd = socket(
		    a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			return fd;
		*why = strerror(errno);
		if (fd >= 0)
			(void)close(fd);
	}
	return -1;
}

/* to: "host:port" or "[host]:port", which is taken apart. */
static int
connect_to(char *to, const char **why)
{
	const struct addrinfo hints = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char *colon = strrchr(to, ':');
	int e, fd;

	if (colon == NULL) {
		*why = "no port";
		return -1;
	}
	*colon = '\0';
	if (to[0] == '[' && colon > to + 1 && colon[-1] == ']') {
		colon[-1] = '\0';
		to++;
	}
	e = getaddrinfo(to, colon + 1, &hints, &list);
	if (e != 0) {
		*why = gai_strerror(e);
		return -1;
	}
	fd = connect_first(list, why);
	freeaddrinfo(list);
	return fd;
}

/* The number in front, and why there is no descriptor behind it. */
static void
answer(int pair, struct d4_slice ask, int fd, const char *why)
{
	struct pollfd p = {.fd = pair, .events = POLLOUT};
	struct d4_buf msg;
	enum d4_status st;

	d4_buf_init(&msg, 512);
	st = d4_buf_add(&msg, ask.p, ask.n);
	if (st == D4_OK && fd < 0)
		st = d4_buf_addf(&msg, "%.200s", why);
	while (st == D4_OK) {
		st = d4_fd_send(pair, d4_buf_slice(&msg), fd);
		if (st != D4_AGAIN)
			break;
		st = poll(&p, 1, -1) >= 0 || errno == EINTR ? D4_OK : D4_EIO;
	}
	d4_buf_fini(&msg);
}

static _Noreturn void
child(const struct hub_options *opt, int pair, struct d4_slice ask)
{
	const char *why = "";
	char *to = strdup(opt->tee);
	int fd = -1;

	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(TEE_DIAL_S);
	if (to == NULL)
		why = "out of memory";
	else if (d4_user_drop(opt->user) != D4_OK)
		why = "user";
	else
		fd = connect_to(to, &why);
	answer(pair, ask, fd, why);
	_exit(0);
}

void
tee_dial(const struct hub_options *opt, int pair, struct d4_slice msg)
{
	pid_t pid;

	if (msg.n != ASK_LEN || opt->tee[0] == '\0')
		return;
	pid = fork();
	if (pid == 0)
		child(opt, pair, msg);
	if (pid < 0) {
		d4_warn("tee fork");
		answer(pair, msg, -1, "fork");
	}
}
