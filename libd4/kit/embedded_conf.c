#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "libd4/kit/embedded_conf.h"
#include "libd4/kit/file.h"

#define SECRET_BYTES 32u
#define CONF_MAX     16384u

/* The least that each user needs (Decision 11). `default` is off. */
struct embedded_user {
	const char *name;
	const char *rights;
};

/* The keys of wire.md section 4 that the hub keeps, and its queues. */
#define HUB_KEYS                                                     \
	"~d4:* ~registered_uuid ~blacklist_* ~server:* ~metadata_* " \
	"~all_types_by_uuid:* ~all_extended_types_by_uuid:* "        \
	"~active_connection* ~list_uuid_ip:* ~daily_* ~stat_* "      \
	"~sensor_pending_registration ~stream_max_size_by_uuid "     \
	"~temp_blacklist_uuid:* ~map:* ~active_uuid_type* "          \
	"~analyzer* ~all:analyzer:* ~all_analyzer_queues ~sensor:queues:* "

static const struct embedded_user users[] = {
    {"hub", HUB_KEYS
	"+ping +info +multi +exec +eval +evalsha +script|load "
	"+xadd +xtrim +xdel +xlen +xrange +xinfo +xpending "
	"+memory|usage +scan +get +set +del +exists +expire "
	"+sadd +srem +sismember +smismember +smembers +scard "
	"+hset +hsetnx +hget +hmget +hgetall +hdel +hkeys +hvals "
	"+hincrby +hlen +select +llen +lpush +lrange +ltrim +lrem +zincrby "
	"+rpush +zadd +zrem +zrangebyscore +time "
	"+zrevrange +zcard +zscore +xrevrange +xgroup|create +xgroup|destroy"},
    {"wash", "~d4:* +ping +info +multi +exec +eval +evalsha +script|load "
	     "+xread +xreadgroup +xack +xgroup +xautoclaim +xclaim +xpending "
	     "+xinfo +xrange +xrevrange +xlen +memory|usage +scan "
	     "+get +set +del +exists +expire +pexpire +ttl +pttl +incr "
	     "+sadd +srem +sismember +smembers "
	     "+hset +hsetnx +hget +hmget +hgetall +hdel +hincrby"},
    {"archive", "~d4:* +ping +xreadgroup +xack +xgroup|create "
		"+xgroup|destroy +hgetall +hset +sadd +srem +del"},
    {"compat",
	"~d4:* ~stream:* ~session_uuid:* ~ended_session "
	"~Error:IncorrectType ~stream_max_size_by_uuid "
	"~map:active_connection-uuid-session_uuid:* ~analyzer* "
	"~sensor:queues:* +ping +select +evalsha +script|load "
	"+xreadgroup +xack +xgroup|create +xpending +xadd +xlen "
	"+xrange +llen +lrange +lrem +scard +memory|usage "
	"+get +set +del +smembers +sismember +sadd +srem +hget +hgetall +hset "
	"+hdel +hexists +hsetnx +lpush +ltrim +zadd +zrem +zrangebyscore"},
    {"admin", "~* &* +@all"},
};

#define N_USERS (sizeof(users) / sizeof(users[0]))

/* Paths go into quotes in redis.conf and into a url. */
static bool
path_ok(const char *path)
{
	for (const char *p = path; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || strchr("\"'\\?&", *p) != NULL)
			return false;
	}
	return true;
}

static enum d4_status
secret_make(const char *path)
{
	uint8_t raw[SECRET_BYTES];
	char hex[2 * SECRET_BYTES + 1];
	enum d4_status st = D4_ECRYPTO;

	if (RAND_bytes(raw, sizeof(raw)) == 1) {
		d4_slice_hex(d4_slice_of(raw, sizeof(raw)), hex);
		hex[(size_t)2 * SECRET_BYTES] = '\n';
		st = d4_file_replace(
		    path, d4_slice_of(hex, 2 * SECRET_BYTES + 1), 0600);
	}
	OPENSSL_cleanse(raw, sizeof(raw));
	OPENSSL_cleanse(hex, sizeof(hex));
	return st;
}

/* The SHA-256 of a user's secret in hex; the secret is made when absent. */
static enum d4_status
secret_digest(const char *path, char hex[65])
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	struct d4_buf secret;
	enum d4_status st;

	d4_buf_init(&secret, 256);
	st = d4_secret_read(path, &secret);
	if (st == D4_ENOENT) {
		st = secret_make(path);
		if (st == D4_OK)
			st = d4_secret_read(path, &secret);
	}
	if (st == D4_OK && (secret.n == 0 || EVP_Digest(secret.p, secret.n, md,
						 &n, EVP_sha256(), NULL) != 1))
		st = D4_ECRYPTO;
	d4_buf_wipe(&secret);
	if (st == D4_OK)
		d4_slice_hex(d4_slice_of(md, 32), hex);
	return st;
}

/* Of the secret of one user. */
static enum d4_status
user_digest(const struct d4_embedded *e, const char *name, char hex[65])
{
	char file[32];
	enum d4_status st;
	char *path;

	(void)snprintf(file, sizeof(file), "redis-%s", name);
	path = d4_path(e->keys != NULL ? e->keys : e->dir, file);
	if (path == NULL)
		return D4_ENOMEM;
	st = secret_digest(path, hex);
	free(path);
	return st;
}

static enum d4_status
add_user(const struct d4_embedded *e, const struct embedded_user *u,
    struct d4_buf *out)
{
	enum d4_status st;
	char hex[65];

	st = user_digest(e, u->name, hex);
	if (st != D4_OK)
		return st;
	return d4_buf_addf(out, "user %s on resetchannels -@all %s #%s\n",
	    u->name, u->rights, hex);
}

/* Gives what we made to the account that the server runs under. */
static enum d4_status
give(const struct d4_embedded *e, const char *path)
{
	const struct passwd *pw;

	if (e->user == NULL || geteuid() != 0)
		return D4_OK;
	pw = getpwnam(e->user);
	if (pw == NULL)
		return D4_ENOENT;
	return chown(path, pw->pw_uid, pw->pw_gid) < 0 ? D4_EIO : D4_OK;
}

static enum d4_status
put_file(const struct d4_embedded *e, const char *name, struct d4_buf *text)
{
	char *path = d4_path(e->dir, name);
	enum d4_status st;

	if (path == NULL)
		return D4_ENOMEM;
	st = d4_file_replace(path, d4_buf_slice(text), 0600);
	if (st == D4_OK)
		st = give(e, path);
	free(path);
	return st;
}

/*
 * Nobody can log in as `default`. It keeps every right all the same: Redis
 * 7.0 replays transactions of its append-only file as this user, checks its
 * rights at EXEC, and silently leaves out what it may not do.
 */
static const char default_user[] = "user default off resetpass ~* &* +@all\n";

static enum d4_status
write_users(const struct d4_embedded *e)
{
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, CONF_MAX);
	st = d4_buf_adds(&text, default_user);
	for (size_t i = 0; i < N_USERS && st == D4_OK; i++)
		st = add_user(e, &users[i], &text);
	if (st == D4_OK)
		st = put_file(e, "users.acl", &text);
	d4_buf_fini(&text);
	return st;
}

/*
 * Rewriting the append-only file costs a fork and the whole data set: with
 * a queue that is trimmed all the time only a large file is worth it.
 */
static const char conf_format[] =
    "# written by the hub at each start: changes are lost\n"
    "port 0\n"
    "unixsocket \"%s/redis.sock\"\n"
    "unixsocketperm 770\n"
    "protected-mode yes\n"
    "daemonize no\n"
    "dir \"%s\"\n"
    "logfile \"%s/redis.log\"\n"
    "aclfile \"%s/users.acl\"\n"
    "appendonly yes\n"
    "appenddirname aof\n"
    "appendfsync %s\n"
    "no-appendfsync-on-rewrite no\n"
    "auto-aof-rewrite-percentage 100\n"
    "auto-aof-rewrite-min-size 1gb\n"
    "aof-load-truncated yes\n"
    "save \"\"\n"
    "maxmemory %llu\n"
    "maxmemory-policy noeviction\n"
    "always-show-logo no\n"
    "crash-memcheck-enabled no\n";

static enum d4_status
write_conf(const struct d4_embedded *e)
{
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, CONF_MAX);
	st = d4_buf_addf(&text, conf_format, e->dir, e->dir, e->dir, e->dir,
	    e->appendfsync, (unsigned long long)e->maxmemory);
	if (st == D4_OK)
		st = put_file(e, "redis.conf", &text);
	d4_buf_fini(&text);
	return st;
}

enum d4_status
embedded_write(const struct d4_embedded *e)
{
	enum d4_status st;

	if (!path_ok(e->dir) || (e->keys != NULL && !path_ok(e->keys)))
		return D4_EINVAL;
	st = give(e, e->dir);
	if (st == D4_OK)
		st = write_users(e);
	if (st == D4_OK)
		st = write_conf(e);
	return st;
}

enum d4_status
embedded_rights(const struct d4_embedded *e, unsigned user, struct d4_buf *text,
    struct d4_slice argv[EMBEDDED_WORDS], size_t *n)
{
	struct d4_slice rest, word;
	enum d4_status st;
	char hex[65];

	if (user >= N_USERS)
		return D4_END;
	st = user_digest(e, users[user].name, hex);
	if (st != D4_OK)
		return st;
	st = d4_buf_addf(text,
	    "ACL SETUSER %s on resetkeys resetchannels -@all %s #%s",
	    users[user].name, users[user].rights, hex);
	if (st != D4_OK)
		return st;
	rest = d4_buf_slice(text);
	for (*n = 0; rest.n != 0 && *n < EMBEDDED_WORDS;) {
		const uint8_t *space = memchr(rest.p, ' ', rest.n);

		word = d4_slice_skip(
		    &rest, space != NULL ? (size_t)(space - rest.p) : rest.n);
		if (rest.n != 0)
			(void)d4_slice_skip(&rest, 1);
		if (word.n != 0)
			argv[(*n)++] = word;
	}
	return rest.n == 0 ? D4_OK : D4_ETOOBIG;
}
