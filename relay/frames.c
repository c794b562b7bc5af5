#include <string.h>
#include "libd4/type.h"
#include "libd4/wire.h"
#include "relay/frames.h"

#define PCAP_PACKET 16u /* bytes of a packet's header */
#define PCAP_CAPLEN 8u  /* offset of its captured length */

enum frames_kind
frames_kind_of(uint8_t type, uint32_t variant)
{
	uint32_t format = variant >> 28;

	if (type != D4_TYPE_PCAP)
		return FRAMES_LINES;
	return format == 2 || format == 4 ? FRAMES_PCAP_BE : FRAMES_PCAP_LE;
}

size_t
frames_max(uint8_t type)
{
	const struct d4_type_row *row = d4_type_find(type);

	if (row == NULL)
		row = d4_type_handler("lines");
	return row->frame_max;
}

/* Bytes of whole lines at the front of s that fit; 0: not even one. */
static size_t
frames_lines(struct d4_slice s, size_t max)
{
	const uint8_t *end;

	end = memrchr(s.p, '\n', s.n < max ? s.n : max);
	return end == NULL ? 0 : (size_t)(end - s.p) + 1;
}

/* Bytes of the first line; 0: it does not end. */
static size_t
frames_line(struct d4_slice s)
{
	const uint8_t *end = memchr(s.p, '\n', s.n);

	return end == NULL ? 0 : (size_t)(end - s.p) + 1;
}

/* Bytes of the packet at p, of which n are there; 0: it is not whole. */
static size_t
frames_packet(enum frames_kind kind, const uint8_t *p, size_t n)
{
	uint32_t caplen;

	if (n < PCAP_PACKET)
		return 0;
	caplen = kind == FRAMES_PCAP_BE ? d4_get_be32(p + PCAP_CAPLEN)
	                                : d4_get_le32(p + PCAP_CAPLEN);
	return caplen > n - PCAP_PACKET ? 0 : PCAP_PACKET + (size_t)caplen;
}

static size_t
frames_packets(enum frames_kind kind, struct d4_slice s, size_t max)
{
	size_t at = 0, one;

	while (at < s.n) {
		one = frames_packet(kind, s.p + at, s.n - at);
		if (one == 0 || one > max - at)
			break;
		at += one;
	}
	return at;
}

enum d4_status
frames_next(enum frames_kind kind, size_t max, struct d4_slice *rest,
    struct d4_slice *payload)
{
	size_t n;

	if (rest->n == 0)
		return D4_END;
	n = kind == FRAMES_LINES ? frames_lines(*rest, max)
	                         : frames_packets(kind, *rest, max);
	if (n == 0)
		n = kind == FRAMES_LINES
		        ? frames_line(*rest)
		        : frames_packet(kind, rest->p, rest->n);
	if (n == 0) {
		*payload = d4_slice_skip(rest, rest->n);
		return D4_EMALFORMED;
	}
	*payload = d4_slice_skip(rest, n);
	return n > D4_PAYLOAD_MAX ? D4_ETOOBIG : D4_OK;
}

size_t
frames_head(size_t frame)
{
	size_t last = frame % FRAMES_RECORD_MAX;

	if (frame <= FRAMES_RECORD_MAX || last == 0 ||
	    last >= FRAMES_RECORD_MIN)
		return 0;
	return last + FRAMES_RECORD_MIN;
}
