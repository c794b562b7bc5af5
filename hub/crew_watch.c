/*
 * Does each worker still answer? It says so every so often, from its event
 * loop: one that is stopped, or goes round in circles, does not (ADR 0059).
 */
#include <signal.h>
#include <stdlib.h>
#include "hub/crew.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

/* We look every second: after such a gap it was us who did not run. */
#define ASLEEP_MS 3000u

static uint64_t
hung_since_s(const struct crew_member *m)
{
	return d4_now_us() / 1000000 - (d4_mono_ms() - m->heard_ms) / 1000;
}

static json_t *
crew_hung(const struct crew *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->places + c->n_old; i++) {
		const struct crew_member *m = &c->member[i];

		if (m->pid == 0 || !m->hung)
			continue;
		(void)json_array_append_new(
		    list, json_pack("{s:i,s:i,s:b,s:I}", "place", (int)i, "pid",
			      (int)m->pid, "old_version", i >= c->places,
			      "since_seen", (json_int_t)hung_since_s(m)));
	}
	return list;
}

void
crew_state(const struct crew *c, const struct crew_member *to)
{
	json_t *o = json_pack(
	    "{s:I,s:o}", "died", (json_int_t)c->died, "hung", crew_hung(c));
	char *text;

	if (o != NULL && c->last.pid != 0)
		(void)json_object_set_new(
		    o, "last", death_json(&c->last, c->last_place));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (text == NULL)
		return;
	if (to != NULL)
		crew_tell(to, WORKER_CREW, d4_slice_str(text), -1);
	else
		crew_tell_all(c, WORKER_CREW, d4_slice_str(text));
	free(text);
}

void
crew_heard(struct crew *c, struct crew_member *m)
{
	uint64_t now = d4_mono_ms();

	if (m->hung) {
		d4_warnx("worker pid=%d answers again silent_ms=%llu",
		    (int)m->pid, (unsigned long long)(now - m->heard_ms));
		m->hung = false;
		m->heard_ms = now;
		crew_state(c, NULL);
	}
	m->heard_ms = now;
}

static void
member_judge(struct crew *c, struct crew_member *m, uint64_t silent_ms)
{
	uint64_t hang = c->set->opt->hang_us / 1000;
	uint64_t end = c->set->opt->hang_kill_us / 1000;

	if (hang == 0 || silent_ms < hang)
		return;
	if (!m->hung) {
		m->hung = true;
		d4_warnx("alarm=worker.hung pid=%d place=%u silent_ms=%llu"
			 " kill_ms=%llu",
		    (int)m->pid, (unsigned)(m - c->member),
		    (unsigned long long)silent_ms, (unsigned long long)end);
		crew_state(c, NULL);
	}
	if (end == 0 || silent_ms < end || m->shot_ms != 0)
		return;
	d4_warnx("alarm=worker.hung pid=%d place=%u silent_ms=%llu killed",
	    (int)m->pid, (unsigned)(m - c->member),
	    (unsigned long long)silent_ms);
	m->shot_ms = silent_ms;
	(void)kill(m->pid, SIGKILL);
}

void
crew_judge(struct crew *c)
{
	uint64_t now = d4_mono_ms();
	bool slept = c->looked_ms != 0 && now - c->looked_ms > ASLEEP_MS;

	c->looked_ms = now;
	for (unsigned i = 0; i < c->places + c->n_old; i++) {
		struct crew_member *m = &c->member[i];

		/* Older versions never said anything; who ends has a limit. */
		if (m->pid == 0 || m->heard_ms == 0 || m->kill_ms != 0)
			continue;
		if (slept)
			m->heard_ms = now;
		else
			member_judge(c, m, now - m->heard_ms);
	}
}

void
crew_died(struct crew *c, unsigned at, int status)
{
	const struct crew_member *m = &c->member[at];
	char why[DEATH_WHY];

	c->died++;
	c->last = (struct death){.pid = m->pid,
	    .status = status,
	    .hung_ms = m->shot_ms,
	    .at_s = d4_now_us() / 1000000};
	c->last_place = at;
	if (at < c->places)
		c->before[at] = c->last;
	death_why(&c->last, why);
	d4_warnx(
	    "worker died pid=%d place=%u why=\"%s\"", (int)m->pid, at, why);
}
