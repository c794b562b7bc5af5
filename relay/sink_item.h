/*
 * A published file of a data set: its name, and what a manifest says of it.
 * Pure. Names and manifest hold nothing internal: the wire UUID, the type and
 * the time, by the sanitized side.
 */
#ifndef RELAY_SINK_ITEM_H
#define RELAY_SINK_ITEM_H

#include <jansson.h>
#include "libd4/kit/spool.h"
#include "relay/sink_conf.h"

#define SINK_NAME 176u /* of a file, with NUL */

/*
 * struct sink_item
 * Shape:  cls and policy as in the segment's header. span: the time in which
 *         its entries were received, widened to whole periods.
 * Units:  bytes: of the file as it is there; from_s, to_s: seconds since 1970.
 */
struct sink_item {
	char name[SINK_NAME];
	char type[64];
	char uuid[D4_UUID_TEXT];
	char cls[4];
	char policy[65];
	char sha256[D4_PACK_SUM];
	uint64_t bytes, records, from_s, to_s;
};

/*
 * sink_item_init -- of a lane, in the period that begins at period_s.
 * Shape:  TYPE-UUID-YYYYMMDDTHHMMSSZ-NUMBER.EXT; number: records of the lane
 *         in front of it, so no name comes twice. type: "pcap", "ja3-jl".
 */
void sink_item_init(struct sink_item *it, const struct d4_spool_lane *lane,
    const char *type, uint64_t period_s, uint64_t number);

/* sink_item_pack -- adds what says how it is packed. */
void sink_item_pack(struct sink_item *it, enum d4_pack_kind pack);

/* sink_item_name -- whether it is a name that sink_item_init makes. */
bool sink_item_name(const char *name);

/* As in the manifest. Owns: the caller's. NULL out of memory. */
json_t *sink_item_json(const struct sink_item *it);

/* sink_item_parse -- Errors: D4_EMALFORMED; *out is untouched. */
D4_USED enum d4_status sink_item_parse(const json_t *o, struct sink_item *out);

/* sink_time_text -- 2024-02-29T23:59:59Z. */
void sink_time_text(uint64_t s, char out[24]);

#endif
