/*
 * The exporter's memory: events on disk, a few of them in memory. A finding is
 * taken when its event's file holds it; only then may the airlock let it go.
 */
#ifndef MISP_STORE_H
#define MISP_STORE_H

#include "misp-export/event_file.h"

#define STORE_EVENTS 100000u /* files that we list */
#define STORE_LOADED 32u     /* events in memory */

/*
 * struct store_known -- an event that has a file or is in memory.
 * Shape:  due: it has something to send. waits: its top is not chosen yet.
 *         used: the turn in which it was
 *         touched. event NULL: only on disk. saved: how often it was, since
 *         it was found, 1 then; fed: at which of them the feed had it last;
 *         again_us: when it looks again anyway.
 */
struct store_known {
	struct d4_uuid uuid;
	struct event_name name;
	bool due, waits;
	uint64_t used, saved, fed, again_us;
	struct event *event;
};

struct store;

/*
 * store_open -- DIR/events/, DIR/namespace: made when missing; a file that
 * cannot be read is named in the log and left alone (renamed to .bad).
 * space: the hub's UUID for names; NULL: the one in DIR/namespace, random.
 * Errors: D4_EIO, D4_ENOSPC, D4_ENOMEM, D4_EMALFORMED.
 */
D4_USED enum d4_status store_open(const char *dir, const char *space,
    const struct mappers *mappers, struct store **out);
/*
 * store_look -- the same for who only looks: nothing is made, and without a
 * namespace a random one holds for as long as it lasts.
 */
D4_USED enum d4_status store_look(const char *dir, const char *space,
    const struct mappers *mappers, struct store **out);
void store_free(struct store *s);

const struct d4_uuid *store_space(const struct store *s);

/*
 * store_get -- the event of that name, made when new; borrowed until the next
 * store_get or store_save. Errors: as store_open.
 */
D4_USED enum d4_status store_get(
    struct store *s, const struct event_name *name, struct event **out);

/* store_n, store_due -- how many; how many of them have something to send. */
size_t store_n(const struct store *s);
size_t store_due(const struct store *s);
const struct store_known *store_at(const struct store *s, size_t i);

/* store_lost -- items that were not sent, and whose mapper is another now. */
uint64_t store_lost(const struct store *s);

/* store_load -- the i-th one, in memory; as store_get. */
D4_USED enum d4_status store_load(
    struct store *s, size_t i, struct event **out);

/* store_fed -- the feed has the i-th one as it was saved last, until then. */
void store_fed(struct store *s, size_t i, uint64_t again_us);

/* store_mappers -- others from now on; nothing stays in memory. All is saved.
 */
void store_mappers(struct store *s, const struct mappers *mappers);

/*
 * store_save -- all that changed is durable when this answers D4_OK.
 * store_forget -- what is in memory and not saved, after a failure.
 * store_shrink -- forgets what is saved beyond STORE_LOADED and `items` items
 * in memory. store_items: how many there are.
 */
D4_USED enum d4_status store_save(struct store *s);
void store_forget(struct store *s);
void store_shrink(struct store *s, size_t items);
size_t store_items(const struct store *s);

/*
 * store_expire -- deletes the files of events that ended before that time, if
 * goes() says so of each.
 */
void store_expire(struct store *s, uint64_t before_s,
    bool (*goes)(void *arg, struct event *e), void *arg);

#endif
