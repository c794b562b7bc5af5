#include <string.h>
#include "libd4/header.h"
#include "libd4/wire.h"

#define HEADER_TYPE 1
#define HEADER_UUID 2
#define HEADER_TIME 18
#define HEADER_SIZE 58

enum d4_status
d4_header_decode(const uint8_t wire[D4_HEADER_LEN], struct d4_header *out)
{
	if (wire[0] != D4_VERSION_1)
		return D4_EVERSION;
	if (wire[HEADER_TYPE] == 0)
		return D4_EMALFORMED;
	out->version = wire[0];
	out->type = wire[HEADER_TYPE];
	memcpy(out->uuid.b, wire + HEADER_UUID, D4_UUID_LEN);
	out->timestamp_s = d4_get_le64(wire + HEADER_TIME);
	memcpy(out->hmac, wire + D4_HMAC_OFFSET, D4_HMAC_LEN);
	out->size = d4_get_le32(wire + HEADER_SIZE);
	return D4_OK;
}

void
d4_header_encode(const struct d4_header *h, uint8_t wire[D4_HEADER_LEN])
{
	wire[0] = h->version;
	wire[HEADER_TYPE] = h->type;
	memcpy(wire + HEADER_UUID, h->uuid.b, D4_UUID_LEN);
	d4_put_le64(wire + HEADER_TIME, h->timestamp_s);
	memcpy(wire + D4_HMAC_OFFSET, h->hmac, D4_HMAC_LEN);
	d4_put_le32(wire + HEADER_SIZE, h->size);
}
