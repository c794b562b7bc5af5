#include <stdio.h>
#include "relay/post_alarm.h"

#define ALARM_FIRST_US 60000000u   /* repeated after a minute, */
#define ALARM_MOST_US  3600000000u /* then less often, at least hourly */

static const struct {
	const char *name;
	const char *hint;
	bool partner;
} failures[POST_FAILURES] = {
    [POST_FAIL_NONE] = {.name = "none", .hint = ""},
    [POST_FAIL_RESOLVE] = {.name = "resolve",
	.hint = "the partner's name has no address; check `host` and DNS",
	.partner = true},
    [POST_FAIL_CONNECT] = {.name = "connect",
	.hint = "no connection; check host, port and firewalls, or the path "
		"of a socket or folder",
	.partner = true},
    [POST_FAIL_PROXY] = {.name = "proxy",
	.hint = "no connection through the SOCKS5 proxy; check `proxy`, its "
		"login, and that it reaches host and port",
	.partner = true},
    [POST_FAIL_TLS] = {.name = "tls",
	.hint = "no TLS session; check pin, CA and name of the certificate",
	.partner = true},
    [POST_FAIL_SETUP] = {.name = "setup",
	.hint = "key or TLS settings of the partner cannot be used",
	.partner = true},
    [POST_FAIL_REFUSED] = {.name = "refused",
	.hint = "closed without a word: this UUID is not registered there, "
		"the key is wrong, UUID or address are blocked, the type is "
		"not accepted, a stale session of the same UUID and type "
		"locks us out, or a limit is reached"},
    [POST_FAIL_NOT_ACCEPTED] = {.name = "not-accepted",
	.hint = "closed by close_notify: the type (or extended type) is not "
		"accepted there"},
    [POST_FAIL_LOST] = {.name = "lost",
	.hint = "the connection broke, or the partner reached a limit"},
    [POST_FAIL_STALLED] = {.name = "stalled",
	.hint = "the partner acknowledges nothing any more"},
    [POST_FAIL_UNCONFIRMED] = {.name = "unconfirmed",
	.hint = "the partner did not answer the end of the session; a "
		"receiver of a tcp or tls sink that never closes needs "
		"`confirm: tcp`"},
    [POST_FAIL_CERTIFICATE] = {.name = "certificate",
	.hint = "its server does not take our certificate, or wants one; "
		"check client_cert and client_key"},
    [POST_FAIL_FLOOD] = {.name = "flood",
	.hint = "the partner sends data without end, and no D4 server has "
		"anything to say; is this a D4 server?"},
    [POST_FAIL_HELD] = {.name = "held",
	.hint = "a stock server confirms a type that is switched off, and "
		"loses it; when its operator has enabled it, name it in "
		"`accepts`"},
    [POST_FAIL_LOCAL] = {.name = "local",
	.hint = "our own side failed: disk, memory or spool"},
};

const char *
post_failure_name(enum post_failure f)
{
	return failures[f].name;
}

const char *
post_alarm_hint(const struct post_alarm *a)
{
	if (a->likely != LIKELY_NONE)
		return post_likely_hint(a->likely);
	return failures[a->what].hint;
}

bool
post_failure_partner(enum post_failure f)
{
	return failures[f].partner;
}

bool
post_alarm_raise(
    struct post_alarm *a, const struct post_failed *f, uint64_t now_us)
{
	bool fresh =
	    a->count == 0 || a->what != f->what || a->likely != f->likely;

	if (a->count == 0)
		a->since_us = now_us;
	if (a->count != UINT32_MAX)
		a->count++;
	a->what = f->what;
	a->likely = f->likely;
	(void)snprintf(a->why, sizeof(a->why), "%s", f->why);
	if (!fresh && now_us < a->next_us)
		return false;
	a->interval_us = fresh ? ALARM_FIRST_US : a->interval_us * 4;
	if (a->interval_us > ALARM_MOST_US)
		a->interval_us = ALARM_MOST_US;
	a->next_us = now_us + a->interval_us;
	return true;
}

bool
post_alarm_clear(struct post_alarm *a)
{
	bool on = a->count != 0;

	*a = (struct post_alarm){.count = 0};
	return on;
}

void
post_alarm_for(const struct post_alarm *a, uint64_t now_us, char *out, size_t n)
{
	uint64_t s = a->count != 0 ? (now_us - a->since_us) / 1000000 : 0;

	if (s >= 172800)
		(void)snprintf(
		    out, n, "%llu days", (unsigned long long)(s / 86400));
	else if (s >= 3600)
		(void)snprintf(out, n, "%llu h %llu min",
		    (unsigned long long)(s / 3600),
		    (unsigned long long)(s / 60 % 60));
	else if (s >= 120)
		(void)snprintf(
		    out, n, "%llu min", (unsigned long long)(s / 60));
	else
		(void)snprintf(out, n, "%llu s", (unsigned long long)s);
}
