#include <stdlib.h>
#include "hub/registry_parts.h"
#include "libd4/kit/log.h"

#define REGISTRY_MS 250L /* between two looks */

enum d4_status
registry_sensor(
    struct registry *r, const struct d4_uuid *uuid, struct sensor **out)
{
	struct sensor *s = sensors_get(&r->sensors, uuid);

	if (s == NULL)
		return D4_ENOMEM;
	s->facts.shared = r->shared != NULL;
	/* Nobody used it, so nobody has asked since: it may have changed. */
	if (s->refs == 0)
		s->known = false;
	sensors_hold(&r->sensors, s);
	if (!s->known)
		registry_ask(r, s);
	*out = s;
	return D4_OK;
}

void
registry_unref(struct registry *r, struct sensor *s)
{
	if (s != NULL)
		sensors_drop(&r->sensors, s);
}

struct sensor *
registry_find(const struct registry *r, const struct d4_uuid *uuid)
{
	return sensors_find(&r->sensors, uuid);
}

void
registry_again(struct registry *r, const struct d4_uuid *uuid)
{
	struct sensor *s = uuid != NULL ? registry_find(r, uuid) : NULL;

	if (uuid == NULL)
		lists_look(r->lists);
	else if (s != NULL && s->refs != 0)
		registry_ask(r, s);
}

/* ---- four times a second ---- */

static void
on_lists(void *arg, bool changed)
{
	struct registry *r = arg;

	if (changed) {
		r->version++;
		r->set.changed(r->set.arg, NULL);
	}
	registry_round(r);
}

/* Redis holds it off for a while; who is here goes at once. */
static void
on_kicked(void *arg, const struct d4_uuid *uuid)
{
	struct registry *r = arg;
	struct sensor *s = registry_find(r, uuid);
	char text[D4_UUID_TEXT];

	d4_uuid_text(uuid, text);
	d4_info("kick uuid=%s", text);
	if (s == NULL)
		return;
	s->facts.kicked = true;
	s->version++;
	r->set.changed(r->set.arg, s);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct registry *r = arg;

	(void)fd;
	(void)what;
	lists_look(r->lists);
}

/* ---- begin and end ---- */

static void
sensor_options(void *arg, struct sensor *s)
{
	const struct registry *r = arg;

	s->facts.shared = r->shared != NULL;
	s->facts.has_key = s->key.hmac != NULL || s->facts.shared;
}

void
registry_options(struct registry *r, const struct hub_options *opt)
{
	r->set.opt = opt;
	d4_hmac_free(r->shared);
	r->shared = NULL;
	if (opt->shared.n != 0 &&
	    d4_hmac_new(d4_buf_slice(&opt->shared), &r->shared) != D4_OK)
		d4_warnx("shared secret out of memory");
	sensors_each(&r->sensors, sensor_options, r);
	r->version++;
	if (d4_redis_is_up(r->set.redis))
		lists_claim(r->lists, opt);
	lists_look(r->lists);
}

enum d4_status
registry_new(const struct registry_setup *setup, struct registry **out)
{
	struct timeval tv = {0, REGISTRY_MS * 1000};
	struct registry *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	r->set = *setup;
	sensors_init(&r->sensors);
	st = lists_new(&(struct lists_setup){.redis = setup->redis,
			   .done = on_lists,
			   .kicked = on_kicked,
			   .arg = r},
	    &r->lists);
	r->timer = event_new(setup->base, -1, EV_PERSIST, on_timer, r);
	if (st != D4_OK || r->timer == NULL || event_add(r->timer, &tv) < 0) {
		registry_free(r);
		return D4_ENOMEM;
	}
	registry_options(r, setup->opt);
	*out = r;
	return D4_OK;
}

void
registry_free(struct registry *r)
{
	if (r == NULL)
		return;
	sensors_fini(&r->sensors);
	lists_free(r->lists);
	d4_hmac_free(r->shared);
	if (r->timer != NULL)
		event_free(r->timer);
	free(r);
}

void
registry_up(struct registry *r)
{
	lists_claim(r->lists, r->set.opt);
	lists_up(r->lists);
}

/* ---- verdicts ---- */

struct intake_keys
registry_keys(const struct registry *r, const struct sensor *s)
{
	struct intake_keys keys = {s->key.hmac, s->before.hmac};

	if (keys.now == NULL && s->facts.shared)
		keys.now = r->shared;
	return keys;
}

enum d4_reason
registry_admits(const struct registry *r, const struct sensor *s,
    const struct d4_addr *from, uint8_t type)
{
	struct admit_sensor facts = s->facts;
	enum d4_reason why;

	facts.address_blocked = lists_block(r->lists, from);
	facts.foreign = !sensor_comes_from(s, from);
	facts.cloned = sensor_cloned(s, from);
	why = admit_sensor(&facts);
	if (why == D4_R_NONE && !lists_type(r->lists, type))
		why = D4_R_HDR_TYPE;
	return why;
}

uint64_t
registry_version(const struct registry *r, const struct sensor *s)
{
	return r->version + s->version; /* neither ever falls */
}

bool
registry_blocks(const struct registry *r, const struct d4_addr *address)
{
	return lists_block(r->lists, address);
}

void
registry_trap(struct registry *r, const char *address)
{
	if (d4_redis_sendf(r->set.redis, NULL, NULL, "SADD blacklist_ip %s",
		address) != D4_OK)
		d4_warnx("address=%s not blocked why=\"redis\"", address);
	else
		d4_warnx("address=%s blocked why=\"it came as a UUID of"
			 " blacklist_ip_by_uuid\"",
		    address);
}

bool
registry_extended(const struct registry *r, const char *ext)
{
	return lists_extended(r->lists, ext);
}

bool
registry_ready(const struct registry *r)
{
	return lists_ready(r->lists);
}

void
registry_each(const struct registry *r, void (*fn)(void *arg, struct sensor *s),
    void *arg)
{
	sensors_each(&r->sensors, fn, arg);
}
