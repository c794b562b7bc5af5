#include "relay/post_room.h"
#include "relay/sink_rows.h"

static const struct sink *const sink_rows[SINK_NONE] = {
    [SINK_D4] = &sink_d4,
    [SINK_UNIX] = &sink_unix,
    [SINK_TCP] = &sink_tcp,
    [SINK_TLS] = &sink_tls,
    [SINK_UDP] = &sink_udp,
    [SINK_SYSLOG_UDP] = &sink_syslog_udp,
    [SINK_SYSLOG_TCP] = &sink_syslog_tcp,
    [SINK_SYSLOG_TLS] = &sink_syslog_tls,
    [SINK_SYSLOG_LOCAL] = &sink_syslog_local,
    [SINK_DIRECTORY] = &sink_directory,
};

const struct sink *
sink_of(const struct relay_partner *c)
{
	return sink_rows[c->sink];
}

enum d4_status
sink_write(struct post_lane *l, struct d4_slice bytes)
{
	return l->partner->sink->write(l->run.wire, bytes);
}

size_t
sink_queued(const struct post_lane *l)
{
	return l->partner->sink->queued(l->run.wire);
}

uint64_t
sink_end(const struct post_lane *l)
{
	return l->partner->sink->end(l->run.wire);
}

uint64_t
sink_acked(const struct post_lane *l)
{
	return l->partner->sink->acked(l->run.wire);
}

uint64_t
sink_unacked(const struct post_lane *l)
{
	return sink_end(l) - sink_acked(l);
}

void
sink_close(struct post_lane *l)
{
	l->partner->sink->close(l->run.wire);
}

void
sink_free(struct post_lane *l)
{
	l->partner->sink->free(l->run.wire);
	l->run.wire = NULL;
}

void
sink_abort(struct post_lane *l)
{
	const struct sink *s = l->partner->sink;

	if (l->run.wire != NULL && s->abort != NULL)
		s->abort(l->run.wire);
	else
		s->free(l->run.wire);
	l->run.wire = NULL;
}
