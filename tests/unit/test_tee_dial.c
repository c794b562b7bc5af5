/* What worker and supervisor say to each other about the tee's connections. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "hub/tee_dial.h"
#include "hub/worker.h"
#include "libd4/kit/fdpass.h"
#include "test.h"

/* A socket that listens on a free port of 127.0.0.1. */
static int
listen_any(uint16_t *port)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void
receive(int from, struct d4_buf *msg, int *fd)
{
	struct pollfd p = {.fd = from, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 120000), 1);
	msg->n = 0;
	assert_int_equal(d4_fd_recv(from, msg, fd), D4_OK);
}

static void
a_question_comes_back_with_its_number(void **state)
{
	static const uint32_t ids[] = {0, 1, 0x12345678, UINT32_MAX};
	struct tee_dial_answer a = {0};
	struct d4_buf msg;
	int pair[2], fd = -1;

	(void)state;
	assert_int_equal(d4_fd_pair(pair), D4_OK);
	d4_buf_init(&msg, 600);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_true(tee_dial_ask(pair[0], ids[i]));
		receive(pair[1], &msg, &fd);
		assert_int_equal(msg.n, 5);
		assert_int_equal(msg.p[0], WORKER_TEE);
		/* With a reason behind it, it is the answer. */
		assert_int_equal(d4_buf_adds(&msg, "no route"), D4_OK);
		assert_int_equal(tee_dial_answered(&msg, &a), D4_OK);
		assert_int_equal(a.id, ids[i]);
		assert_string_equal(a.why, "no route");
	}
	d4_buf_fini(&msg);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
a_short_answer_is_none(void **state)
{
	struct tee_dial_answer a = {.id = 7};
	struct d4_buf msg;

	(void)state;
	d4_buf_init(&msg, 600);
	for (size_t n = 0; n < 5; n++) {
		msg.n = 0;
		assert_int_equal(
		    d4_buf_add(&msg, "D\1\2\3", n < 4 ? n : 4), D4_OK);
		assert_int_equal(tee_dial_answered(&msg, &a), D4_EMALFORMED);
		assert_int_equal(a.id, 7);
	}
	d4_buf_fini(&msg);
}

/* The child's answer: a socket, or why there is none. */
static void
the_child_connects_or_says_why_not(void **state)
{
	static char to[32], nowhere[] = "no-port";
	struct hub_options opt = {.tee = nowhere, .user = nowhere + 7};
	uint8_t ask[5] = {WORKER_TEE, 9, 0, 0, 0};
	struct tee_dial_answer a = {0};
	struct d4_buf msg;
	uint16_t port;
	int pair[2], fd = -1, listener = listen_any(&port);

	(void)state;
	(void)snprintf(to, sizeof(to), "127.0.0.1:%u", port);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	d4_buf_init(&msg, 600);
	tee_dial(&opt, pair[1], d4_slice_of(ask, sizeof(ask)));
	receive(pair[0], &msg, &fd);
	assert_int_equal(fd, -1);
	assert_int_equal(tee_dial_answered(&msg, &a), D4_OK);
	assert_int_equal(a.id, 9);
	assert_string_equal(a.why, "no port");
	opt.tee = to;
	tee_dial(&opt, pair[1], d4_slice_of(ask, sizeof(ask)));
	receive(pair[0], &msg, &fd);
	assert_true(fd >= 0);
	assert_int_equal(tee_dial_answered(&msg, &a), D4_OK);
	assert_int_equal(a.id, 9);
	(void)close(fd);
	(void)close(listener);
	(void)close(pair[0]);
	(void)close(pair[1]);
	d4_buf_fini(&msg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_question_comes_back_with_its_number),
	    cmocka_unit_test(a_short_answer_is_none),
	    cmocka_unit_test(the_child_connects_or_says_why_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
