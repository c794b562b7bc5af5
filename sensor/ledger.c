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

/* Reasons whose count has risen; D4_AGAIN: there is none. */
static enum d4_status
ledger_lines(struct ledger *l, const struct d4_tally *now)
{
	enum d4_status st = D4_AGAIN;

	for (unsigned i = D4_R_NONE + 1; i < D4_REASON_MAX; i++) {
		enum d4_reason r = (enum d4_reason)i;

		if (now->records[r] == l->noted.records[r])
			continue;
		st = l->account != NULL
		         ? D4_OK
		         : d4_account_open(l->dir, LEDGER_PROGRAM, &l->account);
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
