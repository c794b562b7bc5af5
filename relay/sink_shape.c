#include <stdio.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "relay/sink_shape.h"

#define SHAPE_MSGID 32u /* characters of one (RFC 5424, 6) */

const struct sink_shape sink_shape_stream = {.put = NULL};

/* ---- text ---- */

/* What RFC 5424 allows in a header: printable, no space. */
static void
shape_word(char *out, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i + 1 < n && text[i] != '\0'; i++) {
		out[i] = '_';
		if (text[i] > ' ' && text[i] <= '~')
			out[i] = text[i];
	}
	if (i == 0)
		out[i++] = '-';
	out[i] = '\0';
}

void
sink_line_init(struct sink_line *s, const struct sink_settings *set,
    const struct d4_uuid *uuid, const char *type)
{
	char host[256], msgid[SHAPE_MSGID + 1], id[D4_UUID_TEXT];

	*s = (struct sink_line){.max = set->message_max};
	shape_word(host, sizeof(host), set->hostname);
	shape_word(s->app, 49, set->app);
	shape_word(msgid, sizeof(msgid), type);
	d4_uuid_text(uuid, id);
	(void)snprintf(s->pri, sizeof(s->pri), "<%u>", set->pri);
	(void)snprintf(s->tail, sizeof(s->tail), " %s %s %s %s - ", host,
	    s->app, id, msgid);
}

static const char *
shape_time(struct sink_line *s, uint64_t t_us)
{
	if (s->time[0] == '\0' || s->t_us != t_us)
		d4_time_text(t_us, s->time);
	s->t_us = t_us;
	return s->time;
}

static bool
shape_plain(uint8_t c)
{
	return (c >= ' ' && c != 0x7f) || c == '\t';
}

/*
 * The record as the text of a message. Control characters would be lines of
 * their own, or worse, in the receiver's files: they become \xHH. The newline
 * at the end is the record's border, not its content.
 */
static enum d4_status
shape_text(struct d4_slice in, struct d4_buf *out)
{
	enum d4_status st = D4_OK;
	size_t run = 0;

	if (in.n != 0 && in.p[in.n - 1] == '\n')
		in.n--;
	for (size_t i = 0; i < in.n && st == D4_OK; i++) {
		if (shape_plain(in.p[i]))
			continue;
		st = d4_buf_add(out, in.p + run, i - run);
		if (st == D4_OK)
			st = d4_buf_addf(out, "\\x%02x", in.p[i]);
		run = i + 1;
	}
	if (st == D4_OK && run < in.n)
		st = d4_buf_add(out, in.p + run, in.n - run);
	return st;
}

/* All or nothing. */
static enum d4_status
shape_end(const struct sink_line *s, struct d4_buf *out, size_t from,
    enum d4_status st)
{
	if (st == D4_OK && out->n - from > s->max)
		st = D4_ETOOBIG;
	if (st != D4_OK)
		out->n = from;
	return st;
}

/* ---- the shapes ---- */

static enum d4_status
put_datagram(
    struct sink_line *s, const struct sink_record *r, struct d4_buf *out)
{
	if (r->bytes.n > s->max)
		return D4_ETOOBIG;
	return d4_buf_add(out, r->bytes.p, r->bytes.n);
}

/* <PRI>1 TIME HOSTNAME APP-NAME PROCID MSGID - TEXT (RFC 5424, 6). */
static enum d4_status
put_syslog(struct sink_line *s, const struct sink_record *r, struct d4_buf *out)
{
	size_t from = out->n;
	enum d4_status st;

	if (r->bytes.n > s->max)
		return D4_ETOOBIG;
	st = d4_buf_adds(out, s->pri);
	if (st == D4_OK)
		st = d4_buf_adds(out, "1 ");
	if (st == D4_OK)
		st = d4_buf_adds(out, shape_time(s, r->t_us));
	if (st == D4_OK)
		st = d4_buf_adds(out, s->tail);
	if (st == D4_OK)
		st = shape_text(r->bytes, out);
	return shape_end(s, out, from, st);
}

/* LENGTH SP MESSAGE (RFC 6587, 3.4.1): room for the length is left first. */
static enum d4_status
put_counted(
    struct sink_line *s, const struct sink_record *r, struct d4_buf *out)
{
	size_t from = out->n, len, digits;
	enum d4_status st;
	char count[24];

	st = d4_buf_adds(out, "       ");
	if (st == D4_OK)
		st = put_syslog(s, r, out);
	if (st != D4_OK) {
		out->n = from;
		return st;
	}
	len = out->n - from - 7;
	digits = (size_t)snprintf(count, sizeof(count), "%zu ", len);
	memmove(out->p + from + digits, out->p + from + 7, len);
	memcpy(out->p + from, count, digits);
	out->n = from + digits + len;
	return D4_OK;
}

/* As the C library's syslog() writes it; the log puts the time. */
static enum d4_status
put_local(struct sink_line *s, const struct sink_record *r, struct d4_buf *out)
{
	size_t from = out->n;
	enum d4_status st;

	if (r->bytes.n > s->max)
		return D4_ETOOBIG;
	st = d4_buf_adds(out, s->pri);
	if (st == D4_OK)
		st = d4_buf_adds(out, s->app);
	if (st == D4_OK)
		st = d4_buf_adds(out, ": ");
	if (st == D4_OK)
		st = shape_text(r->bytes, out);
	return shape_end(s, out, from, st);
}

const struct sink_shape sink_shape_datagram = {
    .alone = true, .put = put_datagram};
const struct sink_shape sink_shape_syslog = {.alone = true, .put = put_syslog};
const struct sink_shape sink_shape_counted = {.put = put_counted};
const struct sink_shape sink_shape_local = {.alone = true, .put = put_local};
