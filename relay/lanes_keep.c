#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/reason.h"
#include "relay/lanes_file.h"
#include "relay/lanes_room.h"

#define KEEP_REMOVE 64u /* segments deleted in one go */
#define KEEP_SURVEY 4u  /* segments looked into in one go */

/* ---- what is taken away, and why ---- */

static struct d4_spool_sent
keep_sent(const struct lane *lane)
{
	return (struct d4_spool_sent){
	    lane->cursor.sent, lane->cursor.sent_part};
}

/* Durable before anything is deleted; false: then nothing may be. */
static bool
keep_account(const struct lanes *ls, const struct lane *lane,
    const struct d4_spool_pick *p, enum d4_reason why)
{
	char first[D4_TIME_TEXT], last[D4_TIME_TEXT], uuid[D4_UUID_TEXT];
	json_t *o;

	if (ls->dirs.account == NULL)
		return true;
	d4_time_text(p->t_first_us, first);
	d4_time_text(p->t_last_us, last);
	d4_uuid_text(&lane->head.wire_uuid, uuid);
	o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s}",
	    "partner", lane->head.partner, "lane", lane->head.id, "wire_uuid",
	    uuid, "reason", d4_reason_name(why), "records",
	    (json_int_t)p->records, "bytes", (json_int_t)p->bytes, "from",
	    (json_int_t)p->from, "to", (json_int_t)p->to, "t_first", first,
	    "t_last", last);
	return o != NULL && d4_account_write(ls->dirs.account, true,
				"airlock.loss", o) == D4_OK;
}

static bool
keep_remove(const struct lanes *ls, struct lane *lane,
    const struct d4_spool_pick *p, enum d4_reason why)
{
	enum d4_status st = D4_ENOSPC;

	if (keep_account(ls, lane, p, why))
		st = d4_spool_remove(lane->writer, p);
	if (st == D4_OK)
		return true;
	d4_warnx("airlock partner=%s lane=%s remove=\"%s\"", lane->head.partner,
	    lane->head.id, d4_status_text(st));
	return false;
}

/* What an earlier process wrote is looked into, a little at a time. */
static void
keep_survey(struct lanes *ls, const struct lanes_partner *of)
{
	unsigned n = 0;

	for (size_t i = 0; i < ls->n && n < KEEP_SURVEY; i++) {
		if (of != NULL && ls->list[i]->partner != of)
			continue;
		while (n < KEEP_SURVEY &&
		       d4_spool_survey(ls->list[i]->writer) != D4_AGAIN)
			n++;
	}
}

void
lanes_expire(struct lanes *ls, uint64_t now_s)
{
	struct d4_spool_pick p;
	unsigned n = 0;

	keep_survey(ls, NULL);
	for (size_t i = 0; i < ls->n; i++) {
		struct lane *lane = ls->list[i];

		while (n < KEEP_REMOVE &&
		       d4_spool_expired(
			   lane->writer, keep_sent(lane), now_s, &p) &&
		       keep_remove(ls, lane, &p, D4_R_SPOOL_EXPIRED)) {
			lane->partner->expired += p.records;
			lane->partner->expired_bytes += p.bytes;
			n++;
		}
	}
	if (n > 0)
		lanes_measure(ls);
}

/* The oldest of a lane; one that post may be sending now is passed over. */
static bool
keep_oldest(const struct lane *lane, bool whole, struct d4_spool_pick *p)
{
	struct d4_spool_sent sent = keep_sent(lane);

	if (whole && lane->moving &&
	    d4_spool_oldest(lane->writer, sent, false, p))
		sent = (struct d4_spool_sent){.seq = p->to};
	return d4_spool_oldest(lane->writer, sent, whole, p);
}

/* Of all the partner's lanes: whole segments first, then any. */
static struct lane *
keep_oldest_of(
    struct lanes *ls, const struct lanes_partner *of, struct d4_spool_pick *out)
{
	struct lane *from = NULL;
	struct d4_spool_pick p;

	for (int whole = 1; from == NULL && whole >= 0; whole--) {
		for (size_t i = 0; i < ls->n; i++) {
			if (ls->list[i]->partner != of ||
			    !keep_oldest(ls->list[i], whole == 1, &p))
				continue;
			if (from != NULL && p.t_first_us >= out->t_first_us)
				continue;
			from = ls->list[i];
			*out = p;
		}
	}
	return from;
}

static void
keep_enforce(struct lanes *ls, struct lanes_partner *of)
{
	uint64_t records = 0, bytes = 0;
	struct d4_spool_pick p;
	struct lane *lane;

	for (unsigned n = 0; n < KEEP_REMOVE && of->full; n++) {
		lane = keep_oldest_of(ls, of, &p);
		if (lane == NULL || !keep_remove(ls, lane, &p, D4_R_SPOOL_FULL))
			break;
		records += p.records;
		bytes += p.bytes;
		lanes_measure(ls);
	}
	of->dropped += records;
	of->dropped_bytes += bytes;
	if (bytes > 0)
		d4_warnx("airlock partner=%s dropped records=%llu bytes=%llu "
			 "reason=%s",
		    of->id, (unsigned long long)records,
		    (unsigned long long)bytes, d4_reason_name(D4_R_SPOOL_FULL));
}

void
lanes_enforce(struct lanes *ls)
{
	for (size_t i = 0; i < ls->n_partners; i++) {
		if (!ls->partner[i]->full || !ls->partner[i]->drop_oldest)
			continue;
		keep_survey(ls, ls->partner[i]);
		keep_enforce(ls, ls->partner[i]);
	}
}

/* ---- compression ---- */

static bool
keep_pack_lane(struct lanes *ls, struct lane *lane)
{
	enum d4_status st = d4_spool_pack(
	    ls->packer, lane->writer, lane->cursor.sent, ls->limits.behind);

	if (st != D4_OK && st != D4_AGAIN)
		d4_warnx("airlock partner=%s lane=%s pack=\"%s\"",
		    lane->head.partner, lane->head.id, d4_status_text(st));
	return st == D4_OK;
}

bool
lanes_pack(struct lanes *ls)
{
	if (ls->limits.behind == 0 || ls->n == 0)
		return false;
	if (ls->packer == NULL && d4_spool_packer_new(&ls->packer) != D4_OK)
		return false;
	/* Beginning with the one that was under way. */
	for (size_t i = 0; i < ls->n; i++) {
		ls->pack_next %= ls->n;
		if (keep_pack_lane(ls, ls->list[ls->pack_next]))
			return true;
		ls->pack_next++;
	}
	return false;
}

void
lanes_packed(const struct lanes *ls, uint64_t *before, uint64_t *after)
{
	*before = *after = 0;
	if (ls->packer != NULL)
		d4_spool_packer_sums(ls->packer, before, after);
}

/* ---- lanes that nobody uses ---- */

#define GONE ".gone"

/* SPOOL/PARTNER/LANE with a suffix; allocated. */
static char *
keep_path(const struct lanes *ls, const char *partner, const char *id,
    const char *suffix)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "%s/%s%s", partner, id, suffix);
	return d4_path(ls->dirs.spool, name);
}

static bool
keep_rename(
    const struct lanes *ls, const char *partner, const char *id, bool gone)
{
	char *lane = keep_path(ls, partner, id, "");
	char *left = keep_path(ls, partner, id, GONE);
	bool done = false;

	if (lane != NULL && left != NULL)
		done = rename(gone ? lane : left, gone ? left : lane) == 0;
	free(lane);
	free(left);
	return done;
}

enum d4_status
lanes_revive(struct lanes *ls, const char *partner, const char *id)
{
	if (keep_rename(ls, partner, id, false) || errno == ENOENT)
		return D4_OK;
	return D4_EIO;
}

static void
keep_take_out(struct lanes *ls, size_t i,
    void (*gone)(void *arg, const struct lane *lane), void *arg)
{
	struct lane *lane = ls->list[i];

	if (!keep_rename(ls, lane->head.partner, lane->head.id, true)) {
		d4_warn("airlock partner=%s lane=%s rename", lane->head.partner,
		    lane->head.id);
		return;
	}
	d4_info("airlock partner=%s lane=%s removed why=unused",
	    lane->head.partner, lane->head.id);
	gone(arg, lane);
	if (ls->packer != NULL)
		d4_spool_packer_forget(ls->packer, lane->writer);
	ls->list[i] = ls->list[--ls->n];
	ls->changed = true;
	lane_free(lane);
}

/* Has post forgotten how far it went? */
static bool
keep_forgotten(const struct lanes *ls, const char *partner, const char *id)
{
	char *path = lane_cursor_path(ls, partner, id);
	bool gone;

	gone = path != NULL && access(path, F_OK) != 0 && errno == ENOENT;
	free(path);
	return gone;
}

static void
keep_delete(const struct lanes *ls, const char *partner, const char *name)
{
	char id[17];
	char *path = keep_path(ls, partner, name, "");
	struct dirent *e;
	DIR *d;

	(void)snprintf(id, sizeof(id), "%.16s", name);
	d = path != NULL && keep_forgotten(ls, partner, id) ? opendir(path)
	                                                    : NULL;
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d != NULL) {
		(void)closedir(d);
		lanes_file_remove(ls->dirs.state, partner, id);
		(void)rmdir(path);
	}
	free(path);
}

/* Folders of a partner that wait to be deleted. */
static void
keep_sweep(const struct lanes *ls, const char *partner)
{
	char *path = d4_path(ls->dirs.spool, partner);
	DIR *d = path != NULL ? opendir(path) : NULL;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strlen(e->d_name) == 16 + strlen(GONE) &&
		    strspn(e->d_name, "0123456789abcdef") == 16 &&
		    strcmp(e->d_name + 16, GONE) == 0)
			keep_delete(ls, partner, e->d_name);
	}
	if (d != NULL)
		(void)closedir(d);
	free(path);
}

void
lanes_idle(struct lanes *ls, uint64_t now_s,
    void (*gone)(void *arg, const struct lane *lane), void *arg)
{
	uint64_t since;

	for (size_t i = ls->n; i > 0 && ls->limits.idle_s != 0; i--) {
		const struct lane *lane = ls->list[i - 1];

		if (!lane->touched && d4_spool_unused(lane->writer, &since) &&
		    now_s > since && now_s - since >= ls->limits.idle_s)
			keep_take_out(ls, i - 1, gone, arg);
	}
	for (size_t i = 0; i < ls->n_partners; i++)
		keep_sweep(ls, ls->partner[i]->id);
}
