/* What MISP refuses: kept in files that people can read and have resent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "libd4/kit/log.h"
#include "misp-export/rest_room.h"
#include "misp-export/value.h"

#define QUARANTINE_MAX (4u << 20) /* bytes of one file */

static json_t *
quarantine_json(const struct event *e, const struct item *it, const char *why)
{
	char event[D4_UUID_TEXT], now[VALUE_TIME_TEXT], info[256];

	d4_uuid_text(&e->uuid, event);
	value_time(d4_now_us(), now);
	event_info(e, "", info, sizeof(info));
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o}", "v", 1, "why",
	    why, "when", now, "event", event, "info", info, "kind",
	    it->mapper->object != NULL ? "object" : "attribute", "finding",
	    item_json(it));
}

static enum d4_status
quarantine_write(const struct rest *r, const struct item *it, json_t *o)
{
	char uuid[D4_UUID_TEXT], name[D4_UUID_TEXT + 16];
	struct d4_buf text;
	enum d4_status st;
	char *path;

	d4_uuid_text(&it->uuid, uuid);
	(void)snprintf(name, sizeof(name), "%s.json", uuid);
	path = d4_path(r->set.dir, name);
	d4_buf_init(&text, QUARANTINE_MAX);
	st = d4_json_line(o, JSON_INDENT(2), &text);
	if (path == NULL)
		st = D4_ENOMEM;
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&text), 0640);
	d4_buf_fini(&text);
	free(path);
	return st;
}

void
rest_quarantine(
    struct rest *r, const struct event *e, struct item *it, const char *why)
{
	char uuid[D4_UUID_TEXT];
	enum d4_status st;
	json_t *o;

	d4_uuid_text(&it->uuid, uuid);
	st = quarantine_write(r, it, quarantine_json(e, it, why));
	if (st != D4_OK) { /* stays open: it is tried again */
		d4_warnx("alarm misp=quarantine item=%s error=\"%s\"", uuid,
		    d4_status_text(st));
		return;
	}
	it->state = ITEM_QUARANTINE;
	r->counts.quarantined++;
	d4_warnx("misp=quarantine item=%s why=\"%s\"", uuid, why);
	o = json_pack("{s:s, s:s, s:s}", "item", uuid, "why", why, "kind",
	    it->mapper->id);
	if (o == NULL || d4_account_write(r->set.account, true,
			     "misp.quarantine", o) != D4_OK)
		d4_warn("account");
}
