/*
 * The first look of the self-check at packets that stand in a row: may one of
 * the addresses that are looked for stand in one of them?
 */
#ifndef SAN_PACKET_LOOK_H
#define SAN_PACKET_LOOK_H

#include <stddef.h>
#include <stdint.h>

#define PKT_LOOK_MANY  64u /* records */
#define PKT_LOOK_ADDRS 4u  /* of IPv4 that are looked for in one of them */
#define PKT_LOOK_PAD   72u /* bytes that are read behind the last record */

/*
 * struct pkt_looks -- n records in a row: their bytes, and what is looked for
 * in each of them; the addresses of all stand in a row, in host order.
 */
struct pkt_looks {
	size_t n;
	uint8_t size[PKT_LOOK_MANY], n_addr[PKT_LOOK_MANY];
	uint32_t addr[PKT_LOOK_MANY * PKT_LOOK_ADDRS];
};

/* struct pkt_look -- the next one: its number, where it and its addresses are.
 */
struct pkt_look {
	size_t i;
	const uint8_t *rec;
	const uint32_t *addr;
};

/* pkt_look_on -- goes on to the record behind this one. */
static inline void
pkt_look_on(const struct pkt_looks *l, struct pkt_look *at)
{
	at->rec += l->size[at->i];
	at->addr += l->n_addr[at->i];
	at->i++;
}

/*
 * pkt_look -- goes on to the first record, or behind the last one, that
 * san_check_hit has to look at: the middle bytes of an address stand in it,
 * in either order, or four characters of a text. It stops too often: what
 * stands behind a record counts, too. Addresses are of 1.0.0.0 and up: the
 * texts of others may be shorter.
 */
void pkt_look(const struct pkt_looks *l, struct pkt_look *at);

/* ..._avx512, _avx2, _plain -- the ways; the first ones where built. */
void pkt_look_avx512(const struct pkt_looks *l, struct pkt_look *at);
void pkt_look_avx2(const struct pkt_looks *l, struct pkt_look *at);
void pkt_look_plain(const struct pkt_looks *l, struct pkt_look *at);

#endif
