/* Inside of san_map: shared by map.c (IPv4) and map6.c (IPv6) only. */
#ifndef SAN_MAP_IN_H
#define SAN_MAP_IN_H

#include "sanitizers/cryptopan.h"
#include "sanitizers/ipcrypt.h"
#include "sanitizers/map.h"

#define SAN_WIDE4_BITS 16u /* addresses that are remembered, 512 KiB */

/* What an address became; in 0: nothing yet, for 0.0.0.0 never comes. */
struct san_wide4 {
	uint32_t in, out;
};

/* struct san_map -- wide4: of pfx and pool, made with the first address. */
struct san_map {
	const struct san_addr *conf;
	struct san_wide4 *wide4;
	struct san_cpan *cpan; /* NULL unless the method needs it; as these */
	struct san_pfx *pfx;
	struct san_det *det;
	struct san_token *tok;
};

/* san_map_pool -- the host bits of an address in its pool. */
D4_USED bool san_map_pool(
    struct san_map *m, const struct d4_addr *in, struct d4_addr *out);

/* san_map_det -- san_map_addr with method det. */
D4_USED enum d4_reason san_map_det(
    struct san_map *m, const struct d4_addr *in, struct san_mapped *out);

/* san_map_ip6 -- san_map_addr for IPv6; out->n_inner is 0 on entry. */
D4_USED enum d4_reason san_map_ip6(
    struct san_map *m, const struct d4_addr *in, struct san_mapped *out);

#endif
