/*
 * Plain packets: those of which nearly all traffic consists, whose way is
 * short. packet_plain.c reads them and looks at what leaves, and
 * packet_plain_write.c writes them. ADR 0065.
 */
#ifndef SAN_PACKET_PLAIN_H
#define SAN_PACKET_PLAIN_H

#include "sanitizers/packet_family.h"
#include "sanitizers/packet_look.h"

#define PLAIN_RECORD 16u /* the record's own header */
#define PLAIN_ETHER  14u
#define PLAIN_L4     (PLAIN_RECORD + PLAIN_ETHER + PKT_IP4)
#define PLAIN_TCP    20u /* bytes of headers without options */
#define PLAIN_UDP    8u
#define PLAIN_ICMP   8u
#define PLAIN_QUOTE  8u               /* bytes of a quoted packet's body */
#define PLAIN_OUT    (PLAIN_L4 + 60u) /* what one becomes at most */

/*
 * struct plain -- a record that was found to be plain; len: of its packet on
 * the wire; tcp: bytes of a header of TCP; n_addr: its addresses and a
 * quote's, 2 or 4.
 */
struct plain {
	const uint8_t *rec;
	uint32_t len;
	uint8_t tcp, n_addr;
};

#define PLAIN_MANY  PKT_LOOK_MANY  /* records of one turn */
#define PLAIN_ADDRS PKT_LOOK_ADDRS /* of one record */

/*
 * struct plain_turn -- what is done at once: n records; the addresses of all,
 * as they are, as they become, and what that makes of them (enum san_what).
 */
struct plain_turn {
	size_t n, n_addr;
	struct plain one[PLAIN_MANY];
	uint32_t in[PLAIN_MANY * PLAIN_ADDRS], to[PLAIN_MANY * PLAIN_ADDRS];
	uint8_t what[PLAIN_MANY * PLAIN_ADDRS];
	struct pkt_looks looks;
};

/* pkt_plain -- as san_family.plain. */
D4_USED size_t pkt_plain(struct packet *s, struct d4_slice data,
    struct d4_buf *out, size_t *bytes, struct san_led *led);

/*
 * pkt_plain_notes -- packet_plain_notes.c: notes on the first n records, which
 * stand at w now; led, of each: n, out_n, notes_n.
 */
void pkt_plain_notes(struct packet *s, const struct plain_turn *t, size_t n,
    const uint8_t *w, struct san_led *led);

/*
 * pkt_plain_write -- one record at w, with these addresses; answers its bytes.
 * 0: it must go the long way.
 */
D4_USED size_t pkt_plain_write(
    struct packet *s, const struct plain *o, const uint32_t *to, uint8_t *w);

#endif
