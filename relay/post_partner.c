#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/post_room.h"

static void
partner_break(struct post_partner *pp, const char *what, const char *why)
{
	char quoted[200];

	(void)snprintf(pp->broken, sizeof(pp->broken), "%s: %s", what, why);
	d4_warnx("post partner cannot be used partner=%s why=%s", pp->conf->id,
	    d4_log_quote(
		pp->broken, strlen(pp->broken), quoted, sizeof(quoted)));
}

static enum d4_status
partner_secrets(struct post_partner *pp)
{
	enum d4_status st = D4_OK;
	const char *why = "";

	if (pp->sink->tls)
		st = d4_tls_ctx_new(&pp->conf->tls, &why, &pp->ctx);
	if (st == D4_ENOMEM)
		return st;
	if (st != D4_OK)
		partner_break(pp, "TLS", why);
	st = pp->sink->d4 ? d4_hmac_new(pp->conf->key, &pp->hmac) : D4_OK;
	if (st == D4_ENOMEM)
		return st;
	if (st != D4_OK)
		partner_break(pp, "key", d4_status_text(st));
	return D4_OK;
}

/* What its sink keeps, and its secrets. */
static enum d4_status
partner_kept(struct post_partner *pp)
{
	const char *why = "";
	enum d4_status st = D4_OK;

	errno = 0;
	if (pp->sink->begin != NULL && pp->broken[0] == '\0')
		st = pp->sink->begin(pp, &why);
	if (st == D4_ENOMEM)
		return st;
	if (st != D4_OK)
		partner_break(
		    pp, why, errno != 0 ? strerror(errno) : d4_status_text(st));
	return partner_secrets(pp);
}

/* Where it is, for people. */
const char *
post_partner_at(const struct post_partner *pp)
{
	return pp->conf->host != NULL ? pp->conf->host : pp->conf->out.path;
}

enum d4_status
post_partner_init(
    struct post_partner *pp, struct post *p, const struct relay_partner *conf)
{
	*pp = (struct post_partner){
	    .post = p, .conf = conf, .sink = sink_of(conf)};
	pp->limit.rate_bits = conf->max_rate_bits;
	pp->dir = d4_path(p->setup.spool, conf->id);
	pp->cursors = d4_path(p->setup.cursors, conf->id);
	if (pp->dir == NULL || pp->cursors == NULL)
		return D4_ENOMEM;
	if (d4_dir_make(pp->cursors, 0750) != D4_OK)
		partner_break(pp, "cannot make", pp->cursors);
	else if (post_rules_load(pp) != D4_OK)
		partner_break(pp, "volume.json",
		    "cannot be read; repair or remove it (then the volume "
		    "of today begins again)");
	return partner_kept(pp);
}

void
post_partner_fini(struct post_partner *pp)
{
	for (size_t i = 0; i < pp->n_lanes; i++)
		post_lane_free(pp->lanes[i]);
	if (pp->sink != NULL && pp->sink->end_all != NULL)
		pp->sink->end_all(pp);
	free(pp->lanes);
	free(pp->rules.list);
	release_fini(&pp->release);
	d4_tls_ctx_free(pp->ctx);
	d4_hmac_free(pp->hmac);
	free(pp->dir);
	free(pp->cursors);
}

/* ---- alarms ---- */

void
post_alarm_say(struct post_lane *l, const struct post_alarm *a)
{
	const struct relay_partner *c = l->partner->conf;
	char uuid[D4_UUID_TEXT], lasted[32], why[160], hint[400];
	const char *h = post_alarm_hint(a),
		   *maybe = post_likely_name(a->likely);

	d4_uuid_text(&l->name.wire_uuid, uuid);
	post_alarm_for(a, post_now_us(), lasted, sizeof(lasted));
	d4_warnx(
	    "post failing partner=%s lane=%s uuid=%s type=%u at=%s:%u "
	    "failure=%s%s%s state=%s failures=%u for=\"%s\" why=%s hint=%s",
	    c->id, l->id, uuid, l->name.type, post_partner_at(l->partner),
	    c->port, post_failure_name(a->what),
	    maybe[0] != '\0' ? " likely=" : "", maybe,
	    post_state_name(l->state), a->count, lasted,
	    d4_log_quote(a->why, strlen(a->why), why, sizeof(why)),
	    d4_log_quote(h, strlen(h), hint, sizeof(hint)));
}

void
post_alarm_over(struct post_lane *l, struct post_alarm *a)
{
	struct post_alarm was = *a;
	char lasted[32];

	post_alarm_for(a, post_now_us(), lasted, sizeof(lasted));
	if (!post_alarm_clear(a))
		return;
	d4_info("post works again partner=%s lane=%s failure=%s failures=%u "
		"for=\"%s\"",
	    l->partner->conf->id, l->id, post_failure_name(was.what), was.count,
	    lasted);
}
