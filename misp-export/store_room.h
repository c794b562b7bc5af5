/* The inside of store.c, shared with store_open.c. */
#ifndef MISP_STORE_ROOM_H
#define MISP_STORE_ROOM_H

#include "misp-export/store.h"

#define STORE_SUFFIX ".jsonl"

/* struct store -- dir: of the events. lost: see store_lost. */
struct store {
	char *dir;
	const struct mappers *mappers;
	struct d4_uuid space;
	struct store_known *list;
	size_t n, cap;
	uint64_t turn, lost;
};

/* store_path -- of an event's file; allocated, NULL: no memory. */
char *store_path(const struct store *s, const struct d4_uuid *u);

/* store_bad -- what cannot be read is kept for people, out of our way. */
void store_bad(const char *path, enum d4_status st);

/* store_add -- another event. Errors: D4_ENOMEM, D4_ETOOBIG. */
D4_USED enum d4_status store_add(struct store *s, const struct store_known *k);

#endif
