#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "libd4/entry.h"
#include "libd4/fnv.h"
#include "libd4/meta.h"
#include "libd4/cutter.h"
#include "libd4/type.h"

#define ENTRY_TEXT_(v) #v
#define ENTRY_TEXT(v)  ENTRY_TEXT_(v)
#define ENTRY_VERSION  ENTRY_TEXT(D4_ENTRY_VERSION)
#define ENTRY_NUMBER   20u /* digits of 2^64 - 1 */
#define ENTRY_STORED   ENTRY_TEXT(D4_ENTRY_STORED)
#define ENTRY_OPENING  24u /* the longest opening: a pcap global header */
#define ENTRY_KNOWN    (D4_ENTRY_FIELDS + 1u) /* ref instead of data */

_Static_assert(D4_ENTRY_MAX == D4_ENTRY_DATA + D4_LINE_MAX + ENTRY_OPENING,
    "what a reader takes");

enum entry_field {
	ENTRY_V,
	ENTRY_SESS,
	ENTRY_SEQ,
	ENTRY_N,
	ENTRY_SENSOR,
	ENTRY_PEER,
	ENTRY_TYPE,
	ENTRY_EXT,
	ENTRY_META,
	ENTRY_T_HDR,
	ENTRY_T_RX,
	ENTRY_DATA,
	ENTRY_REF,
};

#define ENTRY_BIT(f) (1u << (f))
#define ENTRY_ALL    (ENTRY_BIT(D4_ENTRY_FIELDS) - 1)

static const char *const entry_names[ENTRY_KNOWN] = {
    [ENTRY_V] = "v",
    [ENTRY_SESS] = "sess",
    [ENTRY_SEQ] = "seq",
    [ENTRY_N] = "n",
    [ENTRY_SENSOR] = "sensor",
    [ENTRY_PEER] = "peer",
    [ENTRY_TYPE] = "type",
    [ENTRY_EXT] = "ext",
    [ENTRY_META] = "meta",
    [ENTRY_T_HDR] = "t_hdr",
    [ENTRY_T_RX] = "t_rx",
    [ENTRY_DATA] = "data",
    [ENTRY_REF] = "ref",
};

/* A meta header's type is a word (meta.h); it becomes part of keys and paths.
 */
static bool
entry_ext_valid(uint8_t type, struct d4_slice ext)
{
	if (type != D4_TYPE_EXTENDED)
		return ext.n == 0;
	return d4_meta_type_word(ext);
}

static struct d4_slice
entry_print(char *text, size_t n, uint64_t v)
{
	int len = snprintf(text, n, "%llu", (unsigned long long)v);

	assert(len > 0 && (size_t)len < n);
	return d4_slice_of(text, (size_t)len);
}

void
d4_entry_fields(const struct d4_entry *e, struct d4_entry_text *t,
    struct d4_slice out[2 * D4_ENTRY_FIELDS])
{
	bool stored = e->ref.segment != 0;
	struct d4_slice value[D4_ENTRY_FIELDS];

	d4_uuid_text(&e->sess, t->sess);
	d4_uuid_text(&e->sensor, t->sensor);
	value[ENTRY_V] = d4_slice_str(stored ? ENTRY_STORED : ENTRY_VERSION);
	value[ENTRY_SESS] = d4_slice_of(t->sess, D4_UUID_TEXT - 1);
	value[ENTRY_SEQ] = entry_print(t->seq, sizeof(t->seq), e->seq);
	value[ENTRY_N] = entry_print(t->n, sizeof(t->n), e->n);
	value[ENTRY_SENSOR] = d4_slice_of(t->sensor, D4_UUID_TEXT - 1);
	value[ENTRY_PEER] = e->peer;
	value[ENTRY_TYPE] = entry_print(t->type, sizeof(t->type), e->type);
	value[ENTRY_EXT] = e->ext;
	value[ENTRY_META] = e->meta;
	value[ENTRY_T_HDR] =
	    entry_print(t->t_hdr, sizeof(t->t_hdr), e->t_hdr_s);
	value[ENTRY_T_RX] = entry_print(t->t_rx, sizeof(t->t_rx), e->t_rx_us);
	value[ENTRY_DATA] = e->data;
	if (stored)
		value[ENTRY_DATA] =
		    d4_slice_of(t->ref, d4_ref_text(&e->ref, t->ref));
	for (size_t f = 0; f < D4_ENTRY_FIELDS; f++) {
		out[2 * f] = d4_slice_str(entry_names[f]);
		out[2 * f + 1] = value[f];
	}
	if (stored)
		out[2 * (size_t)ENTRY_DATA] =
		    d4_slice_str(entry_names[ENTRY_REF]);
}

/* Decimal, as we write it: digits only, no leading zero, fits 64 bits. */
static bool
entry_number(struct d4_slice s, uint64_t min, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > ENTRY_NUMBER || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t digit = (uint64_t)s.p[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return v >= min;
}

static bool
entry_uuid(struct d4_slice s, struct d4_uuid *out)
{
	char text[D4_UUID_TEXT];

	if (s.n != D4_UUID_TEXT - 1)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return d4_uuid_parse(text, out) == D4_OK;
}

size_t
d4_ref_text(const struct d4_ref *r, char out[D4_REF_TEXT])
{
	int n = snprintf(out, D4_REF_TEXT, "%016llx-%llu-%lu-%lu-%08lx",
	    (unsigned long long)r->store, (unsigned long long)r->segment,
	    (unsigned long)r->offset, (unsigned long)r->length,
	    (unsigned long)r->crc);

	assert(n > 0 && n < (int)D4_REF_TEXT);
	return (size_t)n;
}

/* The number in front of the next '-', or of the end. */
static bool
ref_number(struct d4_slice *s, uint64_t min, uint64_t max, uint64_t *out)
{
	size_t n = 0;

	while (n < s->n && s->p[n] != '-')
		n++;
	if (!entry_number(d4_slice_of(s->p, n), min, out) || *out > max)
		return false;
	(void)d4_slice_skip(s, n < s->n ? n + 1 : n);
	return true;
}

/* Exactly `digits` hex digits, lower case, then '-' or the end. */
static bool
ref_hex(struct d4_slice *s, size_t digits, uint64_t *out)
{
	static const char hex[] = "0123456789abcdef";
	uint64_t v = 0;

	if (s->n < digits || (s->n > digits && s->p[digits] != '-'))
		return false;
	for (size_t i = 0; i < digits; i++) {
		const char *at = memchr(hex, s->p[i], sizeof(hex) - 1);

		if (at == NULL)
			return false;
		v = v << 4 | (uint64_t)(at - hex);
	}
	(void)d4_slice_skip(s, s->n > digits ? digits + 1 : digits);
	*out = v;
	return true;
}

enum d4_status
d4_ref_parse(struct d4_slice text, struct d4_ref *out)
{
	uint64_t store, segment, offset, length, crc;
	char again[D4_REF_TEXT];
	struct d4_slice s = text;
	struct d4_ref r;

	if (!ref_hex(&s, 16, &store) ||
	    !ref_number(&s, 1, UINT64_MAX, &segment) ||
	    !ref_number(&s, 0, UINT32_MAX, &offset) ||
	    !ref_number(&s, 1, D4_ENTRY_MAX, &length) || !ref_hex(&s, 8, &crc))
		return D4_EMALFORMED;
	r = (struct d4_ref){
	    store, segment, (uint32_t)offset, (uint32_t)length, (uint32_t)crc};
	/* No dash too many: only one text for one reference. */
	if (!d4_slice_eq(text, d4_slice_of(again, d4_ref_text(&r, again))))
		return D4_EMALFORMED;
	*out = r;
	return D4_OK;
}

static enum d4_status
entry_check(const struct d4_slice *value, bool stored, struct d4_entry *out)
{
	struct d4_entry e = {
	    .peer = value[ENTRY_PEER],
	    .ext = value[ENTRY_EXT],
	    .meta = value[ENTRY_META],
	};
	uint64_t type, size;

	if (stored && d4_ref_parse(value[ENTRY_REF], &e.ref) != D4_OK)
		return D4_EMALFORMED;
	if (!stored)
		e.data = value[ENTRY_DATA];
	size = stored ? e.ref.length : e.data.n;
	if (size > D4_ENTRY_MAX || e.meta.n > D4_META_MAX ||
	    e.peer.n >= D4_PEER_TEXT)
		return D4_ETOOBIG;
	if (!entry_uuid(value[ENTRY_SESS], &e.sess) ||
	    !entry_uuid(value[ENTRY_SENSOR], &e.sensor) ||
	    !entry_number(value[ENTRY_SEQ], 1, &e.seq) ||
	    !entry_number(value[ENTRY_N], 1, &e.n) ||
	    !entry_number(value[ENTRY_TYPE], 1, &type) ||
	    !entry_number(value[ENTRY_T_HDR], 0, &e.t_hdr_s) ||
	    !entry_number(value[ENTRY_T_RX], 0, &e.t_rx_us))
		return D4_EMALFORMED;
	/* Every record has a byte at least; the last one has a number too. */
	if (type > UINT8_MAX || e.n > size || e.n - 1 > UINT64_MAX - e.seq)
		return D4_EMALFORMED;
	e.type = (uint8_t)type;
	if (!entry_ext_valid(e.type, e.ext))
		return D4_EMALFORMED;
	*out = e;
	return D4_OK;
}

static unsigned
entry_field(struct d4_slice name)
{
	unsigned f = 0;

	while (f < ENTRY_KNOWN && !d4_slice_eqs(name, entry_names[f]))
		f++;
	return f;
}

enum d4_status
d4_entry_parse(
    const struct d4_slice *pairs, size_t n_pairs, struct d4_entry *out)
{
	struct d4_slice value[ENTRY_KNOWN];
	unsigned seen = 0, want = ENTRY_ALL;
	bool stored = false;

	for (size_t i = 0; i < n_pairs; i++) {
		unsigned f = entry_field(pairs[2 * i]);

		if (f == ENTRY_KNOWN)
			continue;
		if ((seen & ENTRY_BIT(f)) != 0)
			return D4_EMALFORMED;
		seen |= ENTRY_BIT(f);
		value[f] = pairs[2 * i + 1];
	}
	/* A later version may lack fields: it says so itself. */
	if ((seen & ENTRY_BIT(ENTRY_V)) != 0) {
		stored = d4_slice_eqs(value[ENTRY_V], ENTRY_STORED);
		if (!stored && !d4_slice_eqs(value[ENTRY_V], ENTRY_VERSION))
			return D4_EVERSION;
	}
	if (stored)
		want =
		    (ENTRY_ALL & ~ENTRY_BIT(ENTRY_DATA)) | ENTRY_BIT(ENTRY_REF);
	else
		seen &= ENTRY_ALL; /* a name that version 1 does not know */
	if (seen != want)
		return D4_EMALFORMED;
	return entry_check(value, stored, out);
}

unsigned
d4_queue_shard(const struct d4_uuid *sensor, unsigned shards)
{
	assert(shards != 0);
	return d4_fnv32(D4_FNV32, d4_slice_of(sensor->b, D4_UUID_LEN)) % shards;
}

enum d4_status
d4_queue_key(
    uint8_t type, struct d4_slice ext, unsigned shard, char *out, size_t n)
{
	char text[D4_META_TYPE + 32];
	int len;

	if (!entry_ext_valid(type, ext))
		return D4_EINVAL;
	len = snprintf(text, sizeof(text), "d4:{%u%s%.*s:%u}:q", type,
	    ext.n != 0 ? "." : "", (int)ext.n, (const char *)ext.p, shard);
	assert(len > 0 && (size_t)len < sizeof(text));
	if ((size_t)len >= n)
		return D4_ETOOBIG;
	memcpy(out, text, (size_t)len + 1);
	return D4_OK;
}
