#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "relay/dial.h"

/* Only what the configuration names: post may be in strange hands. */
static const struct relay_partner *
dial_find(const struct relay_conf *c, struct d4_slice id)
{
	for (size_t i = 0; i < c->n_partners; i++) {
		const struct relay_partner *p = &c->partner[i];

		if (d4_slice_eqs(id, p->id) &&
		    (p->sink == SINK_UNIX || p->sink == SINK_SYSLOG_LOCAL))
			return p;
	}
	return NULL;
}

/* The socket, or -1 and errno. */
static int
dial_connect(const struct relay_partner *p)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int type = p->sink == SINK_UNIX ? SOCK_STREAM : SOCK_DGRAM;
	int fd, e;

	if (strlen(p->out.path) >= sizeof(un.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(un.sun_path, p->out.path, strlen(p->out.path) + 1);
	fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return fd;
	e = errno;
	(void)close(fd);
	errno = e;
	return -1;
}

void
dial_answer(struct process *post, struct d4_slice partner)
{
	const struct relay_partner *p = dial_find(post->conf, partner);
	char word[100];
	int fd;

	if (p == NULL)
		return;
	fd = dial_connect(p);
	(void)snprintf(
	    word, sizeof(word), "dialed %s %d", p->id, fd >= 0 ? 0 : errno);
	process_tell(post, word, fd);
	if (fd >= 0)
		(void)close(fd);
}
