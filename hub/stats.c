#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/rand.h>
#include "hub/session_conn.h"
#include "hub/stats.h"
#include "libd4/fnv.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/crc32c.h"

#define KEEP_S   "34560000" /* 400 days: then Redis forgets a day */
#define SLOTS    16384u     /* a power of two above STATS_ADDRESSES */
#define SKEW_MAX 3155760000ll

/* ARGV: day, sensor, type, address, frames, bytes, records, sessions, skew,
 * seconds since 1970, days' life. */
static const char script[] =
    "local A,c=ARGV,redis.call local d='d4:stat:'..A[1] "
    "local function add(k,t) "
    "c('HINCRBY',k,'frames:'..t,A[5]) c('HINCRBY',k,'bytes:'..t,A[6]) "
    "c('HINCRBY',k,'records:'..t,A[7]) c('HINCRBY',k,'sessions:'..t,A[8]) "
    "c('EXPIRE',k,A[11]) end "
    "add(d..':'..A[2],A[3]) add(d,A[3]) "
    "local k,m=d..':ip',A[4] if c('ZCARD',k)>=10000 and "
    "not c('ZSCORE',k,m) then m='other' end "
    "c('ZINCRBY',k,A[6],m) c('EXPIRE',k,A[11]) "
    "c('HSET','d4:state:'..A[2],'last',A[10],'skew',A[9],'peer',A[4]) "
    "return 1 ";

/* day: that the slots are of; slot: hashes of addresses, 0: free. */
struct stats {
	struct hub *hub;
	uint64_t day, seed;
	size_t n;
	uint64_t slot[SLOTS];
};

enum d4_status
stats_new(struct hub *h, struct stats **out)
{
	struct stats *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return D4_ENOMEM;
	t->hub = h;
	/* A guess at its hash must not make an address look known. */
	if (RAND_bytes((unsigned char *)&t->seed, sizeof(t->seed)) != 1) {
		free(t);
		return D4_ECRYPTO;
	}
	*out = t;
	return D4_OK;
}

void
stats_free(struct stats *t)
{
	free(t);
}

/* Two checksums from two secret beginnings; never 0. */
static uint64_t
address_hash(const struct stats *t, const char *address)
{
	struct d4_slice s = d4_slice_str(address);
	uint32_t a = d4_crc32c((uint32_t)t->seed, s);
	uint32_t b = d4_fnv32(a ^ (uint32_t)(t->seed >> 32), s);

	return ((uint64_t)a << 32 | b) | 1;
}

const char *
stats_address(struct stats *t, const char *address, uint64_t day)
{
	uint64_t hash = address_hash(t, address);
	size_t at = (size_t)(hash >> 20) % SLOTS;

	if (t->day != day) {
		memset(t->slot, 0, sizeof(t->slot));
		t->n = 0;
		t->day = day;
	}
	while (t->slot[at] != 0 && t->slot[at] != hash)
		at = (at + 1) % SLOTS;
	if (t->slot[at] == hash)
		return address;
	if (t->n == STATS_ADDRESSES)
		return STATS_OTHER;
	t->slot[at] = hash;
	t->n++;
	return address;
}

long long
stats_skew(uint64_t t_hdr_s, uint64_t t_rx_us)
{
	uint64_t rx = t_rx_us / 1000000;

	if (t_hdr_s >= rx)
		return t_hdr_s - rx > SKEW_MAX ? SKEW_MAX
		                               : (long long)(t_hdr_s - rx);
	return rx - t_hdr_s > SKEW_MAX ? -SKEW_MAX : -(long long)(rx - t_hdr_s);
}

/* "8", or "254.ja3-jl". */
static void
type_text(const struct session *s, char *out, size_t n)
{
	bool ext = s->intake.state.type == D4_TYPE_EXTENDED;

	(void)snprintf(out, n, "%u%s%s", s->intake.state.type, ext ? "." : "",
	    ext ? s->origin->ext : "");
}

enum d4_status
stats_tell(struct stats *t, struct session *s)
{
	struct session_stat *was = &s->stat;
	uint64_t now = d4_now_us() / 1000000;
	char num[7][24], type[D4_META_TYPE + 8], uuid[D4_UUID_HEX];
	const struct intake *in = &s->intake;
	struct d4_slice argv[3 + 11] = {
	    d4_slice_str("EVAL"), d4_slice_str(script), d4_slice_str("0")};
	const uint64_t v[] = {now / 86400, in->frames - was->frames,
	    in->bytes - was->bytes, s->records - was->records, !was->begun,
	    now};
	enum d4_status st;

	if (v[1] == 0 && was->begun)
		return D4_OK;
	for (unsigned i = 0; i < 6; i++)
		(void)snprintf(
		    num[i], sizeof(num[i]), "%llu", (unsigned long long)v[i]);
	(void)snprintf(num[6], sizeof(num[6]), "%lld",
	    stats_skew(in->t_hdr_s, s->now.t_rx_us));
	type_text(s, type, sizeof(type));
	d4_uuid_hex(&s->sensor->uuid, uuid);
	argv[3] = d4_slice_str(num[0]);
	argv[4] = d4_slice_str(uuid);
	argv[5] = d4_slice_str(type);
	argv[6] = d4_slice_str(stats_address(t, s->address, v[0]));
	for (size_t i = 0; i < 4; i++)
		argv[7 + i] = d4_slice_str(num[1 + i]);
	argv[11] = d4_slice_str(num[6]);
	argv[12] = d4_slice_str(num[5]);
	argv[13] = d4_slice_str(KEEP_S);
	st = d4_redis_send(t->hub->redis, argv, 14, NULL, NULL);
	if (st == D4_OK)
		*was = (struct session_stat){
		    in->frames, in->bytes, s->records, true};
	return st;
}
