#include <stdio.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "sensor/session_parts.h"

static const char *
session_end_text(const struct session *s, enum d4_tls_end how, const char *why)
{
	if (s->refused)
		return "refused: the server closed first";
	if (how == D4_TLS_EOF && s->state != SESSION_DIAL && !s->proven)
		return "refused: closed without close_notify";
	return why;
}

/* The connection did not end as agreed. */
static void
session_broke(struct session *s, enum session_state was)
{
	struct counts *c = s->conf.counts;
	uint64_t lost = c->tally.records[D4_R_MAYBE_LOST];

	if (was == SESSION_DIAL)
		return;
	session_settle(s, false, s->acked);
	s->trusted = false;
	if (s->proven)
		s->failures = 0; /* it had worked: begin with short waits */
	d4_warnx("session broken waiting=%llu maybe_lost=%llu",
	    (unsigned long long)ring_sum_waiting(s->conf.ring).records,
	    (unsigned long long)(c->tally.records[D4_R_MAYBE_LOST] - lost));
}

void
session_ended(struct session *s, enum d4_tls_end how, const char *why)
{
	enum session_state was = s->state;
	bool clean = was == SESSION_CLOSE && how == D4_TLS_CLEAN && !s->refused;

	(void)snprintf(
	    s->why, sizeof(s->why), "%s", session_end_text(s, how, why));
	session_dial_stop(s);
	s->acked = was == SESSION_DIAL ? 0 : d4_tls_wire_acked(s->tls);
	d4_tls_free(s->tls);
	s->tls = NULL;
	if (was == SESSION_DIAL && session_dial_again(s)) {
		session_connect(s); /* the name has another address */
		return;
	}
	s->found.n = s->at = 0; /* the name is looked up anew next time */
	if (!clean) {
		session_broke(s, was);
		session_failed(s);
		return;
	}
	session_settle(s, true, 0);
	s->trusted = true;
	s->failures = 0;
	s->progress_ms = d4_mono_ms();
	d4_debug("session confirmed records=%llu",
	    (unsigned long long)s->conf.counts->tally.records[D4_R_NONE]);
	session_next(s);
}

void
session_break(struct session *s, const char *why)
{
	if (s->tls != NULL && s->state != SESSION_DIAL)
		session_ended(s, D4_TLS_RESET, why);
}
