#include <unistd.h>
#include "hub/listener.h"
#include "hub/options.h"

unsigned
hub_options_workers(const struct hub_options *o)
{
	(void)o;
	return 1;
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
