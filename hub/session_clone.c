/* A sensor in two places: noticed, said, and held (ADR 0033). */
#include <stdio.h>
#include <string.h>
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

/* Until the registry has read what stands in Redis from now on. */
#define BRIDGE_MS 5000u

void
clone_alarm(
    const char *uuid, int n_holder, const char *both, unsigned long long ms)
{
	d4_warnx("alarm=clone uuid=%s address=%.*s other=%s held_ms=%llu"
		 " remedy=\"give each sensor its own UUID and key; when it is"
		 " one: d4-hub ctl sensors addresses %s several\"",
	    uuid, n_holder, both, both + n_holder + 1, ms, uuid);
}

/* Every hub on this Redis holds it, and `sensors show` tells it. */
static void
clone_tell(const struct session *s, const struct d4_addr *holder,
    const struct d4_addr *other)
{
	char hex[D4_UUID_HEX], uuid[D4_UUID_TEXT];
	char held[D4_ADDR_TEXT], came[D4_ADDR_TEXT];
	char both[2 * D4_ADDR_TEXT];
	unsigned long long ms = s->hub->opt->clone_us / 1000 + 1;

	d4_uuid_hex(&s->sensor->uuid, hex);
	d4_uuid_text(&s->sensor->uuid, uuid);
	d4_addr_text(holder, held);
	d4_addr_text(other, came);
	(void)snprintf(both, sizeof(both), "%s %s", held, came);
	clone_alarm(uuid, (int)strlen(held), both, ms);
	if (d4_redis_sendf(s->hub->redis, NULL, NULL,
		"SET d4:clone:%s %s PX %llu", hex, both, ms) != D4_OK)
		d4_warnx("clone uuid=%s not noted why=\"redis\"", uuid);
	registry_again(s->hub->registry, &s->sensor->uuid);
}

/* The one that is there stays; others are refused, but for s itself. */
static void
clone_clear(struct session *s, const struct d4_addr *holder)
{
	struct session *o, *next;

	for (o = TAILQ_FIRST(&s->sensor->sessions); o != NULL; o = next) {
		next = TAILQ_NEXT(o, by_sensor);
		if (o != s && !clone_same(&o->from, holder))
			session_refuse(o, D4_R_CLONE);
	}
}

/* Too many turns: whoever has been here longest is held. */
static enum d4_reason
clone_found(struct session *s, struct d4_addr holder)
{
	struct sensor *sn = s->sensor;
	const struct session *eldest = TAILQ_FIRST(&sn->sessions);
	struct d4_addr other = s->from;
	uint64_t until = s->hub->opt->clone_us / 1000;

	/* What came last is one of the two, and s is the other one. */
	if (eldest != NULL) {
		other = clone_same(&eldest->from, &s->from) ? holder : s->from;
		holder = eldest->from;
	}
	until = d4_mono_ms() + (until < BRIDGE_MS ? until : BRIDGE_MS);
	clone_hold(&sn->clone, &holder, until);
	clone_tell(s, &holder, &other);
	clone_clear(s, &holder);
	return clone_same(&holder, &s->from) ? D4_R_NONE : D4_R_CLONE;
}

enum d4_reason
session_clone(struct session *s, bool begins)
{
	struct clone *c = &s->sensor->clone;
	struct d4_addr was = c->last;
	uint64_t now;

	if (!begins && clone_same(&was, &s->from))
		return D4_R_NONE; /* nearly always */
	if (s->hub->opt->clone_us == 0 || s->sensor->several)
		return D4_R_NONE;
	now = d4_mono_ms();
	if (clone_barred(c, &s->from, now))
		return D4_R_CLONE;
	if (!clone_seen(c, &s->from, begins, now))
		return D4_R_NONE;
	return clone_found(s, was);
}

bool
session_elsewhere(struct session *s, const struct d4_addr *from)
{
	struct clone *c = &s->sensor->clone;
	uint64_t now = d4_mono_ms(), until = s->hub->opt->clone_us / 1000;

	if (until == 0 || s->sensor->several)
		return true;
	if (clone_barred(c, from, now))
		return false;
	if (!clone_seen(c, from, true, now))
		return true;
	until = now + (until < BRIDGE_MS ? until : BRIDGE_MS);
	clone_hold(c, &s->from, until);
	clone_tell(s, &s->from, from);
	return false;
}

void
session_place(const struct session *s, char out[D4_ADDR_TEXT])
{
	struct d4_addr a = s->from;

	out[0] = '\0';
	if (a.family == 0 || s->hub->opt->clone_us == 0 || s->sensor->several)
		return;
	clone_place(&a);
	d4_addr_text(&a, out);
}
