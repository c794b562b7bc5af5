#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include "libd4/kit/ctl.h"
#include "libd4/kit/ctl_socket.h"

#define CTL_CLIENTS 32 /* at once; more wait in the listen queue */
#define CTL_IDLE_S  60 /* a client that neither asks nor reads is closed */

/* A call, and who waits for it (NULL: gone). */
struct ctl_call {
	struct d4_ctl_call call;
	struct ctl_client *client;
	json_t *request;
};

struct ctl_client {
	struct d4_ctl *ctl;
	struct ctl_call *call; /* not answered yet */
	struct bufferevent *bev;
	unsigned slot;
	bool closing; /* after the answer is sent */
};

struct d4_ctl {
	struct event_base *base;
	struct evconnlistener *listener;
	const struct d4_ctl_command *table;
	void *arg;
	void (*other)(void *arg, struct d4_ctl_call *call);
	void *other_arg;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t dev;
	ino_t ino;
	unsigned n_clients;
	struct ctl_client *client[CTL_CLIENTS];
};

static void
ctl_client_free(struct ctl_client *cl)
{
	struct d4_ctl *c = cl->ctl;

	c->client[cl->slot] = NULL;
	if (cl->call != NULL)
		cl->call->client = NULL;
	bufferevent_free(cl->bev);
	free(cl);
	if (c->n_clients-- == CTL_CLIENTS && c->listener != NULL)
		(void)evconnlistener_enable(c->listener);
}

/* Answers with an object (taken); NULL becomes an error of our own. */
static void
ctl_answer(struct ctl_client *cl, json_t *answer)
{
	static const char lost[] = "{\"ok\":false,\"error\":\"out of memory\"}";
	struct evbuffer *out = bufferevent_get_output(cl->bev);
	char *text = NULL;

	if (answer != NULL)
		text = json_dumps(answer, JSON_COMPACT);
	(void)evbuffer_add_printf(out, "%s\n", text != NULL ? text : lost);
	free(text);
	json_decref(answer);
	/* The next request waits until this answer is read. */
	(void)bufferevent_disable(cl->bev, EV_READ);
}

static json_t *
ctl_error(const char *text)
{
	return json_pack("{s:b,s:s}", "ok", 0, "error", text);
}

static const struct d4_ctl_command *
ctl_find(const struct d4_ctl_command *table, const char *name)
{
	for (; table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

static json_t *
ctl_help(const struct d4_ctl_command *table)
{
	json_t *list = json_object();

	for (; table->name != NULL; table++)
		(void)json_object_set_new(
		    list, table->name, json_string(table->help));
	return json_pack("{s:b,s:o}", "ok", 1, "commands", list);
}

static json_t *
ctl_run(struct d4_ctl *c, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "cmd"));
	const struct d4_ctl_command *cmd;
	const char *error = "command failed";
	json_t *answer;

	if (name == NULL)
		return ctl_error("no string \"cmd\" in the request");
	cmd = ctl_find(c->table, name);
	if (cmd == NULL && strcmp(name, "help") == 0)
		return ctl_help(c->table);
	if (cmd == NULL)
		return ctl_error("unknown command; try help");
	answer = cmd->run(c->arg, request, &error);
	if (answer == NULL)
		return ctl_error(error);
	(void)json_object_set_new(answer, "ok", json_true());
	return answer;
}

/* ---- answered later ---- */

void
d4_ctl_other(struct d4_ctl *c, void (*fn)(void *arg, struct d4_ctl_call *call),
    void *arg)
{
	c->other = fn;
	c->other_arg = arg;
}

static void
call_end(struct ctl_call *call, json_t *answer)
{
	struct ctl_client *cl = call->client;

	if (cl != NULL) {
		cl->call = NULL;
		ctl_answer(cl, answer);
	} else {
		json_decref(answer);
	}
	json_decref(call->request);
	free(call);
}

void
d4_ctl_answer(struct d4_ctl_call *call, json_t *answer)
{
	if (answer != NULL)
		(void)json_object_set_new(answer, "ok", json_true());
	call_end((struct ctl_call *)call, answer);
}

void
d4_ctl_fail(struct d4_ctl_call *call, const char *why)
{
	call_end((struct ctl_call *)call, ctl_error(why));
}

/* The next request waits until this one has its answer. */
static void
ctl_begin(struct ctl_client *cl, json_t *request)
{
	struct ctl_call *call = calloc(1, sizeof(*call));
	struct ucred who;
	socklen_t len = sizeof(who);

	if (call == NULL || getsockopt(bufferevent_getfd(cl->bev), SOL_SOCKET,
				SO_PEERCRED, &who, &len) != 0) {
		free(call);
		ctl_answer(cl, NULL);
		return;
	}
	call->client = cl;
	call->request = json_incref(request);
	call->call = (struct d4_ctl_call){
	    .request = request, .uid = who.uid, .pid = who.pid};
	cl->call = call;
	(void)bufferevent_disable(cl->bev, EV_READ);
	cl->ctl->other(cl->ctl->other_arg, &call->call);
}

static bool
ctl_is_other(const struct d4_ctl *c, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "cmd"));

	return c->other != NULL && name != NULL && strcmp(name, "help") != 0 &&
	       ctl_find(c->table, name) == NULL;
}

static void
ctl_line(struct ctl_client *cl, const char *line, size_t n)
{
	json_t *request;

	request = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(request))
		ctl_answer(cl, ctl_error("not one JSON object"));
	else if (ctl_is_other(cl->ctl, request))
		ctl_begin(cl, request);
	else
		ctl_answer(cl, ctl_run(cl->ctl, request));
	json_decref(request);
}

/* One request at a time: what comes after it stays in the buffer. */
static void
ctl_on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct ctl_client *cl = arg;
	size_t n = 0;
	char *line;

	line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF);
	if (line != NULL) {
		ctl_line(cl, line, n);
		free(line);
		return;
	}
	if (evbuffer_get_length(in) >= D4_CTL_LINE) {
		cl->closing = true;
		ctl_answer(cl, ctl_error("request line is too long"));
	}
}

/* The answer is with the kernel: now the next request may be read. */
static void
ctl_on_write(struct bufferevent *bev, void *arg)
{
	struct ctl_client *cl = arg;

	if (cl->closing) {
		ctl_client_free(cl);
		return;
	}
	if ((bufferevent_get_enabled(bev) & EV_READ) != 0)
		return;
	(void)bufferevent_enable(bev, EV_READ);
	/* One that is here already makes no read event of its own. */
	if (evbuffer_get_length(bufferevent_get_input(bev)) != 0)
		ctl_on_read(bev, cl);
}

static void
ctl_on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what; /* EOF, error or time-out: all mean the same here */
	ctl_client_free(arg);
}

/* A client on a descriptor, which is taken; NULL out of memory. */
static struct ctl_client *
ctl_client_new(struct d4_ctl *c, evutil_socket_t fd)
{
	struct ctl_client *cl = calloc(1, sizeof(*cl));

	if (cl != NULL)
		cl->bev =
		    bufferevent_socket_new(c->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (cl == NULL || cl->bev == NULL) {
		free(cl);
		(void)close(fd);
		return NULL;
	}
	cl->ctl = c;
	while (c->client[cl->slot] != NULL)
		cl->slot++;
	c->client[cl->slot] = cl;
	if (++c->n_clients == CTL_CLIENTS && c->listener != NULL)
		(void)evconnlistener_disable(c->listener);
	bufferevent_setcb(cl->bev, ctl_on_read, ctl_on_write, ctl_on_event, cl);
	bufferevent_setwatermark(cl->bev, EV_READ, 0, D4_CTL_LINE);
	(void)bufferevent_enable(cl->bev, EV_READ | EV_WRITE);
	return cl;
}

static void
ctl_on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa,
    int salen, void *arg)
{
	const struct timeval idle = {.tv_sec = CTL_IDLE_S};
	const struct ctl_client *cl = ctl_client_new(arg, fd);

	(void)l;
	(void)sa;
	(void)salen;
	if (cl != NULL)
		bufferevent_set_timeouts(cl->bev, &idle, &idle);
}

enum d4_status
d4_ctl_adopt(struct d4_ctl *c, int fd)
{
	if (c->n_clients == CTL_CLIENTS) {
		(void)close(fd);
		return D4_ETOOBIG;
	}
	return ctl_client_new(c, fd) != NULL ? D4_OK : D4_ENOMEM;
}

enum d4_status
d4_ctl_serve(struct event_base *base, int fd,
    const struct d4_ctl_command *table, void *arg, struct d4_ctl **out)
{
	struct d4_ctl *c = calloc(1, sizeof(*c));

	if (c != NULL && fd >= 0)
		c->listener = evconnlistener_new(base, ctl_on_accept, c,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (c == NULL || (fd >= 0 && c->listener == NULL)) {
		free(c);
		return D4_ENOMEM;
	}
	c->base = base;
	c->table = table;
	c->arg = arg;
	*out = c;
	return D4_OK;
}

enum d4_status
d4_ctl_new(struct event_base *base, const char *path,
    const struct d4_ctl_command *table, void *arg, struct d4_ctl **out)
{
	struct stat sb;
	int fd = -1;
	enum d4_status st = ctl_bind(path, &fd);

	if (st != D4_OK)
		return st;
	st = d4_ctl_serve(base, fd, table, arg, out);
	if (st != D4_OK) {
		(void)close(fd);
		(void)unlink(path);
		return st;
	}
	(void)snprintf((*out)->path, sizeof((*out)->path), "%s", path);
	if (lstat(path, &sb) == 0) {
		(*out)->dev = sb.st_dev;
		(*out)->ino = sb.st_ino;
	}
	return D4_OK;
}

void
d4_ctl_close(struct d4_ctl *c)
{
	if (c->listener != NULL)
		evconnlistener_free(c->listener);
	c->listener = NULL;
}

void
d4_ctl_free(struct d4_ctl *c)
{
	struct stat sb;

	if (c == NULL)
		return;
	d4_ctl_close(c);
	for (unsigned i = 0; i < CTL_CLIENTS; i++) {
		if (c->client[i] != NULL)
			ctl_client_free(c->client[i]);
	}
	/* Only our own socket: a later process may have put its there. */
	if (c->path[0] != '\0' && lstat(c->path, &sb) == 0 &&
	    sb.st_dev == c->dev && sb.st_ino == c->ino)
		(void)unlink(c->path);
	free(c);
}
