/* The inside of the streams, shared by streams.c and streams_path.c. */
#ifndef RELAY_STREAMS_ROOM_H
#define RELAY_STREAMS_ROOM_H

#include "relay/quarantine.h"
#include "relay/streams.h"

#define STREAMS_BUCKETS 16384u       /* a power of two */
#define STREAMS_STATE   (256u << 20) /* bytes of what one may remember */

/*
 * struct streams -- folder: of what they remember; breakers: of those that are
 * open. broken: one of them is perhaps; unnoted: one that is not on disk.
 */
struct streams {
	char *folder, *breakers;
	struct gate *gate;
	size_t n_partners;
	struct stream *bucket[STREAMS_BUCKETS];
	size_t n;
	uint64_t clock;
	bool broken, unnoted;
	struct quarantine quarantine;
};

/* path_broken -- is it stopped by its breaker? */
bool path_broken(const struct path *p);

/* path_save -- what it remembers, to disk. false: not saved (logged). */
bool path_save(struct streams *s, const struct stream *t, size_t partner);

/*
 * path_breaker -- where the path is broken: notes it on disk, if that could
 * not be done before; closes it when its note is gone.
 */
void path_breaker(struct streams *s, const struct stream *t, size_t partner);

/* paths_tidy -- notes of pipelines that the policy has no more are removed. */
void paths_tidy(struct streams *s);

#endif
