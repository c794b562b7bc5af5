/* Taking back: soft deletion there, and a publication that tells others. */
#include <stdio.h>
#include "libd4/kit/log.h"
#include "misp-export/rest_room.h"

/* What is not there is as good as deleted. */
static enum rest_step
recall_one(struct rest *r, const struct event *e, struct item *it)
{
	bool object = it->mapper->object != NULL;
	enum rest_step step;
	char path[96], uuid[D4_UUID_TEXT];
	struct reply a;
	json_t *body = json_object(), *o;

	(void)e;
	rest_path(object ? "/objects/delete/" : "/attributes/delete/",
	    &it->uuid, "", path, sizeof(path));
	step = rest_ask(r, path, body, &a);
	json_decref(body);
	if (step == STEP_SPLIT) /* "has to be POST", "already deleted" */
		step = STEP_NEXT;
	reply_fini(&a);
	if (step != STEP_NEXT)
		return step;
	it->state = ITEM_RECALLED;
	r->counts.recalled++;
	d4_uuid_text(&it->uuid, uuid);
	o = json_pack("{s:s}", "item", uuid);
	if (o == NULL ||
	    d4_account_write(r->set.account, true, "misp.recalled", o) != D4_OK)
		d4_warn("account");
	return STEP_NEXT;
}

enum rest_step
rest_recall(struct rest *r, struct event *e)
{
	struct rest_batch none = {.event = e, .n = 0};
	enum rest_step step = STEP_NEXT;
	enum event_state was = e->state;
	bool any = false;

	for (size_t i = 0; i < e->n && step == STEP_NEXT; i++) {
		if (e->items[i]->state != ITEM_RECALL)
			continue;
		step = recall_one(r, e, e->items[i]);
		any = any || step == STEP_NEXT;
	}
	e->changed = e->changed || any;
	if (any && e->publish)
		e->publish_owed = true;
	if (step != STEP_NEXT || !e->publish_owed || was != EVENT_GONE)
		return step;
	/* Nobody else will publish it: those who have it learn it now. */
	step = rest_upsert(r, &none, true);
	e->state = was;
	if (step == STEP_NEXT)
		e->publish_owed = false;
	return step;
}
