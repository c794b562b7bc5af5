/* Inside of san_map: shared by map.c (IPv4) and map6.c (IPv6) only. */
#ifndef SAN_MAP_IN_H
#define SAN_MAP_IN_H

#include "sanitizers/cryptopan.h"
#include "sanitizers/map.h"

struct san_map {
	const struct san_addr *conf;
	struct san_cpan *cpan; /* NULL unless the method needs it */
	struct san_token *tok;
};

/* san_map_ip6 -- san_map_addr for IPv6; out->n_inner is 0 on entry. */
D4_USED enum d4_reason san_map_ip6(
    struct san_map *m, const struct d4_addr *in, struct san_mapped *out);

#endif
