/* The process of d4-hub archive that reads and writes. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/archive.h"
#include "hub/archive_recover.h"
#include "hub/archive_seen_file.h"
#include "hub/overflow.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/sandbox.h"

#define SECOND_MS   1000u
#define FIND_MS     2000u  /* between two looks for new queues */
#define KEEP_MS     60000u /* between two looks at what is too old */
#define BLOCK_MS    250u
#define SLICE       (4u << 20) /* of a part, packed between two reads */
#define STORED_MAX  D4_OVERFLOW_BUF
#define FINISH_REST 10000u /* ms, when a file could not be finished */

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

/* ---- parts to files ---- */

/* What cannot be read stays, beside, for people. */
static enum d4_status
run_damaged(struct archive *a, struct part *part, uint64_t bytes)
{
	char path[4096], bad[4096 + 8];
	enum d4_status st;

	parts_path(a->parts, part, path, sizeof(path));
	(void)snprintf(
	    bad, sizeof(bad), "%.*s.bad", (int)(strlen(path) - 5), path);
	d4_warnx("alarm archive part=%llu damaged bytes=%llu",
	    (unsigned long long)part->number, (unsigned long long)bytes);
	st = d4_account_write(a->account, true, "archive.damaged",
	    json_pack("{s:I,s:I,s:I}", "part", (json_int_t)part->number,
		"records", (json_int_t)part->records, "bytes",
		(json_int_t)bytes));
	if (st == D4_OK && rename(path, bad) != 0)
		st = D4_EIO;
	return st;
}

static enum d4_status
run_finished(struct archive *a, struct part *part, enum d4_status st,
    const struct archive_file *f)
{
	if (st == D4_OK) {
		a->counts.files++;
		a->counts.file_bytes += f->bytes;
		d4_debug("archive file=%s/%s records=%llu bytes=%llu",
		    f->name.dir, f->name.file, (unsigned long long)f->records,
		    (unsigned long long)f->bytes);
		st = keep_add(a->keep, f);
		if (st == D4_OK && f->damaged != 0)
			st = run_damaged(a, part, f->damaged);
	} else if (st == D4_ECHECKSUM) {
		st = run_damaged(a, part, part->file);
	} else if (st == D4_END) {
		st = D4_OK;
	}
	return st == D4_OK ? parts_done(a->parts, part) : st;
}

/* Errors: D4_ENOSPC, D4_EIO: it is tried again, the others first. */
static enum d4_status
run_finish(struct archive *a)
{
	struct part *part = parts_first(a->parts);
	struct archive_file file;
	enum d4_status st;

	/* A part is how the next process knows what is archived already. */
	if (part == NULL || a->finish_ms > d4_mono_ms() || !queues_met(a))
		return D4_OK;
	a->finish_ms = 0;
	st = finish_step(a->finish, part, SLICE, &file);
	if (st == D4_AGAIN)
		return D4_OK;
	st = run_finished(a, part, st, &file);
	if (st == D4_ENOSPC || st == D4_EIO) {
		d4_warn("alarm archive part=%llu not finished",
		    (unsigned long long)part->number);
		a->full = a->full || st == D4_ENOSPC;
		a->finish_ms = d4_mono_ms() + FINISH_REST;
		parts_later(a->parts, part);
		return D4_OK;
	}
	return st;
}

/* ---- what is done once in a while ---- */

static bool
is_due(uint64_t now, uint64_t *last, uint64_t every)
{
	if (*last != 0 && now - *last < every)
		return false;
	*last = now;
	return true;
}

static enum d4_status
run_keep(struct archive *a)
{
	enum d4_status st = keep_step(a->keep, d4_now_us() / 1000000);

	if (st == D4_AGAIN)
		a->kept_ms = 0;
	else if (st != D4_OK)
		d4_warn("archive retention why=\"%s\"", d4_status_text(st));
	return st == D4_ENOMEM ? st : D4_OK;
}

/*
 * What is archived, for the next process: parts say it only as long as they
 * are no files. Nothing may be under way that is not durable.
 */
static void
run_remember(struct archive *a)
{
	char *path;

	if (a->remembered == a->counts.entries)
		return;
	path = d4_path(parts_dir(a->parts), SEEN_FILE);
	if (path != NULL && seen_save(a->seen, path) == D4_OK)
		a->remembered = a->counts.entries;
	else
		d4_warn("archive file=" SEEN_FILE " not written");
	free(path);
}

static enum d4_status
run_timers(struct archive *a)
{
	uint64_t now = d4_mono_ms();
	enum d4_status st = D4_OK;

	if (a->retry_ms != 0 && now >= a->retry_ms)
		a->retry_ms = 0;
	if (is_due(now, &a->found_ms, FIND_MS))
		st = queues_find(a);
	if (st == D4_OK && is_due(now, &a->second_ms, SECOND_MS)) {
		parts_due(a->parts, d4_now_us(), now);
		st = queues_tell(a, true);
	}
	if (st == D4_OK && is_due(now, &a->kept_ms, KEEP_MS)) {
		run_remember(a);
		st = run_keep(a);
	}
	return st;
}

/* ---- the loop ---- */

static enum d4_status
run_read(struct archive *a, bool *any)
{
	bool busy =
	    a->drain || (parts_first(a->parts) != NULL && queues_met(a));
	uint64_t dropped = a->counts.dropped;
	enum d4_status st;

	if (a->retry_ms != 0) {
		(void)poll(NULL, 0, BLOCK_MS);
		return D4_OK;
	}
	st = queues_read(a, busy && a->finish_ms == 0 ? 0 : BLOCK_MS, any);
	if (st == D4_OK && *any && a->retry_ms == 0 &&
	    dropped == a->counts.dropped)
		a->full = false;
	return st;
}

static bool
run_pending(const struct archive *a)
{
	for (size_t i = 0; i < a->n_queues; i++) {
		if (a->queue[i]->pending)
			return true;
	}
	return false;
}

static enum d4_status
run_loop(struct archive *a)
{
	enum d4_status st = D4_OK;

	while (st == D4_OK && !stopping) {
		bool any = false, live;

		st = run_timers(a);
		live = !run_pending(a);
		if (st == D4_OK)
			st = run_read(a, &any);
		if (st == D4_OK)
			st = run_finish(a);
		if (a->drain && live && !any && !run_pending(a))
			break;
	}
	return st;
}

/* All files of what is there, unless the disk does not take them. */
static enum d4_status
run_end(struct archive *a)
{
	enum d4_status st = D4_OK;

	parts_end(a->parts);
	a->finish_ms = 0;
	while (st == D4_OK && parts_first(a->parts) != NULL &&
	       a->finish_ms == 0 && queues_met(a))
		st = run_finish(a);
	if (parts_count(a->parts) != 0)
		d4_warnx("archive parts=%zu are left for the next start",
		    parts_count(a->parts));
	if (st == D4_OK)
		st = keep_step(a->keep, d4_now_us() / 1000000);
	return st == D4_OK || st == D4_AGAIN ? queues_tell(a, false) : st;
}

/* ---- start ---- */

static void
run_open(struct archive *a)
{
	char *account = d4_path(a->opt->state, "account");

	a->overflow = d4_path(a->opt->state, OVERFLOW_DIR);
	d4_buf_init(&a->stored, STORED_MAX);
	if (account == NULL || a->overflow == NULL ||
	    d4_account_open(account, "d4-hub-archive", &a->account) != D4_OK)
		d4_fatal("account %s", a->opt->state);
	free(account);
	if (seen_new(&a->seen) != D4_OK ||
	    keep_new(a->conf, a->account, &a->keep) != D4_OK)
		d4_fatalx("out of memory");
}

static void
run_sandbox(const struct archive *a, pid_t parent)
{
	const char *const read[] = {a->overflow, NULL};
	const char *const write[] = {a->conf->dir, NULL};
	const struct d4_sandbox box = {.read = read,
	    .write = write,
	    .best_effort = strcmp(a->opt->sandbox, "best-effort") == 0};
	const char *why = "";

	(void)umask(0027);
	if (d4_user_drop(
		a->conf->user != NULL ? a->conf->user : a->opt->user) != D4_OK)
		d4_fatal("user");
	if (d4_die_with(parent) != D4_OK)
		d4_fatalx("the parent is gone");
	if (d4_sandbox_enter(&box, &why) != D4_OK)
		d4_fatalx("sandbox: %s; remedy: a newer kernel, or "
			  "sandbox: best-effort",
		    why);
}

static void
run_recover(struct archive *a)
{
	enum d4_status st = parts_new(a->conf, &a->parts);

	if (st == D4_EEXIST)
		d4_fatalx(
		    "dir=%s is used by another d4-hub archive", a->conf->dir);
	if (st == D4_OK)
		st = finish_new(a->conf, a->parts, &a->finish);
	if (st == D4_OK)
		st = archive_recover(a->parts, a->seen, a->account);
	if (st == D4_OK)
		st = keep_scan(a->keep);
	if (st != D4_OK)
		d4_fatal("dir=%s", a->conf->dir);
}

static void
run_close(struct archive *a)
{
	finish_free(a->finish);
	parts_free(a->parts);
	keep_free(a->keep);
	seen_free(a->seen);
	queues_free(a);
	for (size_t i = 0; i < ARCHIVE_CUTTERS; i++)
		d4_cutter_free(a->cutter[i]);
	d4_buf_fini(&a->stored);
	free(a->overflow);
	d4_account_close(a->account);
	redisFree(a->redis);
}

void
archive_run(const struct archive_setup *setup, int fd)
{
	static struct archive a;
	const struct sigaction stop = {
	    .sa_handler = on_stop, .sa_flags = SA_RESTART};
	enum d4_status st, end;

	(void)sigaction(SIGTERM, &stop, NULL);
	a = (struct archive){.opt = setup->opt,
	    .conf = setup->conf,
	    .drain = setup->drain,
	    .count = 16,
	    .began_s = d4_now_us() / 1000000};
	a.redis = redisConnectFd(fd);
	if (a.redis == NULL)
		d4_fatalx("out of memory");
	run_open(&a);
	run_sandbox(&a, setup->parent);
	run_recover(&a);
	d4_info("archive ready dir=%s reader=%s", a.conf->dir, a.conf->reader);
	st = run_loop(&a);
	if (st == D4_OK)
		st = run_end(&a);
	end = st;
	/* Also when Redis is lost in the midst: what came is durable then. */
	if (parts_commit(a.parts) == D4_OK)
		run_remember(&a);
	if (st != D4_OK && st != D4_ECLOSED)
		d4_warn("archive ends why=\"%s\"", d4_status_text(st));
	run_close(&a);
	exit(end == D4_OK ? 0 : end == D4_ECLOSED ? ARCHIVE_LOST : 1);
}
