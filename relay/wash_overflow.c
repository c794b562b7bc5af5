/*
 * Entries whose data the hub put on disk (ADR 0013). What can be read counts
 * as if it had come from Redis; what is gone or damaged is accounted and
 * lost; what cannot be read here and now stays in the queue, and holds up its
 * own shard only.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/wash_overflow.h"
#include "relay/wash_room.h"

#define HELD_MS                                                      \
	2000u /* until a shard that could not be read is tried again \
	       */

/* Durable with the batch: see batch_commit. */
bool
overflow_account(const struct shard *s, const struct stream_id *id,
    const char *event, const struct d4_entry *e)
{
	char at[48], rx[D4_TIME_TEXT] = "", sess[D4_UUID_TEXT] = "";
	char sensor[D4_UUID_TEXT] = "";

	(void)snprintf(at, sizeof(at), "%llu-%llu", (unsigned long long)id->ms,
	    (unsigned long long)id->n);
	if (e->n != 0) {
		d4_time_text(e->t_rx_us, rx);
		d4_uuid_text(&e->sess, sess);
		d4_uuid_text(&e->sensor, sensor);
	}
	if (d4_account_write(s->wash->account, false, event,
		json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:s}", "queue", s->key,
		    "id", at, "sensor", sensor, "session", sess, "seq",
		    (json_int_t)e->seq, "records", (json_int_t)e->n, "bytes",
		    (json_int_t)e->ref.length + (json_int_t)e->data.n,
		    "received", rx)) == D4_OK)
		return true;
	d4_warn("account");
	return false;
}

/* Not read, not lost: the shard waits. Said once. */
static enum d4_status
overflow_hold(struct shard *s, enum d4_status why, int err)
{
	if (!s->held_said)
		d4_warnx("alarm queue=%s overflow=unreadable dir=%s why=\"%s%s"
			 "%s\" remedy=\"the relay runs on the hub's machine, "
			 "and `overflow` names the hub's folder\"",
		    s->key, s->wash->setup->overflow,
		    why == D4_ENOTSUP ? "not the folder of this hub"
				      : d4_status_text(why),
		    why == D4_EIO ? ": " : "",
		    why == D4_EIO ? strerror(err) : "");
	s->held_said = true;
	s->held_ms = d4_mono_ms();
	s->state = SHARD_HELD;
	return D4_AGAIN;
}

static enum d4_status
overflow_lost(struct shard *s, const struct stream_id *id, enum d4_status why,
    const struct d4_entry *e)
{
	enum d4_reason r =
	    why == D4_ENOENT ? D4_R_OVERFLOW_GONE : D4_R_OVERFLOW_DAMAGED;

	d4_warnx("alarm queue=%s id=%llu-%llu reason=%s segment=%llu"
		 " records=%llu",
	    s->key, (unsigned long long)id->ms, (unsigned long long)id->n,
	    d4_reason_name(r), (unsigned long long)e->ref.segment,
	    (unsigned long long)e->n);
	if (!overflow_account(s, id, d4_reason_name(r), e))
		return overflow_hold(s, D4_ENOSPC, 0);
	journal_totals(s->journal)->lost[1]++;
	return D4_END;
}

enum d4_status
overflow_fetch(struct shard *s, const struct stream_id *id, struct d4_entry *e)
{
	struct wash *w = s->wash;
	enum d4_status st;
	int err;

	errno = 0;
	st = d4_overflow_read(
	    &s->stored, w->setup->overflow, s->key, e, &w->stored);
	err = errno;
	if (st == D4_OK) {
		s->held_said = false;
		return D4_OK;
	}
	/* A bad sector stays bad; anything else may be mended. */
	if (st == D4_ENOTSUP || st == D4_ENOMEM || (st == D4_EIO && err != EIO))
		return overflow_hold(s, st, err);
	return overflow_lost(s, id, st, e);
}

uint64_t
wash_overflow_inode(const char *dir)
{
	struct stat sb;

	return stat(dir, &sb) == 0 ? (uint64_t)sb.st_ino : 0;
}

/* The folder came after our sandbox was made: begin again, with it. */
static void
overflow_appeared(struct wash *w)
{
	uint64_t now = wash_overflow_inode(w->setup->overflow);

	if (now == 0 || now == w->setup->overflow_inode)
		return;
	d4_info("overflow=%s appeared: starting again", w->setup->overflow);
	w->code = WASH_EXIT_KEYS;
	(void)event_base_loopbreak(w->base);
}

void
overflow_tick(struct wash *w)
{
	uint64_t now = d4_mono_ms();

	for (size_t i = 0; i < w->n_shards; i++) {
		struct shard *s = w->shard[i];

		/* A file that the hub has deleted keeps its bytes while open.
		 */
		d4_overflow_close(&s->stored);
		if (s->state != SHARD_HELD || now - s->held_ms < HELD_MS)
			continue;
		overflow_appeared(w);
		s->state = SHARD_PENDING;
	}
}
