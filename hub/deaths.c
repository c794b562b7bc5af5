#include <stdio.h>
#include <sys/wait.h>
#include "hub/deaths.h"
#include "hub/hub.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

void
death_why(const struct death *d, char out[DEATH_WHY])
{
	if (d->hung_ms != 0)
		(void)snprintf(out, DEATH_WHY, "killed: no answer for %llu s",
		    (unsigned long long)(d->hung_ms / 1000));
	else if (WIFSIGNALED(d->status))
		(void)snprintf(
		    out, DEATH_WHY, "signal %d", WTERMSIG(d->status));
	else
		(void)snprintf(
		    out, DEATH_WHY, "status %d", WEXITSTATUS(d->status));
}

json_t *
death_json(const struct death *d, unsigned place)
{
	char why[DEATH_WHY];

	death_why(d, why);
	return json_pack("{s:i,s:i,s:s,s:I}", "place", (int)place, "pid",
	    (int)d->pid, "why", why, "died_seen", (json_int_t)d->at_s);
}

/*
 * What it had confirmed is in Redis; what it had not, a client that waits for
 * that sends again. How much that is nobody knows any more: the sessions are
 * what can be said.
 */
void
deaths_told(void *arg, enum d4_status st, const redisReply *reply)
{
	struct hub *h = arg;
	json_int_t sessions = -1;
	json_t *o;

	if (st != D4_OK || h->before.pid == 0)
		return;
	if (reply->type == REDIS_REPLY_INTEGER)
		sessions = (json_int_t)reply->integer;
	o = death_json(&h->before, h->place);
	if (o != NULL) {
		(void)json_object_set_new(
		    o, "sessions", json_integer(sessions));
		/* Of what was confirmed; more is not known. */
		(void)json_object_set_new(o, "records", json_integer(0));
		(void)json_object_set_new(
		    o, "lost", json_string("what was not confirmed"));
	}
	if (d4_account_write(h->account, true, "worker.died", o) != D4_OK)
		d4_warn("account");
	else
		h->before.pid = 0;
}

void
deaths_take(struct hub *h, struct d4_slice text)
{
	json_t *o = json_loadb((const char *)text.p, text.n, 0, NULL);

	if (!json_is_object(o)) {
		json_decref(o);
		return;
	}
	json_decref(h->crew);
	h->crew = o;
}

json_t *
deaths_status(const struct hub *h)
{
	json_t *o = json_deep_copy(h->crew);
	json_t *last = json_object_get(o, "last");
	json_int_t at = json_integer_value(json_object_get(last, "died_seen"));

	if (last != NULL)
		(void)json_object_set_new(last, "ago_s",
		    json_integer((json_int_t)(d4_now_us() / 1000000) - at));
	return o;
}
