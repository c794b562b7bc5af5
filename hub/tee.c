#include <stdlib.h>
#include <string.h>
#include "hub/session_conn.h"
#include "hub/tee_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

/* ---- begin and end ---- */

/* "host" of "host:port" or "[host]:port"; NULL out of memory. */
static char *
host_of(const char *to)
{
	const char *colon = strrchr(to, ':');
	size_t n = colon != NULL ? (size_t)(colon - to) : strlen(to);

	if (n > 2 && to[0] == '[' && to[n - 1] == ']') {
		to++;
		n -= 2;
	}
	return strndup(to, n);
}

enum d4_status
tee_new(struct hub *h, struct tee **out)
{
	const struct hub_options *o = h->opt;
	const struct d4_tls_settings set = {.insecure = hub_tee_insecure(o),
	    .ca = o->tee_ca,
	    .pin = o->tee_pin[0] != '\0' ? o->tee_pin : NULL};
	const char *why = "";
	enum d4_status st;
	struct tee *t;

	*out = NULL;
	if (o->tee[0] == '\0')
		return D4_OK;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return D4_ENOMEM;
	TAILQ_INIT(&t->lines);
	t->hub = h;
	t->name = host_of(o->tee);
	st = d4_tls_ctx_new(&set, &why, &t->ctx);
	if (st == D4_EINVAL)
		d4_warnx("tee why=\"%s\"", why);
	if (st == D4_OK && t->name == NULL)
		st = D4_ENOMEM;
	if (st != D4_OK) {
		tee_free(t);
		return st;
	}
	*out = t;
	return D4_OK;
}

void
tee_free(struct tee *t)
{
	struct tee_line *l;

	if (t == NULL)
		return;
	while ((l = TAILQ_FIRST(&t->lines)) != NULL) {
		l->over = true;
		if (l->state == TEE_OFF)
			tee_remove(l);
		else
			tee_line_give_up(l, D4_R_TEE_STOPPED);
	}
	d4_tls_ctx_free(t->ctx);
	free(t->name);
	free(t);
}

/* ---- the server is there, or not ---- */

void
tee_reached(struct tee *t)
{
	if (t->failing)
		d4_info("tee to=%s reached", t->hub->opt->tee);
	t->failing = false;
	t->rest_ms = 0;
	t->rest_until_ms = 0;
}

void
tee_failed(struct tee *t, const char *why)
{
	if (!t->failing)
		d4_warnx("alarm=tee to=%s failure=connect why=\"%s\" lines=%zu"
			 " remedy=\"our own intake goes on; frames wait up to"
			 " tee_buffer\"",
		    t->hub->opt->tee, why, t->n);
	t->failing = true;
	t->rest_ms = t->rest_ms != 0 ? 2 * t->rest_ms : TEE_REST_MIN;
	if (t->rest_ms > TEE_REST_MAX)
		t->rest_ms = TEE_REST_MAX;
	t->rest_until_ms = d4_mono_ms() + t->rest_ms;
}

void
tee_dialed(struct tee *t, uint32_t id, int fd, const char *why)
{
	struct tee_line *l = NULL;

	if (t != NULL) {
		TAILQ_FOREACH(l, &t->lines, link)
		{
			if (l->state == TEE_ASK && l->number == id)
				break;
		}
	}
	if (l != NULL)
		tee_line_dialed(l, fd, why);
	else if (fd >= 0)
		(void)evutil_closesocket(fd);
}

/* ---- lines ---- */

/* The youngest line of the same stream that is not done, or NULL. */
static struct tee_line *
line_before(struct tee *t, const struct session *s, uint8_t type)
{
	struct tee_line *l;

	if (type == D4_TYPE_META)
		return NULL; /* 2 and 254 may be parallel */
	TAILQ_FOREACH_REVERSE(l, &t->lines, tee_lines, link)
	{
		if (l->state != TEE_OFF && l->type == type &&
		    d4_uuid_eq(&l->sensor, &s->sensor->uuid))
			return l;
	}
	return NULL;
}

static struct tee_line *
line_new(struct tee *t, struct session *s, uint8_t type)
{
	struct tee_line *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->timer = evtimer_new(t->hub->base, tee_line_timer, l);
	if (l->timer == NULL) {
		free(l);
		return NULL;
	}
	l->tee = t;
	l->session = s;
	l->type = type;
	l->sensor = s->sensor->uuid;
	memcpy(l->id, s->id, sizeof(l->id));
	d4_buf_init(&l->out, t->hub->opt->tee_buffer);
	l->after = line_before(t, s, type);
	TAILQ_INSERT_TAIL(&t->lines, l, link);
	t->n++;
	t->held += TEE_OVERHEAD;
	t->counts.lines++;
	return l;
}

void
tee_frame(struct tee *t, struct session *s, const uint8_t *wire,
    struct d4_slice payload)
{
	if (t == NULL)
		return;
	if (s->tee == NULL) {
		s->tee = line_new(t, s, wire[1]);
		if (s->tee == NULL) {
			t->counts.missed++;
			t->counts.missed_bytes += D4_HEADER_LEN + payload.n;
			return;
		}
		tee_line_go(s->tee);
	}
	tee_line_frame(s->tee, wire, payload);
}

void
tee_end(struct tee_line *line)
{
	if (line == NULL)
		return;
	line->session->tee = NULL;
	line->session = NULL;
	tee_line_over(line);
}

/* ---- what is said of it ---- */

void
tee_note(struct tee_line *l)
{
	uint64_t frames = l->frames - l->frames_out - l->noted;
	uint64_t bytes = l->bytes - l->bytes_out - l->noted_bytes;
	char sensor[D4_UUID_TEXT];

	if (frames == 0 && l->noted != 0)
		return;
	d4_uuid_text(&l->sensor, sensor);
	if (d4_account_write(l->tee->hub->account, true, d4_reason_name(l->why),
		json_pack("{s:s,s:s,s:s,s:i,s:I,s:I,s:I,s:b,s:s}", "to",
		    l->tee->hub->opt->tee, "sensor", sensor, "session", l->id,
		    "type", (int)l->type, "frames", (json_int_t)frames, "bytes",
		    (json_int_t)bytes, "sent", (json_int_t)l->frames_out,
		    "session_over", (int)l->over, "why",
		    d4_reason_text(l->why))) != D4_OK) {
		d4_warn("account");
		return;
	}
	l->noted += frames;
	l->noted_bytes += bytes;
	l->tee->counts.missed += frames;
	l->tee->counts.missed_bytes += bytes;
}

size_t
tee_busy(const struct tee *t)
{
	const struct tee_line *l;
	size_t n = 0;

	if (t == NULL)
		return 0;
	TAILQ_FOREACH(l, &t->lines, link)
	n += l->state == TEE_OPEN || l->state == TEE_BYE;
	return n;
}

json_t *
tee_status(const struct tee *t)
{
	const struct tee_counts *c = &t->counts;

	return json_pack("{s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,"
			 "s:I}",
	    "to", t->hub->opt->tee, "failing", (int)t->failing, "lines",
	    (json_int_t)t->n, "connected", (json_int_t)tee_busy(t),
	    "held_bytes", (json_int_t)t->held, "sessions", (json_int_t)c->lines,
	    "confirmed", (json_int_t)c->confirmed, "unconfirmed",
	    (json_int_t)c->unconfirmed, "given_up", (json_int_t)c->given_up,
	    "frames", (json_int_t)c->frames, "bytes", (json_int_t)c->bytes,
	    "missed", (json_int_t)c->missed, "missed_bytes",
	    (json_int_t)c->missed_bytes);
}
