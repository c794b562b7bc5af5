#include <stdlib.h>
#include <string.h>
#include "hub/discard.h"
#include "hub/session_conn.h"
#include "libd4/kit/log.h"

#define ROWS 256u /* sessions and reasons in a second; more: by reason */

struct discard_row {
	char session[D4_UUID_TEXT];
	struct d4_uuid sensor;
	uint8_t type;
	enum d4_reason why;
	struct discarded n;
};

/* Shape: rest: what has no row. failing: the account does not take it. */
struct discard {
	struct hub *hub;
	struct discard_row row[ROWS];
	size_t n_rows;
	struct discarded rest[D4_REASON_MAX];
	bool any, failing;
};

enum d4_status
discard_new(struct hub *h, struct discard **out)
{
	struct discard *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return D4_ENOMEM;
	d->hub = h;
	*out = d;
	return D4_OK;
}

void
discard_free(struct discard *d)
{
	free(d);
}

static struct discarded *
discard_place(struct discard *d, const struct session *s, enum d4_reason why)
{
	struct discard_row *r;

	if (s == NULL || !s->counted)
		return &d->rest[why];
	for (size_t i = d->n_rows; i-- > 0;) {
		r = &d->row[i];
		if (r->why == why && strcmp(r->session, s->id) == 0)
			return &r->n;
	}
	if (d->n_rows == ROWS)
		return &d->rest[why];
	r = &d->row[d->n_rows++];
	*r = (struct discard_row){.why = why, .sensor = s->sensor->uuid};
	memcpy(r->session, s->id, sizeof(r->session));
	r->type = s->intake.state.type;
	return &r->n;
}

void
discard_note(struct discard *d, const struct session *s, enum d4_reason why,
    const struct discarded *n)
{
	struct discarded *to = discard_place(d, s, why);

	to->records += n->records;
	to->bytes += n->bytes;
	to->sessions += n->sessions;
	d->any = true;
}

static bool
discard_write(struct discard *d, enum d4_reason why, const struct discarded *n,
    json_t *who)
{
	json_t *o = who != NULL ? who : json_object();
	enum d4_status st;

	(void)json_object_set_new(
	    o, "records", json_integer((json_int_t)n->records));
	(void)json_object_set_new(
	    o, "bytes", json_integer((json_int_t)n->bytes));
	if (n->sessions != 0)
		(void)json_object_set_new(
		    o, "refused", json_integer((json_int_t)n->sessions));
	(void)json_object_set_new(o, "why", json_string(d4_reason_text(why)));
	st = d4_account_write(d->hub->account, false, d4_reason_name(why), o);
	if (st != D4_OK && !d->failing)
		d4_warn("account");
	d->failing = st != D4_OK;
	return st == D4_OK;
}

static bool
discard_write_row(struct discard *d, const struct discard_row *r)
{
	char sensor[D4_UUID_TEXT];

	d4_uuid_text(&r->sensor, sensor);
	return discard_write(d, r->why, &r->n,
	    json_pack("{s:s,s:s,s:i}", "sensor", sensor, "session", r->session,
		"type", (int)r->type));
}

void
discard_flush(struct discard *d)
{
	static const struct discarded none;

	if (!d->any)
		return;
	while (d->n_rows != 0) {
		if (!discard_write_row(d, &d->row[d->n_rows - 1]))
			return;
		d->n_rows--;
	}
	for (unsigned r = 0; r < D4_REASON_MAX; r++) {
		struct discarded *n = &d->rest[r];

		if (memcmp(n, &none, sizeof(none)) == 0)
			continue;
		if (!discard_write(d, (enum d4_reason)r, n, NULL))
			return;
		*n = none;
	}
	if (d4_account_sync(d->hub->account) == D4_OK)
		d->any = false;
}
