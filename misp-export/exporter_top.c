/* Which findings of an event are sent, and what becomes of the others. */
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "misp-export/event_top.h"
#include "misp-export/exporter.h"

#define SECOND_US  1000000u
#define TOP_MORE_S 3600u

static bool
top_over(const struct exporter *x, const struct store_known *k, bool more)
{
	/* What waits in the airlock may be of it; but not for ever. */
	uint64_t now_s = d4_now_us() / SECOND_US - (more ? TOP_MORE_S : 0);

	/* Who takes the kind out of `top` does not want to wait. */
	return (misp_conf_top(x->conf, k->name.kind) == 0 && !more) ||
	       k->name.start_s + k->name.span_s +
	               x->conf->top_after_us / SECOND_US <=
	           now_s;
}

/* What, how much, when and why; false: it is not noted, and not done. */
static bool
top_account(const struct exporter *x, const struct event *e, const char *what,
    json_t *fields)
{
	char uuid[D4_UUID_TEXT];
	bool ok;

	d4_uuid_text(&e->uuid, uuid);
	ok =
	    fields != NULL &&
	    json_object_set_new(fields, "event_uuid", json_string(uuid)) == 0 &&
	    json_object_set_new(fields, "kind", json_string(e->name.kind)) == 0;
	if (!ok) {
		json_decref(fields);
		return false;
	}
	if (d4_account_write(x->account, false, what, fields) == D4_OK)
		return true;
	d4_warn("account");
	return false;
}

static void
choose_event(struct exporter *x, size_t i)
{
	struct event_limits limits = {
	    .most = x->conf->items, .least = x->conf->min_count};
	struct top_choice c;
	struct event *e;
	json_t *o;

	if (store_load(x->store, i, &e) != D4_OK || !e->waits)
		return;
	limits.top = misp_conf_top(x->conf, e->name.kind);
	top_choose(e, &limits, &c);
	o = json_pack("{s:I, s:I, s:I, s:I, s:I}", "top",
	    (json_int_t)limits.top, "sent", (json_int_t)c.chosen, "left",
	    (json_int_t)c.left, "seen", (json_int_t)c.seen, "displaced",
	    (json_int_t)c.err);
	if (c.left != 0 && !(top_account(x, e, "misp.left", o) &&
			       d4_account_sync(x->account) == D4_OK)) {
		store_forget(x->store); /* as it was on disk, in a while */
		return;
	}
	if (c.left == 0)
		json_decref(o);
	x->left += c.left;
	d4_info("misp=top kind=%s sent=%llu left=%llu", e->name.kind,
	    (unsigned long long)c.chosen, (unsigned long long)c.left);
	if (store_save(x->store) != D4_OK)
		d4_warn("state dir=%s", x->conf->dir);
	store_shrink(x->store, x->conf->memory);
}

void
exporter_choose(struct exporter *x, bool more)
{
	for (size_t i = 0; i < store_n(x->store); i++) {
		const struct store_known *k = store_at(x->store, i);

		if (k->waits && top_over(x, k, more))
			choose_event(x, i);
	}
}

/* Durable with the cursors (airlock_confirm). */
void
exporter_over(struct exporter *x)
{
	for (size_t i = 0; i < store_n(x->store); i++) {
		struct event *e = store_at(x->store, i)->event;

		if (e == NULL || e->waits || e->over <= e->over_told ||
		    !top_account(x, e, "misp.over",
			json_pack("{s:I}", "seen", (json_int_t)e->over)))
			continue;
		e->over_told = e->over;
		e->changed = true;
	}
}

void
exporter_lost(struct exporter *x)
{
	uint64_t n = store_lost(x->store);
	json_t *o;

	if (n == x->lost)
		return;
	o = json_pack("{s:I, s:s}", "items", (json_int_t)(n - x->lost), "why",
	    "their mapper is gone or has other rows");
	if (o == NULL ||
	    d4_account_write(x->account, true, "misp.dropped", o) != D4_OK)
		d4_warn("account");
	else
		x->lost = n;
}
