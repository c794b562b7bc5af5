/* A ring in a file, for its tests. */
#ifndef RING_WORLD_H
#define RING_WORLD_H

#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "sensor/ring_file.h"
#include "sensor/ring_parts.h"
#include "tmpdir.h"

/* Frames whose bytes are all the same are whole. */
static inline bool
check_same(void *arg, struct d4_slice wire)
{
	(void)arg;
	for (size_t i = 1; i < wire.n; i++) {
		if (wire.p[i] != wire.p[0])
			return false;
	}
	return true;
}

struct world {
	char dir[64];
	uint8_t owner[32];
	struct ring_file_conf conf;
	struct ring_found found;
	struct ring *r;
};

static inline enum d4_status
take_up(struct world *w)
{
	w->conf = (struct ring_file_conf){
	    .dir = w->dir,
	    .bytes = RING_MIN,
	    .owner = w->owner,
	    .check = check_same,
	};
	w->r = NULL;
	return ring_open(&w->conf, &w->found, &w->r);
}

/* As after a kill: nothing is told, the file is as it is. */
static inline void
again(struct world *w)
{
	ring_free(w->r);
	assert_int_equal(take_up(w), D4_OK);
}

static inline int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	tmpdir_make(w->dir, sizeof(w->dir));
	assert_int_equal(take_up(w), D4_OK);
	*state = w;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct world *w = *state;

	ring_free(w->r);
	tmpdir_remove(w->dir);
	free(w);
	return 0;
}

static inline bool
put(struct world *w, size_t len, uint8_t mark)
{
	uint8_t *at = ring_reserve(w->r, len);

	if (at == NULL)
		return false;
	memset(at, mark, len);
	ring_commit(w->r, len, mark);
	return true;
}

/* The frames that wait have these marks, and no others. */
static inline void
expect(struct world *w, const char *marks)
{
	for (; *marks != '\0'; marks++) {
		const struct ring_frame *f = ring_next(w->r);

		assert_non_null(f);
		assert_int_equal(ring_bytes(f).p[0], *marks - '0');
		assert_int_equal(f->records, *marks - '0');
		ring_sent(w->r, 1);
	}
	assert_null(ring_next(w->r));
	ring_rewind(w->r);
}

#endif
