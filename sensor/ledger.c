#include <stdlib.h>
#include "libd4/kit/account.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "sensor/ledger.h"

#define LEDGER_PROGRAM "d4-sensor"

struct ledger {
	const char *dir, *uuid;
	struct d4_account *account;
	struct d4_tally noted;
	uint64_t since_us;
	bool warned;
};

enum d4_status
ledger_new(const char *dir, const char *uuid, struct ledger **out)
{
	struct ledger *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return D4_ENOMEM;
	l->dir = dir;
	l->uuid = uuid;
	l->since_us = d4_now_us();
	*out = l;
	return D4_OK;
}

void
ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	d4_account_close(l->account);
	free(l);
}

static enum d4_status
ledger_line(struct ledger *l, const struct d4_tally *now, enum d4_reason r)
{
	char from[D4_TIME_TEXT];
	json_t *fields;

	d4_time_text(l->since_us, from);
	fields = json_pack("{s:s, s:s, s:I, s:I, s:s}", "sensor", l->uuid,
	    "reason", d4_reason_name(r), "records",
	    (json_int_t)(now->records[r] - l->noted.records[r]), "bytes",
	    (json_int_t)(now->bytes[r] - l->noted.bytes[r]), "since", from);
	if (fields == NULL)
		return D4_ENOMEM;
	return d4_account_write(l->account, true, "lost", fields);
}

static enum d4_status
ledger_ready(struct ledger *l)
{
	if (l->account != NULL)
		return D4_OK;
	return d4_account_open(l->dir, LEDGER_PROGRAM, &l->account);
}

/* Reasons whose count has risen; D4_AGAIN: there is none. */
static enum d4_status
ledger_lines(struct ledger *l, const struct d4_tally *now)
{
	enum d4_status st = D4_AGAIN;

	for (unsigned i = D4_R_NONE + 1; i < D4_REASON_MAX; i++) {
		enum d4_reason r = (enum d4_reason)i;

		if (now->records[r] == l->noted.records[r])
			continue;
		st = ledger_ready(l);
		if (st == D4_OK)
			st = ledger_line(l, now, r);
		if (st != D4_OK)
			return st;
		l->noted.records[r] = now->records[r];
		l->noted.bytes[r] = now->bytes[r];
	}
	return st;
}

bool
ledger_note(
    struct ledger *l, const struct d4_tally *now, struct ring_book *book)
{
	enum d4_status st = ledger_lines(l, now);

	if (st == D4_AGAIN)
		return true;
	if (st != D4_OK && !l->warned)
		d4_warn("losses cannot be noted dir=%s", l->dir);
	l->warned = st != D4_OK;
	if (st != D4_OK)
		return false;
	l->since_us = d4_now_us();
	book->lost = book->lost_bytes = book->maybe = 0;
	return true;
}

void
ledger_owes(const struct ledger *l, const struct d4_tally *now, bool durable,
    struct running_state *out)
{
	for (unsigned i = D4_R_NONE + 1; i < D4_REASON_MAX; i++) {
		if (durable &&
		    (i == D4_R_LOST_AT_SOURCE || i == D4_R_MAYBE_LOST))
			continue;
		out->dropped += now->records[i] - l->noted.records[i];
		out->dropped_bytes += now->bytes[i] - l->noted.bytes[i];
	}
}

/* ---- an earlier run ---- */

/* One line; at_most: no more than that is gone. Nothing is lost: no line. */
static enum d4_status
ledger_killed(struct ledger *l, const struct running_left *left,
    enum d4_reason why, const struct running_state *state)
{
	bool at_most = !left->rebooted && !left->damaged;
	char uuid[D4_UUID_TEXT], since[D4_TIME_TEXT], known[D4_TIME_TEXT];
	json_t *fields;

	if (at_most && state->records == 0 && state->uncut == 0)
		return D4_OK;
	d4_uuid_text(&left->uuid, uuid);
	d4_time_text(left->begun_us, since);
	d4_time_text(left->known_us, known);
	fields = json_pack("{s:s, s:s, s:I, s:I, s:s, s:b, s:I, s:s, s:s}",
	    "sensor", uuid, "reason", d4_reason_name(why), "records",
	    (json_int_t)state->records, "bytes", (json_int_t)state->bytes,
	    "cause",
	    left->damaged    ? "unknown"
	    : left->rebooted ? "restart"
			     : "killed",
	    "at_most", at_most, "uncut_bytes", (json_int_t)state->uncut,
	    "since", since, "known", known);
	if (fields == NULL)
		return D4_ENOMEM;
	d4_warnx("an earlier run did not end since=%s reason=%s at_most=%s "
		 "records=%llu bytes=%llu uncut_bytes=%llu",
	    since, d4_reason_name(why), at_most ? "yes" : "unknown",
	    (unsigned long long)state->records,
	    (unsigned long long)state->bytes, (unsigned long long)state->uncut);
	return d4_account_write(l->account, true, "lost", fields);
}

static void
ledger_take(struct ledger *l, struct d4_tally *now, enum d4_reason why,
    const struct running_state *state)
{
	now->in += state->records;
	now->records[why] += state->records;
	now->bytes[why] += state->bytes;
	l->noted.records[why] += state->records;
	l->noted.bytes[why] += state->bytes;
}

enum d4_status
ledger_left(
    struct ledger *l, const struct running_left *left, struct d4_tally *now)
{
	struct running_state maybe = left->state;
	const struct running_state gone = {
	    .records = maybe.dropped, .bytes = maybe.dropped_bytes};
	enum d4_status st = ledger_ready(l);

	if (st == D4_OK)
		st = ledger_killed(l, left, D4_R_MAYBE_LOST, &maybe);
	if (st == D4_OK && gone.records != 0)
		st = ledger_killed(l, left, D4_R_LOST_AT_SOURCE, &gone);
	if (st != D4_OK)
		return st;
	ledger_take(l, now, D4_R_MAYBE_LOST, &maybe);
	ledger_take(l, now, D4_R_LOST_AT_SOURCE, &gone);
	return D4_OK;
}
