#include <unistd.h>
#include "hub/listener.h"
#include "hub/options.h"

unsigned
hub_options_workers(const struct hub_options *o)
{
	long cores = o->workers != 0 ? 0 : sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = cores > 0 ? (uint64_t)cores : o->workers;

	if (n > WORKERS_MAX)
		n = WORKERS_MAX;
	return n != 0 ? (unsigned)n : 1;
}

void
hub_options_part(struct hub_options *o, unsigned n)
{
	if (n < 2)
		return;
	o->sessions_max = (o->sessions_max + n - 1) / n;
	o->sessions_max += o->sessions_max / 8 + 1;
	o->inflight_max /= n;
	o->held_max /= n;
	o->queue_disk /= n;
}
