#include <string.h>
#include "relay/sink_conf.h"

static const char *const kind_names[] = {
#define SINK_NAME(id, name) [id] = (name),
    SINK_KINDS(SINK_NAME)
#undef SINK_NAME
};

const char *
sink_kind_name(enum sink_kind k)
{
	return k < SINK_NONE ? kind_names[k] : "none";
}

enum sink_kind
sink_kind_find(const char *name)
{
	unsigned i;

	for (i = 0; i < SINK_NONE; i++) {
		if (strcmp(kind_names[i], name) == 0)
			break;
	}
	return (enum sink_kind)i;
}
