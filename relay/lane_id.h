/* The name of a lane (ADR 0005). Pure. */
#ifndef RELAY_LANE_ID_H
#define RELAY_LANE_ID_H

#include "libd4/slice.h"
#include "libd4/uuid.h"

#define LANE_ID_TEXT 17u /* 16 hex digits and NUL */

/* The tuple that makes a lane; ext "" and meta empty where there is none. */
struct lane_name {
	const char *partner;
	struct d4_uuid wire_uuid;
	uint8_t type;
	const char *ext;
	struct d4_slice meta;
	uint32_t variant;
};

/* lane_id -- first 8 bytes of the tuple's SHA-256. Errors: D4_ECRYPTO. */
D4_USED enum d4_status lane_id(
    const struct lane_name *name, char out[LANE_ID_TEXT]);

/* lane_key_id -- the same of any text (a queue's key). Errors: D4_ECRYPTO. */
D4_USED enum d4_status lane_key_id(const char *key, char out[LANE_ID_TEXT]);

#endif
