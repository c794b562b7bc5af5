/* Small captures made for tests, in every format. */
#ifndef TEST_PCAP_H
#define TEST_PCAP_H

#include <stdint.h>
#include <string.h>

/* struct pcap_out -- bytes written so far; the array is the caller's. */
struct pcap_out {
	uint8_t *p;
	size_t n;
	unsigned format; /* 1 us-le, 2 us-be, 3 ns-le, 4 ns-be, as cutter.h */
};

static inline void
pcap_put32(struct pcap_out *o, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned shift = o->format % 2 == 1 ? 8 * i : 24 - 8 * i;

		o->p[o->n++] = (uint8_t)(v >> shift);
	}
}

static inline void
pcap_put16(struct pcap_out *o, uint16_t v)
{
	unsigned le = o->format % 2;

	o->p[o->n++] = (uint8_t)(le ? v : v >> 8);
	o->p[o->n++] = (uint8_t)(le ? v >> 8 : v);
}

/* pcap_put_opening -- the global header with a snaplen and link field. */
static inline void
pcap_put_opening(struct pcap_out *o, uint32_t link)
{
	pcap_put32(o, o->format <= 2 ? 0xa1b2c3d4 : 0xa1b23c4d);
	pcap_put16(o, 2);
	pcap_put16(o, 4);
	pcap_put32(o, 0);
	pcap_put32(o, 0);
	pcap_put32(o, 262144);
	pcap_put32(o, link);
}

/* pcap_put_packet -- a packet of caplen bytes of `fill`. */
static inline void
pcap_put_packet(struct pcap_out *o, uint32_t caplen, uint8_t fill)
{
	pcap_put32(o, 1700000000);
	pcap_put32(o, 999999);
	pcap_put32(o, caplen);
	pcap_put32(o, caplen);
	memset(o->p + o->n, fill, caplen);
	o->n += caplen;
}

#endif
