/* What was done to the fields of what leaves, for who reads it as true. */
#ifndef SAN_MAPPED_H
#define SAN_MAPPED_H

#include "sanitizers/chain.h"

/*
 * san_chain_mapped -- calls fn for each field whose value may be a pseudonym
 * when it leaves: "src", "dst" (of packets), "client", "server", "rdata"
 * (passive DNS), "sensor", "src", "dst" (maltrail), a path of a JSON rule, or
 * "*": any of them, it cannot be told. Nothing mapped: fn is not called.
 */
void san_chain_mapped(const struct san_chain *c,
    void (*fn)(void *arg, const char *field), void *arg);

/* san_chain_words -- calls fn with the word of each step, in their order. */
void san_chain_words(const struct san_chain *c,
    void (*fn)(void *arg, const char *word), void *arg);

#endif
