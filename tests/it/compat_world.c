#include <fcntl.h>
#include <unistd.h>
#include "compat_world.h"
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"
#include "tmpdir.h"

static const struct d4_uuid sensor = {{0xa1, 2}};

static redisContext *
box_dial(struct box *b, const char *user)
{
	char url[512];
	int fd;

	assert_int_equal(d4_embedded_url(&b->e, user, url, sizeof(url)), D4_OK);
	assert_int_equal(d4_redis_dial(url, &fd), D4_OK);
	return redisConnectFd(fd);
}

/* As a process begins: nothing but what Redis and the disk hold. */
void
box_begin(struct box *b)
{
	struct compat *c = &b->c;

	c->opt = &b->opt;
	c->redis = box_dial(b, "compat");
	c->data = b->dir;
	c->overflow = b->dir;
	c->data_fd = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(c->data_fd >= 0);
	assert_int_equal(d4_account_open(b->dir, "t", &c->account), D4_OK);
	d4_buf_init(&c->stored, D4_OVERFLOW_BUF);
	d4_buf_init(&c->items, 1 << 20);
	compat_scripts_load(c);
	compat_capture_load(c);
}

void
box_end(struct box *b)
{
	struct compat *c = &b->c;

	for (size_t i = 0; i < c->n_captures; i++) {
		if (c->capture[i].fd >= 0)
			(void)close(c->capture[i].fd);
	}
	redisFree(c->redis);
	(void)close(c->data_fd);
	d4_account_close(c->account);
	d4_buf_fini(&c->stored);
	d4_buf_fini(&c->items);
	compat_unread_clear(c);
	free(c->queue);
	free(c->call);
	free(c->capture);
	free(c->grown);
	free(c->gone);
	free(c->keep);
	*c = (struct compat){.data_fd = -1};
}

int
box_setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	d4_log_open("test", D4_LOG_ERROR, false);
	tmpdir_make(b->dir, sizeof(b->dir));
	b->e = (struct d4_embedded){.dir = b->dir,
	    .appendfsync = "no",
	    .maxmemory = 64 << 20,
	    .pidfd = -1};
	b->opt = (struct hub_options){.compat_size = 1000,
	    .compat_rotate_us = 3600000000,
	    .compat_streams = 1 << 20};
	if (d4_embedded_start(&b->e) != D4_OK)
		return -1;
	b->r = box_dial(b, "admin");
	box_begin(b);
	*state = b;
	return 0;
}

int
box_teardown(void **state)
{
	struct box *b = *state;

	box_end(b);
	redisFree(b->r);
	d4_embedded_stop(&b->e);
	tmpdir_remove(b->dir);
	free(b);
	return 0;
}

/* ---- d4-core's side ---- */

void
core_say(struct box *b, const char *text)
{
	redisReply *r = redisCommand(b->r, text);

	assert_non_null(r);
	if (r->type == REDIS_REPLY_ERROR)
		fail_msg("%s: %s", text, r->str);
	freeReplyObject(r);
}

long long
core_number(struct box *b, const char *text)
{
	redisReply *r = redisCommand(b->r, text);
	long long n;

	assert_non_null(r);
	assert_int_equal(r->type, REDIS_REPLY_INTEGER);
	n = r->integer;
	freeReplyObject(r);
	return n;
}

/* The items of a list as an analyzer gets them, with commas. */
void
core_items(struct box *b, const char *key, char out[512])
{
	redisReply *r;
	size_t at = 0;

	core_say(b, "SELECT 2");
	r = redisCommand(b->r, "LRANGE %s 0 -1", key);
	assert_non_null(r);
	out[0] = '\0';
	for (size_t i = r->elements; i-- > 0;)
		at += (size_t)snprintf(out + at, 512 - at, "%s%s",
		    at != 0 ? "," : "", r->element[i]->str);
	freeReplyObject(r);
	core_say(b, "SELECT 0");
}

/* Messages of a session stream, with a bar behind each. */
void
core_messages(struct box *b, const char *key, char out[512])
{
	redisReply *r = redisCommand(b->r, "XRANGE %s - +", key);
	size_t at = 0;

	assert_non_null(r);
	out[0] = '\0';
	for (size_t i = 0; i < r->elements; i++) {
		const redisReply *f = r->element[i]->element[1];

		assert_string_equal(f->element[0]->str, "message");
		at += (size_t)snprintf(
		    out + at, 512 - at, "%s|", f->element[1]->str);
	}
	freeReplyObject(r);
}

/* ---- the hub's side ---- */

/* An entry as the shelf puts it; seq: of its first record. */
void
hub_puts(struct box *b, uint8_t type, const char *ext, uint64_t seq,
    const char *data)
{
	const struct d4_entry e = {.sess = {{7}},
	    .seq = seq,
	    .n = 1,
	    .sensor = sensor,
	    .peer = d4_slice_str("192.0.2.1:9"),
	    .type = type,
	    .ext = d4_slice_str(ext),
	    .meta = d4_slice_str(ext[0] != '\0' ? "{\"type\":\"x\"}" : ""),
	    .t_hdr_s = 5,
	    .t_rx_us = 1709251100000000,
	    .data = d4_slice_str(data)};
	struct d4_slice f[2 * D4_ENTRY_FIELDS];
	const char *argv[3 + 2 * D4_ENTRY_FIELDS] = {"XADD", NULL, "*"};
	size_t len[3 + 2 * D4_ENTRY_FIELDS] = {4, 0, 1};
	struct d4_entry_text text;
	char key[QUEUE_KEY];
	redisReply *r;

	assert_int_equal(
	    d4_queue_key(type, d4_slice_str(ext), 0, key, sizeof(key)), D4_OK);
	argv[1] = key;
	len[1] = strlen(key);
	d4_entry_fields(&e, &text, f);
	for (size_t i = 0; i < COUNT(f); i++) {
		argv[3 + i] = f[i].n != 0 ? (const char *)f[i].p : "";
		len[3 + i] = f[i].n;
	}
	r = redisCommandArgv(b->r, (int)COUNT(argv), argv, len);
	assert_non_null(r);
	assert_int_equal(r->type, REDIS_REPLY_STRING);
	freeReplyObject(r);
}

/* How often an event stands in the account. */
unsigned
noted(const struct box *b, const char *event)
{
	char path[128], line[4096], want[80];
	unsigned n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/t.jsonl", b->dir);
	(void)snprintf(want, sizeof(want), "\"%s\"", event);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, want) != NULL;
	(void)fclose(f);
	return n;
}
