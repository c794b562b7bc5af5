#include <string.h>
#include "relay/sink_conf.h"

static const struct {
	const char *name, *transport;
} kinds[] = {
#define SINK_ROW(id, name, transport) [id] = {name, transport},
    SINK_KINDS(SINK_ROW)
#undef SINK_ROW
};

const char *
sink_kind_name(enum sink_kind k)
{
	return k < SINK_NONE ? kinds[k].name : "none";
}

enum sink_kind
sink_kind_find(const char *name, const char *transport)
{
	unsigned i;

	for (i = 0; i < SINK_NONE; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		if (transport == NULL ||
		    (kinds[i].transport != NULL &&
			strcmp(kinds[i].transport, transport) == 0))
			break;
	}
	return (enum sink_kind)i;
}
