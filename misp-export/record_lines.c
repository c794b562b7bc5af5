/* The text formats: passive DNS, sshd, maltrail; and JSON lines. */
#include <stdlib.h>
#include <string.h>
#include "misp-export/record.h"

#define PDNS_FIELDS 9u
#define SSHD_STAMP  15u /* "Nov 21 10:15:02" */

/* The part in front of sep; *in goes behind it. false: no sep any more. */
static bool
split(struct d4_slice *in, const char *sep, struct d4_slice *out)
{
	size_t n = strlen(sep);
	const uint8_t *at = in->n > 0 ? memmem(in->p, in->n, sep, n) : NULL;

	if (at == NULL)
		return false;
	*out = d4_slice_of(in->p, (size_t)(at - in->p));
	(void)d4_slice_skip(in, out->n + n);
	return true;
}

static uint64_t
number(struct d4_slice in)
{
	uint64_t v = 0;

	if (in.n == 0 || in.n > 12)
		return 0;
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] < '0' || in.p[i] > '9')
			return 0;
		v = v * 10 + (uint64_t)(in.p[i] - '0');
	}
	return v;
}

/*
 * time||client||server||class||name||type||answer||ttl||count
 * Source: gamelinux/passivedns; libd4's record of type 8.
 */
bool
record_pdns(struct d4_slice line, struct record *out)
{
	static const char *const names[PDNS_FIELDS] = {"time", "client",
	    "server", "class", "rrname", "rrtype", "rdata", "ttl", "count"};
	struct d4_slice f;
	size_t i;

	for (i = 0; i + 1 < PDNS_FIELDS && split(&line, "||", &f); i++) {
		/* A name is one without the root's dot in MISP. */
		if ((i == 4 || i == 6) && f.n > 1 && f.p[f.n - 1] == '.')
			f.n--;
		record_add(out, names[i], f);
	}
	if (i + 1 < PDNS_FIELDS)
		return false;
	record_add(out, names[i], line);
	out->time_us = record_time(out->field[0].value);
	out->count = number(line) > 0 ? number(line) : 1;
	return out->field[4].value.n > 0 && out->field[6].value.n > 0;
}

/* Members that tell when, in the formats that D4 sensors send. */
static const char *const json_times[] = {"/Timestamp", "/timestamp", "/ts",
    "/time", "/first_seen", "/flow_start", NULL};

bool
record_json(struct d4_slice line, struct record *out)
{
	out->json = json_loadb(
	    (const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(out->json))
		return false;
	for (size_t i = 0; json_times[i] != NULL && out->time_us == 0; i++)
		out->time_us = record_time(record_get(out, json_times[i]));
	out->text_n = 0; /* nobody holds those texts */
	return true;
}

/* "... from ADDRESS port N ..." at the end of a message. */
static bool
sshd_from(struct d4_slice msg, struct record *out, struct d4_slice *user)
{
	struct d4_slice head, ip, port;
	size_t n;

	/* A user's name may hold " from ": the last one counts. */
	*user = d4_slice_of(msg.p, 0);
	while (split(&msg, " from ", &head))
		user->n = (size_t)(head.p + head.n - user->p);
	if (user->n == 0 || !split(&msg, " port ", &ip))
		return false;
	for (n = 0; n < msg.n && msg.p[n] >= '0' && msg.p[n] <= '9'; n++)
		continue;
	port = d4_slice_of(msg.p, n);
	record_add(out, "ip", ip);
	record_add(out, "port", port);
	return true;
}

/* Beginnings of sshd's messages, and what they mean. */
static const struct {
	const char *text, *result;
} sshd_says[] = {
    {"Failed password for invalid user ", "failed"},
    {"Failed password for ", "failed"},
    {"Failed none for invalid user ", "failed"},
    {"Failed publickey for ", "failed"},
    {"Failed keyboard-interactive/pam for invalid user ", "failed"},
    {"Failed keyboard-interactive/pam for ", "failed"},
    {"Invalid user ", "failed"},
    {"Accepted password for ", "accepted"},
    {"Accepted publickey for ", "accepted"},
    {"Accepted keyboard-interactive/pam for ", "accepted"},
};

/* "2026-11-21T10:15:02.12+01:00 host" or "Nov 21 10:15:02 host"; UTC. */
static void
sshd_time(struct d4_slice head, struct record *out)
{
	struct d4_slice rest = head, first;
	char text[SSHD_STAMP + 1];

	if (split(&rest, " ", &first))
		out->time_us = record_time(first);
	if (out->time_us != 0 || head.n < SSHD_STAMP)
		return;
	memcpy(text, head.p, SSHD_STAMP);
	text[SSHD_STAMP] = '\0';
	memset(&out->stamp, 0, sizeof(out->stamp));
	out->yearless =
	    strptime(text, "%b %d %H:%M:%S", &out->stamp) == text + SSHD_STAMP;
}

bool
record_sshd(struct d4_slice line, struct record *out)
{
	struct d4_slice head, host, user, msg = line;

	if (!split(&msg, "sshd", &head) || !split(&msg, ": ", &host))
		return false;
	sshd_time(head, out);
	for (size_t i = 0; i < sizeof(sshd_says) / sizeof(sshd_says[0]); i++) {
		size_t n = strlen(sshd_says[i].text);

		if (msg.n <= n || memcmp(msg.p, sshd_says[i].text, n) != 0)
			continue;
		(void)d4_slice_skip(&msg, n);
		if (!sshd_from(msg, out, &user))
			return false;
		record_add(out, "user", user);
		record_add(out, "result", d4_slice_str(sshd_says[i].result));
		return true;
	}
	return false;
}

/* A word, or "a quoted text" as maltrail writes what holds blanks. */
static bool
trail_field(struct d4_slice *in, struct d4_slice *out)
{
	bool quoted = in->n > 0 && in->p[0] == '"';
	size_t n = quoted ? 1 : 0;

	while (n < in->n && in->p[n] != (quoted ? '"' : ' '))
		n++;
	if (quoted && n == in->n)
		return false;
	*out = quoted ? d4_slice_of(in->p + 1, n - 1) : d4_slice_of(in->p, n);
	(void)d4_slice_skip(in, quoted ? n + 1 : n);
	if (in->n > 0 && in->p[0] == ' ')
		(void)d4_slice_skip(in, 1);
	return out->n > 0;
}

/* Source: stamparm/maltrail, core/log.py, log_event(). */
bool
record_maltrail(struct d4_slice line, struct record *out)
{
	static const char *const names[] = {"time", "sensor", "src", "src_port",
	    "dst", "dst_port", "proto", "type", "trail", "info", "reference"};
	struct d4_slice f;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!trail_field(&line, &f))
			return false;
		record_add(out, names[i], f);
	}
	out->time_us = record_time(out->field[0].value);
	return line.n == 0;
}
