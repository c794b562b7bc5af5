/* For properties: the golden packets, and captures of damaged ones. */
#ifndef TEST_PACKETS_H
#define TEST_PACKETS_H

#include "libd4/wire.h"
#include "pcapfile.h"
#include "prop.h"

#define PACKETS_MAX 64u
#define PACKET_MAX  512u

struct packet {
	uint8_t b[PACKET_MAX];
	size_t n;
};

static struct packet packets[PACKETS_MAX];
static size_t n_packets;

static inline int
packets_load(void **state)
{
	const char *source = getenv("D4_SOURCE");
	char path[512], line[8192];
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/tests/golden/packets.tsv",
	    source != NULL ? source : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		struct packet *p = &packets[n_packets];
		char *save = NULL;

		if (line[0] == '#' || strtok_r(line, "\t", &save) == NULL)
			continue;
		assert_true(n_packets < PACKETS_MAX);
		p->n = test_hex(strtok_r(NULL, "\t", &save), p->b, PACKET_MAX);
		n_packets++;
	}
	(void)fclose(f);
	return n_packets == 0;
}

/* A capture of random packets, some of them damaged. */
static inline void
make_file(struct prop *r, struct d4_buf *out)
{
	size_t n = 1 + prop_below(r, 40);

	test_pcap_open(out, 1);
	for (size_t i = 0; i < n; i++) {
		struct packet p = packets[prop_below(r, n_packets)];

		while (prop_below(r, 3) == 0)
			p.b[prop_below(r, p.n)] = (uint8_t)prop_next(r);
		if (prop_below(r, 8) == 0)
			p.n = prop_below(r, p.n + 1);
		test_pcap_add(out, p.b, p.n, p.n + prop_below(r, 2) * 100);
	}
}

static inline bool
packet_holds(const uint8_t *p, size_t n, const uint8_t *what, size_t len)
{
	return memmem(p, n, what, len) != NULL;
}

/*
 * Is it an address of the (damaged) packet? Elsewhere the same bytes are a
 * number like any other, as a Mirai sequence number to another destination.
 */
static inline bool
packet_has(const struct packet *p, const uint8_t *what, size_t len)
{
	uint16_t ether = d4_get_be16(p->b + 12);

	if (ether == 0x0800)
		return packet_holds(p->b + 26, 8, what, len);
	if (ether == 0x0806)
		return packet_holds(p->b + 28, 14, what, len);
	return ether == 0x86dd && len == 16 &&
	       packet_holds(p->b + 22, 32, what, len);
}

#endif
