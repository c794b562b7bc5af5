/*
 * The tee: each frame goes to a descriptor, too, before it is sent. Like
 * tee(1) it is as fast as the slower of the two; but when the other side of
 * the descriptor closes, only the tee ends.
 */
#ifndef SENSOR_TEE_H
#define SENSOR_TEE_H

#include <event2/event.h>
#include "libd4/slice.h"
#include "sensor/ring.h"

/*
 * struct tee_events -- opening: what the stream begins with (the frames of
 * the meta header and the opening, appended to out). wake: frames may be
 * sent. drained: after tee_finish, all is written, or the tee has ended.
 */
struct tee_events {
	enum d4_status (*opening)(void *arg, struct d4_buf *out);
	void (*wake)(void *arg);
	void (*drained)(void *arg);
};

struct tee;

/* Whom the events go to; copied. */
struct tee_owner {
	const struct tee_events *ev;
	void *arg;
};

/* tee_new -- onto fd, which becomes non-blocking. Errors: D4_ENOMEM, D4_EIO. */
D4_USED enum d4_status tee_new(struct event_base *base, int fd,
    struct ring *ring, const struct tee_owner *to, struct tee **out);

/* tee_free -- the descriptor is as it was before. */
void tee_free(struct tee *t);

/* tee_wake -- there are new frames in the ring. */
void tee_wake(struct tee *t);

/* tee_stop -- the tee ends here: what follows does not fit its stream. */
void tee_stop(struct tee *t, const char *why);

/* tee_finish -- no more frames will come; `drained`, maybe from inside. */
void tee_finish(struct tee *t);

#endif
