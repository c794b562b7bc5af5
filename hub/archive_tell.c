/* What the archive says in Redis, for d4-hub ctl and the hub's events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/archive.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define TELL_FIELDS 20u

struct tell {
	const char *argv[2 + 2 * TELL_FIELDS];
	char text[TELL_FIELDS][24];
	int n;
	unsigned used;
};

static void
tell_number(struct tell *t, const char *name, uint64_t v)
{
	char *text = t->text[t->used++];

	(void)snprintf(text, 24, "%llu", (unsigned long long)v);
	t->argv[t->n++] = name;
	t->argv[t->n++] = text;
}

static enum d4_status
tell_send(redisContext *c, int n, const char **argv)
{
	redisReply *r = redisCommandArgv(c, n, argv, NULL);

	if (r == NULL)
		return D4_ECLOSED;
	if (r->type == REDIS_REPLY_ERROR)
		d4_warnx("archive %s=\"%s\"", argv[0], r->str);
	freeReplyObject(r);
	return D4_OK;
}

static void
tell_counts(struct tell *t, const struct archive *a)
{
	const struct archive_counts *c = &a->counts;

	tell_number(t, "entries", c->entries);
	tell_number(t, "records", c->records);
	tell_number(t, "bytes", c->bytes);
	tell_number(t, "duplicates", c->duplicates);
	tell_number(t, "malformed", c->malformed);
	tell_number(t, "lost_records", c->lost);
	tell_number(t, "dropped_records", c->dropped);
	tell_number(t, "files", c->files);
	tell_number(t, "file_bytes", c->file_bytes);
	tell_number(t, "parts", parts_count(a->parts));
	tell_number(t, "part_bytes", parts_bytes(a->parts));
	tell_number(t, "open_files", parts_open(a->parts));
	tell_number(t, "kept_files", keep_files(a->keep));
	tell_number(t, "kept_bytes", keep_bytes(a->keep));
	tell_number(t, "removed_bytes", keep_removed(a->keep));
}

enum d4_status
queues_tell(struct archive *a, bool up)
{
	const char *list[] = {"SADD", "d4:archives", a->conf->reader};
	struct tell t = {.n = 2};
	enum d4_status st;
	char key[96];

	(void)snprintf(key, sizeof(key), "d4:archive:%s", a->conf->reader);
	t.argv[0] = "HSET";
	t.argv[1] = key;
	tell_number(&t, "up", up);
	tell_number(&t, "told_seen", d4_now_us() / 1000000);
	tell_number(&t, "began_seen", a->began_s);
	tell_number(&t, "full", a->full);
	tell_counts(&t, a);
	st = tell_send(a->redis, t.n, t.argv);
	return st == D4_OK ? tell_send(a->redis, 3, list) : st;
}

/* ---- the end of a reader ---- */

static enum d4_status
leave_queue(
    redisContext *c, const char *reader, const char *name, unsigned long shards)
{
	enum d4_status st = D4_OK;
	char key[QUEUE_KEY];

	for (unsigned long i = 0; i < shards && st == D4_OK; i++) {
		const char *argv[] = {"XGROUP", "DESTROY", key, reader};

		(void)snprintf(key, sizeof(key), "d4:{%s:%lu}:q", name, i);
		st = tell_send(c, 4, argv);
	}
	return st;
}

enum d4_status
queues_leave(redisContext *redis, const char *reader)
{
	const char *list[] = {"SREM", "d4:archives", reader}, *del[2];
	redisReply *r = redisCommand(redis, "HGETALL d4:queues");
	enum d4_status st = r != NULL ? D4_OK : D4_ECLOSED;
	char key[96];

	for (size_t i = 0;
	     st == D4_OK && r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements;
	     i += 2) {
		unsigned long n =
		    r->element[i + 1]->type == REDIS_REPLY_STRING
			? strtoul(r->element[i + 1]->str, NULL, 10)
			: 0;

		if (n <= QUEUE_SHARDS_MAX &&
		    r->element[i]->type == REDIS_REPLY_STRING &&
		    strlen(r->element[i]->str) < QUEUE_NAME)
			st = leave_queue(redis, reader, r->element[i]->str, n);
	}
	if (r != NULL)
		freeReplyObject(r);
	(void)snprintf(key, sizeof(key), "d4:archive:%s", reader);
	del[0] = "DEL";
	del[1] = key;
	if (st == D4_OK)
		st = tell_send(redis, 3, list);
	return st == D4_OK ? tell_send(redis, 2, del) : st;
}
