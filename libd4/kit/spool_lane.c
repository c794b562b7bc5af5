#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "libd4/kit/crc32c.h"
#include "libd4/kit/json.h"
#include "libd4/kit/spool_format.h"
#include "libd4/wire.h"

/* The text members of a header's JSON: name and place in the struct. */
struct lane_text {
	const char *name;
	size_t offset;
	size_t size;
};

#define LANE_TEXT(member)                                          \
	{                                                          \
#member, offsetof(struct d4_spool_lane, member),   \
		    sizeof(((struct d4_spool_lane *)NULL)->member) \
	}

static const struct lane_text lane_texts[] = {
    LANE_TEXT(id),
    LANE_TEXT(partner),
    LANE_TEXT(source),
    LANE_TEXT(rule),
    LANE_TEXT(label),
    LANE_TEXT(pap),
    LANE_TEXT(cls),
    LANE_TEXT(policy),
    LANE_TEXT(pipeline),
    LANE_TEXT(engine),
    LANE_TEXT(epoch),
    LANE_TEXT(ext),
};

#define LANE_TEXTS (sizeof(lane_texts) / sizeof(lane_texts[0]))

static const uint8_t lane_magic[8] = {'D', '4', 'S', 'P', 'O', 'O', 'L', '1'};

void
spool_name(uint64_t first_seq, char out[SPOOL_NAME_LEN])
{
	(void)snprintf(
	    out, SPOOL_NAME_LEN, "%020llu.seg", (unsigned long long)first_seq);
}

bool
d4_spool_name_lane(const char *name)
{
	return strlen(name) == 16 && strspn(name, "0123456789abcdef") == 16;
}

bool
d4_spool_name_seq(const char *name, uint64_t *seq)
{
	char *end;

	if (strlen(name) != SPOOL_NAME_LEN - 1 ||
	    strspn(name, "0123456789") != 20 || strcmp(name + 20, ".seg") != 0)
		return false;
	*seq = strtoull(name, &end, 10);
	return *seq > 0;
}

static json_t *
lane_json(const struct d4_spool_lane *lane, const char *salt)
{
	const char *base = (const char *)lane;
	char uuid[D4_UUID_TEXT];
	int bad = 0;
	json_t *o;

	d4_uuid_text(&lane->wire_uuid, uuid);
	o = json_object();
	for (size_t i = 0; i < LANE_TEXTS; i++)
		bad |= json_object_set_new(o, lane_texts[i].name,
		    json_string(base + lane_texts[i].offset));
	bad |= json_object_set_new(o, "salt", json_string(salt));
	bad |= json_object_set_new(o, "wire_uuid", json_string(uuid));
	bad |= json_object_set_new(o, "type", json_integer(lane->type));
	bad |= json_object_set_new(o, "variant", json_integer(lane->variant));
	bad |= json_object_set_new(
	    o, "base", json_integer((json_int_t)lane->base));
	bad |= json_object_set_new(o, "meta",
	    json_stringn(lane->meta.n > 0 ? (const char *)lane->meta.p : "",
		lane->meta.n));
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

/* The CRC covers version, flags, length and the JSON itself. */
static uint32_t
lane_crc(const uint8_t *head, struct d4_slice json)
{
	return d4_crc32c(d4_crc32c(0, d4_slice_of(head + 8, 8)), json);
}

enum d4_status
spool_lane_encode(
    const struct d4_spool_lane *lane, const char *salt, struct d4_buf *out)
{
	json_t *o = lane_json(lane, salt);
	enum d4_status st = D4_ENOMEM;
	uint8_t head[SPOOL_HEAD];
	struct d4_slice json;
	char *text;

	if (o == NULL)
		return D4_EINVAL;
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(o);
	if (text == NULL)
		return D4_ENOMEM;
	json = d4_slice_str(text);
	if (json.n > SPOOL_JSON_MAX) {
		free(text);
		return D4_ETOOBIG;
	}
	memcpy(head, lane_magic, sizeof(lane_magic));
	d4_put_le32(head + 8, D4_SPOOL_VERSION); /* version u16, flags u16 */
	d4_put_le32(head + 12, (uint32_t)json.n);
	d4_put_le32(head + 16, lane_crc(head, json));
	st = d4_buf_add(out, head, sizeof(head));
	if (st == D4_OK)
		st = d4_buf_add(out, json.p, json.n);
	free(text);
	return st;
}

uint32_t
spool_seed(struct d4_slice file)
{
	return file.n < SPOOL_HEAD ? 0 : d4_get_le32(file.p + 16);
}

/* Fills the text members; false: one is missing or too long. */
static bool
lane_fill_texts(const json_t *o, struct d4_spool_lane *lane)
{
	for (size_t i = 0; i < LANE_TEXTS; i++) {
		const struct lane_text *t = &lane_texts[i];
		const json_t *v = json_object_get(o, t->name);
		size_t n;

		if (!json_is_string(v))
			return false;
		n = json_string_length(v);
		if (n >= t->size)
			return false;
		memcpy((char *)lane + t->offset, json_string_value(v), n + 1);
	}
	return true;
}

/* Fills *lane; its meta goes to the meta buffer. */
static enum d4_status
lane_fill(const json_t *o, struct d4_buf *meta, struct d4_spool_lane *lane)
{
	const json_t *uuid = json_object_get(o, "wire_uuid");
	const json_t *m = json_object_get(o, "meta");
	uint64_t type, variant, base;

	if (!json_is_string(uuid) || !json_is_string(m) ||
	    d4_uuid_parse(json_string_value(uuid), &lane->wire_uuid) != D4_OK ||
	    !d4_json_number(o, "type", UINT8_MAX, &type) ||
	    !d4_json_number(o, "variant", UINT32_MAX, &variant) ||
	    !d4_json_number(o, "base", INT64_MAX, &base) ||
	    !lane_fill_texts(o, lane))
		return D4_EMALFORMED;
	lane->type = (uint8_t)type;
	lane->variant = (uint32_t)variant;
	lane->base = base;
	meta->n = 0;
	if (d4_buf_add(meta, json_string_value(m), json_string_length(m)) !=
	    D4_OK)
		return D4_ENOMEM;
	lane->meta = d4_buf_slice(meta);
	return D4_OK;
}

enum d4_status
spool_lane_decode(struct d4_slice file, struct d4_buf *meta,
    struct d4_spool_lane *out, size_t *used)
{
	struct d4_spool_lane lane = {.type = 0};
	struct d4_slice json;
	enum d4_status st;
	json_t *o;

	if (file.n < SPOOL_HEAD)
		return D4_AGAIN;
	if (memcmp(file.p, lane_magic, sizeof(lane_magic)) != 0)
		return D4_EMALFORMED;
	if (d4_get_le32(file.p + 8) != D4_SPOOL_VERSION)
		return D4_EVERSION;
	json.n = d4_get_le32(file.p + 12);
	json.p = file.p + SPOOL_HEAD;
	if (json.n > SPOOL_JSON_MAX)
		return D4_EMALFORMED;
	if (file.n - SPOOL_HEAD < json.n)
		return D4_AGAIN;
	if (lane_crc(file.p, json) != d4_get_le32(file.p + 16))
		return D4_ECHECKSUM;
	o = json_loadb((const char *)json.p, json.n, JSON_ALLOW_NUL, NULL);
	if (o == NULL)
		return D4_EMALFORMED;
	st = lane_fill(o, meta, &lane);
	json_decref(o);
	if (st != D4_OK)
		return st;
	*out = lane;
	*used = SPOOL_HEAD + json.n;
	return D4_OK;
}
