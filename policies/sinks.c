/* What a partner can be at the other end, and who may be which. */
#include "policies/room.h"

static const struct {
	const char *name;
	bool own; /* for `kind: own` only: nothing says that it arrived */
} sinks[] = {
    [POL_SINK_D4] = {.name = "d4"},
    [POL_SINK_MISP] = {.name = "misp"},
    [POL_SINK_UNIX] = {.name = "unix", .own = true},
    [POL_SINK_TCP] = {.name = "tcp", .own = true},
    [POL_SINK_TLS] = {.name = "tls", .own = true},
    [POL_SINK_UDP] = {.name = "udp", .own = true},
    [POL_SINK_SYSLOG] = {.name = "syslog", .own = true},
    [POL_SINK_DIRECTORY] = {.name = "directory"},
};

#define SINKS (sizeof(sinks) / sizeof(sinks[0]))

const char *
pol_sink_text(enum pol_sink s)
{
	return sinks[s].name;
}

bool
pol_sink_own(enum pol_sink s)
{
	return sinks[s].own;
}

enum d4_status
pol_read_sink(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	const char *words[SINKS + 1] = {NULL};
	enum d4_status st;
	unsigned i;

	for (i = 0; i < SINKS; i++)
		words[i] = sinks[i].name;
	st = pol_read_word(r, n, words, &i);
	if (st == D4_OK)
		*(enum pol_sink *)out = (enum pol_sink)i;
	return st;
}
