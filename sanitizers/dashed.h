/* IPv6 addresses in names of hosts: 2001-db8-77--1.pool.example.org. */
#ifndef SAN_DASHED_H
#define SAN_DASHED_H

#include "sanitizers/find_hidden.h"

/*
 * san_find_dashed -- a wanted IPv6 address is written with dashes, or
 * underscores, for colons; its first group has four digits (any real one's
 * has), so that words with dashes between are none.
 */
bool san_find_dashed(struct d4_slice text, const struct san_wanted *w);

#endif
