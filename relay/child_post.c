#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/fdpass.h"
#include "libd4/kit/json.h"
#include "libd4/kit/log.h"
#include "relay/child.h"
#include "relay/post.h"
#include "relay/profile.h"

struct post_life {
	const struct child_setup *setup;
	struct event_base *base;
	struct event *channel;
	struct post *post;
	struct d4_account *account;
	bool stopping;
};

static void
on_drained(void *arg)
{
	struct post_life *l = arg;

	(void)event_base_loopbreak(l->base);
}

static void
post_tell_status(struct post_life *l)
{
	(void)!d4_json_send(l->setup->channel, "status", post_status(l->post));
}

/* Asks the supervisor for a connection to the partner's unix socket. */
static enum d4_status
post_ask(void *arg, const char *partner)
{
	const struct post_life *l = arg;
	char word[80];

	(void)snprintf(word, sizeof(word), "dial %s", partner);
	return d4_fd_send(l->setup->channel, d4_slice_str(word), -1);
}

/* "dialed PARTNER ERRNO", with the descriptor when it is 0. Takes fd. */
static void
post_connected(struct post_life *l, struct d4_slice msg, int fd)
{
	char text[100] = "", *space;

	if (msg.n < sizeof(text))
		memcpy(text, msg.p, msg.n);
	space = strrchr(text, ' ');
	if (space != NULL && space > text + 7 && l->post != NULL) {
		*space = '\0';
		post_dialed(
		    l->post, text + 7, fd, (int)strtol(space + 1, NULL, 10));
	} else if (fd >= 0) {
		(void)close(fd);
	}
}

static void
post_message(struct post_life *l, struct d4_slice msg)
{
	if (d4_slice_eqs(msg, "status")) {
		post_tell_status(l);
	} else if (d4_slice_eqs(msg, "freeze")) {
		post_freeze(l->post);
		(void)!d4_fd_send(
		    l->setup->channel, d4_slice_str("frozen"), -1);
	} else if (d4_slice_eqs(msg, "stop") && !l->stopping) {
		l->stopping = true;
		post_drain(l->post, l->setup->conf->drain_us, on_drained, l);
	}
}

static void
on_channel(evutil_socket_t fd, short what, void *arg)
{
	struct post_life *l = arg;
	struct d4_buf msg;
	enum d4_status st;
	int got;

	(void)what;
	d4_buf_init(&msg, 4096);
	while ((st = d4_fd_recv(fd, &msg, &got)) == D4_OK) {
		if (msg.n > 7 && memcmp(msg.p, "dialed ", 7) == 0) {
			post_connected(l, d4_buf_slice(&msg), got);
		} else {
			if (got >= 0)
				(void)close(got);
			post_message(l, d4_buf_slice(&msg));
		}
		msg.n = 0;
	}
	d4_buf_fini(&msg);
	if (st == D4_ECLOSED)
		(void)event_base_loopbreak(l->base);
}

/*
 * Keys and certificates are read first, by whoever started us; what post makes
 * in its folder afterwards belongs to its own account.
 */
static enum d4_status
post_prepare(struct post_life *l)
{
	struct relay_conf *c = l->setup->conf;
	struct post_setup set = {.spool = c->spool,
	    .cursors = c->cursors,
	    .freeze = c->freeze,
	    .nudge = l->setup->nudge};
	enum d4_status st;

	relay_conf_secrets(c);
	st = d4_user_drop(c->post_user);
	if (st != D4_OK)
		return st;
	set.partner = c->partner;
	set.n_partners = c->n_partners;
	st = d4_account_open(c->cursors, "post", &l->account);
	if (st != D4_OK)
		return st;
	set.account = l->account;
	set.dial = post_ask;
	set.dial_arg = l;
	l->base = event_base_new();
	if (l->base == NULL)
		return D4_ENOMEM;
	return post_new(l->base, &set, &l->post);
}

static enum d4_status
post_listen(struct post_life *l)
{
	l->channel = event_new(
	    l->base, l->setup->channel, EV_READ | EV_PERSIST, on_channel, l);
	if (l->channel == NULL || event_add(l->channel, NULL) != 0)
		return D4_ENOMEM;
	return d4_fd_send(l->setup->channel, d4_slice_str("ready"), -1);
}

static void
post_end(struct post_life *l)
{
	post_free(l->post);
	d4_account_close(l->account);
	if (l->channel != NULL)
		event_free(l->channel);
	if (l->base != NULL)
		event_base_free(l->base);
}

int
child_post(const struct child_setup *setup)
{
	struct post_life l = {.setup = setup};
	struct profile p = {.policy_dir = NULL};
	enum d4_status st;
	int code = 1;

	st = post_prepare(&l);
	if (st != D4_OK)
		d4_warn("post start=\"%s\"", d4_status_text(st));
	if (st == D4_OK)
		st = profile_post(setup->conf, &p);
	if (st == D4_OK &&
	    profile_enter(setup->conf->post_user, setup->supervisor, &p) &&
	    post_listen(&l) == D4_OK) {
		(void)event_base_dispatch(l.base);
		code = 0;
	}
	profile_fini(&p);
	post_end(&l);
	return code;
}
