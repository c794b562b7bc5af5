#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/reason.h"
#include "relay/lanes_file.h"
#include "relay/lanes_room.h"
#include "relay/marks.h"

void
lane_recall(const struct lanes *ls, struct lane *lane)
{
	enum d4_status st = lanes_file_load(ls->dirs.state, lane);
	uint64_t seq = d4_spool_seq(lane->writer);

	if (st == D4_ENOENT && seq == 0)
		lane->known = true; /* it never held anything */
	if (!lane->known)
		d4_warnx("airlock partner=%s lane=%s withheld "
			 "reason=\"what fed it is not known\"",
		    lane->head.partner, lane->head.id);
	/* Its numbers began anew; there is nothing behind its last one. */
	if (lane->after > seq)
		lane->after = seq;
}

/*
 * What lane it is: says its last segment that can be read, or the file of what
 * fed it. Then post can tell what is damaged of it, and it goes on.
 */
static enum d4_status
lanes_head(const struct lanes *ls, const struct lane_name *of,
    struct d4_buf *meta, struct d4_spool_lane *head)
{
	enum d4_status st;
	char name[128];
	char *path;

	(void)snprintf(name, sizeof(name), "%s/%s", of->partner, of->id);
	path = d4_path(ls->dirs.spool, name);
	if (path == NULL)
		return D4_ENOMEM;
	st = d4_spool_head(path, meta, head);
	free(path);
	if (st == D4_EMALFORMED &&
	    lanes_file_head(ls->dirs.state, of, meta, head) == D4_OK) {
		d4_warnx("airlock partner=%s lane=%s no header can be read",
		    of->partner, of->id);
		st = D4_OK;
	}
	if (st == D4_OK && (strcmp(head->partner, of->partner) != 0 ||
			       strcmp(head->id, of->id) != 0))
		st = D4_EMALFORMED;
	return st;
}

/* Nobody knows what lane it is: what it holds is never sent. */
static void
lanes_unknown(const struct lanes *ls, const struct lane_name *of)
{
	struct d4_spool_mark mark = {.total = 0};
	bool known = marks_find(ls->marks, of->partner, of->id, &mark);

	if (ls->dirs.account == NULL)
		return;
	if (d4_account_write(ls->dirs.account, true, "airlock.unknown",
		json_pack("{s:s, s:s, s:s, s:I, s:b}", "partner", of->partner,
		    "lane", of->id, "reason",
		    d4_reason_name(D4_R_SPOOL_DAMAGED), "records_at_most",
		    (json_int_t)mark.total, "known", known)) != D4_OK)
		d4_warn("account");
}

static enum d4_status
lanes_found(struct lanes *ls, const char *partner, const char *id)
{
	const struct lane_name of = {partner, id};
	struct d4_spool_lane head;
	struct lane *lane = NULL;
	struct d4_buf meta;
	enum d4_status st;

	d4_buf_init(&meta, 1u << 20);
	st = lanes_head(ls, &of, &meta, &head);
	if (st == D4_EMALFORMED)
		lanes_unknown(ls, &of);
	if (st == D4_OK)
		st = lane_new(&head, &lane);
	d4_buf_fini(&meta);
	if (st == D4_OK)
		st = lane_open_writer(ls, lane);
	if (st == D4_OK)
		lane_recall(ls, lane);
	if (st == D4_OK)
		st = lanes_insert(ls, lane);
	if (st != D4_OK)
		lane_free(lane);
	return st;
}

static bool
lanes_name_ok(const char *s, size_t max)
{
	return strlen(s) <= max && s[0] != '.' &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static enum d4_status
lanes_scan_partner(struct lanes *ls, const char *partner)
{
	char *path = d4_path(ls->dirs.spool, partner);
	enum d4_status st = D4_OK;
	struct dirent *e;
	DIR *d;

	if (path == NULL)
		return D4_ENOMEM;
	d = opendir(path);
	free(path);
	if (d == NULL)
		return errno == ENOTDIR ? D4_OK : D4_EIO;
	while (st != D4_ENOMEM && (e = readdir(d)) != NULL) {
		if (strlen(e->d_name) != 16 || !lanes_name_ok(e->d_name, 16))
			continue;
		st = lanes_found(ls, partner, e->d_name);
		if (st != D4_OK && st != D4_ENOENT)
			d4_warnx("airlock partner=%s lane=%s error=\"%s\"",
			    partner, e->d_name, d4_status_text(st));
	}
	(void)closedir(d);
	return st == D4_ENOMEM ? st : D4_OK;
}

enum d4_status
lanes_open(const struct lanes_dirs *dirs, struct lanes **out)
{
	struct lanes *ls = calloc(1, sizeof(*ls));
	enum d4_status st = D4_OK;
	struct dirent *e;
	DIR *d;

	if (ls == NULL)
		return D4_ENOMEM;
	ls->dirs = *dirs;
	ls->limits.total = ls->share = UINT64_MAX / 2;
	ls->marks = marks_read(dirs->state);
	d = opendir(dirs->spool);
	if (d == NULL) {
		lanes_close(ls);
		return D4_EIO;
	}
	while (st == D4_OK && (e = readdir(d)) != NULL) {
		if (lanes_name_ok(e->d_name, 64))
			st = lanes_scan_partner(ls, e->d_name);
	}
	(void)closedir(d);
	if (st != D4_OK) {
		lanes_close(ls);
		return st;
	}
	*out = ls;
	return D4_OK;
}
