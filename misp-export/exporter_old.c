/* Events that are over for long: what was never sent of them is accounted. */
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "misp-export/event_terms.h"
#include "misp-export/exporter.h"

#define OLD_MS 60000u /* between two looks */

/* Something may be sent now, or may be later: the relay does not say. */
static bool
old_stays(const struct exporter *x, const struct event *e)
{
	const struct event_ask ask = {.terms = &x->terms,
	    .now_us = d4_now_us(),
	    .group = x->conf->group != NULL};
	struct event_may may;

	if (x->rest == NULL || !event_due(e))
		return false;
	if (x->terms_said != D4_OK)
		return true;
	event_released(e, &ask, &may);
	for (size_t i = 0; i < e->n; i++) {
		if (item_due(e->items[i]) && item_released(e->items[i], &may))
			return true;
	}
	return false;
}

static bool
old_unsent(const struct item *it)
{
	return it->mapper != event_anonymisation() &&
	       (it->state == ITEM_OPEN || it->state == ITEM_BELOW ||
		   it->state == ITEM_QUARANTINE);
}

static bool
on_goes(void *arg, struct event *e)
{
	struct exporter *x = arg;
	uint64_t items = 0, seen = 0;
	char uuid[D4_UUID_TEXT];
	json_t *o;

	if (old_stays(x, e))
		return false;
	for (size_t i = 0; x->rest != NULL && i < e->n; i++) {
		items += old_unsent(e->items[i]) ? 1 : 0;
		seen += old_unsent(e->items[i]) ? e->items[i]->count : 0;
	}
	if (items == 0)
		return true;
	d4_uuid_text(&e->uuid, uuid);
	o = json_pack("{s:s, s:s, s:I, s:I}", "event_uuid", uuid, "kind",
	    e->name.kind, "items", (json_int_t)items, "seen", (json_int_t)seen);
	if (o == NULL ||
	    d4_account_write(x->account, true, "misp.expired", o) != D4_OK) {
		d4_warn("account");
		return false;
	}
	x->expired += items;
	return true;
}

void
exporter_old(struct exporter *x)
{
	uint64_t now = d4_now_us(), ms = d4_mono_ms();

	if (now <= x->conf->keep_us ||
	    (x->old_ms != 0 && ms - x->old_ms < OLD_MS))
		return;
	x->old_ms = ms;
	store_expire(x->store, (now - x->conf->keep_us) / 1000000, on_goes, x);
	store_shrink(x->store, x->conf->memory);
}
