/* Merges the answers of several workers into one. Pure. */
#ifndef HUB_MERGE_H
#define HUB_MERGE_H

#include <jansson.h>

/*
 * merge_answer -- adds another worker's answer to `into`. Numbers are added,
 * but for those that each worker reads from the same place (length, bytes of a
 * queue ...); of texts and of what only one has, the first stays. Lists are
 * put one behind the other, but queues and refused sensors by their name.
 */
void merge_answer(json_t *into, json_t *other);

#endif
