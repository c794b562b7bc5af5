#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/spool_cursor.h"
#include "libd4/kit/spool_look.h"
#include "relay/release.h"
#include "relay/spool_sums.h"

/*
 * One partner that is looked at. lane: of today's release, or NULL. sent,
 * part: how far post went in the lane under way.
 */
struct look {
	const struct relay_conf *conf;
	const char *partner;
	uint64_t now_s;
	struct release release;
	const struct release_lane *lane;
	uint64_t sent, part;
	struct spool_sums sums;
};

static void
earliest(uint64_t *first, uint64_t s)
{
	if (s != 0 && (*first == 0 || s < *first))
		*first = s;
}

/* An entry that was not sent yet, or not all of it. */
static void
look_waiting(struct look *k, const struct d4_spool_entry *e)
{
	uint64_t n = e->n - (k->part < e->n ? k->part : e->n);
	uint64_t when = e->not_before_s, rule = 0;

	k->part = 0;
	k->sums.waiting_entries++;
	k->sums.waiting_records += n;
	earliest(&k->sums.oldest, e->t_first_us / 1000000);
	earliest(&k->sums.expires_next, e->expires_s);
	if (k->lane == NULL)
		k->sums.unreleased_records += n;
	else
		rule = release_when(
		    e->t_last_us, k->lane->delay_us, k->lane->not_before_s);
	when = when > rule ? when : rule;
	if (when <= k->now_s)
		return;
	k->sums.held_entries++;
	k->sums.held_records += n;
	earliest(&k->sums.held_until, when);
}

static void
look_entry(struct look *k, const struct d4_spool_entry *e,
    const struct d4_spool_where *at)
{
	k->sums.entries++;
	k->sums.records += e->n;
	if (at->packed) {
		k->sums.packed_entries++;
		k->sums.packed_bytes += at->stored;
		k->sums.plain_bytes += D4_SPOOL_FIXED + e->data.n;
	}
	if (e->seq > k->sent)
		look_waiting(k, e);
}

/* Up to what is there now: a running relay may append all the time. */
static int
look_entries(struct look *k, const char *dir)
{
	uint64_t last = 0, records = 0;
	const struct d4_spool_lane *head;
	struct d4_spool_reader *r;
	struct d4_spool_where at;
	struct d4_spool_entry e = {.seq = 0};
	enum d4_status st;

	st = d4_spool_tail(dir, &last, &records);
	if (st == D4_OK)
		st = d4_spool_reader_open(dir, 0, &r);
	if (st != D4_OK)
		return st == D4_ENOENT ? 0 : 1;
	while (e.seq < last) {
		st = d4_spool_next(r, &head, &e);
		at = d4_spool_where(r);
		if (st == D4_OK)
			look_entry(k, &e, &at);
		else if (st == D4_ECHECKSUM || st == D4_EVERSION)
			k->sums.damages++;
		else
			break;
	}
	d4_spool_reader_close(r);
	return st == D4_OK || st == D4_AGAIN || st == D4_ECHECKSUM ? 0 : 1;
}

static void
look_files(struct look *k, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat sb;
	uint64_t seq;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!d4_spool_name_seq(e->d_name, &seq) ||
		    fstatat(dirfd(d), e->d_name, &sb, 0) != 0)
			continue;
		k->sums.segments++;
		k->sums.bytes += (uint64_t)sb.st_size;
	}
	if (d != NULL)
		(void)closedir(d);
}

static int
look_lane(struct look *k, const char *dir, const char *id)
{
	struct d4_spool_cursor c = {.sent = 0};
	char name[512];
	char *path;

	(void)snprintf(name, sizeof(name), "%s/%s.cursor", k->partner, id);
	path = d4_path(k->conf->cursors, name);
	if (path == NULL || d4_spool_cursor_load(path, &c) != D4_OK)
		c = (struct d4_spool_cursor){.sent = 0};
	free(path);
	k->sent = c.sent;
	k->part = c.sent_part;
	k->lane = release_find(&k->release, id);
	k->sums.lanes++;
	look_files(k, dir);
	return look_entries(k, dir);
}

static void
look_release(struct look *k, const char *top)
{
	char *path = d4_path(top, RELEASE_NAME);
	struct d4_buf text;

	d4_buf_init(&text, RELEASE_MAX);
	if (path == NULL || d4_file_read(path, &text) != D4_OK ||
	    release_parse(d4_buf_slice(&text), &k->release) != D4_OK)
		k->release = (struct release){.n = 0};
	d4_buf_fini(&text);
	free(path);
}

static int
look_lanes(struct look *k)
{
	char *top = d4_path(k->conf->spool, k->partner), *dir;
	DIR *d = top != NULL ? opendir(top) : NULL;
	struct dirent *e;
	int code = top == NULL;

	if (d != NULL)
		look_release(k, top);
	while (d != NULL && (e = readdir(d)) != NULL) {
		dir = d4_spool_name_lane(e->d_name) ? d4_path(top, e->d_name)
		                                    : NULL;
		if (dir != NULL)
			code |= look_lane(k, dir, e->d_name);
		free(dir);
	}
	if (d != NULL)
		(void)closedir(d);
	free(top);
	return code;
}

bool
spool_sums_read(
    const struct relay_conf *c, const char *partner, struct spool_sums *out)
{
	struct look k = {
	    .conf = c, .partner = partner, .now_s = d4_now_us() / 1000000};
	int code = look_lanes(&k);

	*out = k.sums;
	release_fini(&k.release);
	return code == 0;
}
