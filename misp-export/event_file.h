/*
 * An event's file: what is known of it, a JSON object a line, the event first
 * and then its items. Written whole, by rename (store.c). Pure.
 */
#ifndef MISP_EVENT_FILE_H
#define MISP_EVENT_FILE_H

#include "misp-export/event.h"

#define EVENT_FILE_VERSION 1
#define EVENT_FILE_MAX     (256u << 20) /* bytes */
#define EVENT_LINE_MAX     (1u << 20)

/* event_write -- appends the file's text. Errors: D4_ENOMEM, D4_ETOOBIG. */
D4_USED enum d4_status event_write(const struct event *e, struct d4_buf *out);

/*
 * event_read -- the opposite. mappers: to find those of the configuration; an
 * item whose mapper is gone is left out and counted in *lost, and so is one
 * that was never sent and whose mapper is another now; one that was is
 * remembered (event.h).
 * Errors: D4_EVERSION, D4_EMALFORMED, D4_ENOMEM.
 */
D4_USED enum d4_status event_read(struct d4_slice text,
    const struct mappers *mappers, uint64_t *lost, struct event **out);

/*
 * event_read_head -- the first line alone: name, state, and whether something
 * was due when it was written, or it waited. Errors: as event_read.
 */
struct event_file_head {
	struct event_name name;
	bool due, waits;
};
D4_USED enum d4_status event_read_head(
    struct d4_slice line, struct event_file_head *out);

#endif
