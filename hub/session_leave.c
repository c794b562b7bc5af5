/*
 * The end of a session while another version has taken over (drain.h). It is
 * not read while Redis stores what it sent; when nothing has come meanwhile,
 * it is quiet, and our close_notify tells no lie. Else it goes on.
 */
#include "hub/session_conn.h"
#include "libd4/kit/tls_leave.h"

static bool
leave_may(const struct session *s)
{
	return !s->finished && !s->closing &&
	       (s->state == SESSION_FIRST || s->state == SESSION_OPEN);
}

/* Not read, or read again. */
static void
leave_pause(struct session *s, bool on)
{
	if (on)
		s->pause |= PAUSE_DRAIN;
	else
		s->pause &= ~(unsigned)PAUSE_DRAIN;
	session_apply_pause(s);
}

static void
leave_end(struct session *s, bool notify)
{
	session_enter(s, SESSION_LEAVE);
	(void)evtimer_del(s->timer); /* drain.c looks at the clock */
	leave_pause(s, false);
	d4_tls_leave(s->tls, notify);
}

void
session_left(struct session *s)
{
	if ((s->pause & PAUSE_DRAIN) == 0 || !leave_may(s))
		return;
	if (d4_tls_unread(s->tls) == 0)
		leave_end(s, true);
	else
		leave_pause(s, false);
}

bool
session_leave(struct session *s)
{
	if (!leave_may(s) || (s->pause & PAUSE_DRAIN) != 0 ||
	    intake_held(&s->intake) != 0)
		return false;
	leave_pause(s, true);
	session_shelve(s);
	if (s->origin == NULL || s->origin->waiting == 0)
		session_left(s);
	return true;
}

void
session_cut(struct session *s)
{
	if (leave_may(s))
		leave_end(s, false);
}
