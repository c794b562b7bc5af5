#include <stddef.h>
#include "hub/watch.h"

#define AT(member) offsetof(struct watch_conf, member)
#define S          1000000ull /* us */
#define DAY        (86400 * S)

static const struct d4_conf_option table[] = {
    {"every", D4_CONF_DURATION, AT(every_us), S / 10, 3600 * S, "10s", false,
	"time between two checks"},
    {"silent", D4_CONF_DURATION, AT(silent_us), 0, 3650 * DAY, "24h", false,
	"report a sensor that stopped sending for this long; 0s: never"},
    {"skew", D4_CONF_DURATION, AT(skew_us), 0, 3650 * DAY, "1h", false,
	"report a sensor clock that is off by more; 0s: not checked"},
    {"filling", D4_CONF_DURATION, AT(filling_us), 0, 365 * DAY, "1h", false,
	"report a queue that will be full in less; 0s: not checked"},
    {"cert", D4_CONF_DURATION, AT(cert_us), 0, 3650 * DAY, "30d", false,
	"report a certificate that expires in less; 0s: not checked"},
    {"syslog", D4_CONF_BOOL, AT(syslog), 0, 0, "false", false,
	"also send events to syslog (facility daemon)"},
    {"command", D4_CONF_LIST, AT(command), 0, 4096, NULL, false,
	"a program and its arguments; the event is JSON on its input"},
    {"timeout", D4_CONF_DURATION, AT(timeout_us), S / 10, 3600 * S, "30s",
	false, "when the command is killed"},
    {"rate", D4_CONF_UINT, AT(rate), 1, 6000, "30", false,
	"most commands started in a minute"},
    {"metrics", D4_CONF_PATH, AT(metrics), 0, 0, NULL, false,
	"file to which metrics are written at every check"},
    {.name = NULL},
};

enum d4_status
watch_conf_read(
    const struct d4_yaml *tree, struct d4_diag *diag, struct watch_conf *out)
{
	const struct d4_yaml none = {.kind = D4_YAML_MAP};
	struct watch_conf c = {.rate = 0};
	enum d4_status st;

	if (tree != NULL && tree->kind != D4_YAML_MAP)
		return d4_diag_set(diag, tree->at, "write events: {silent: 2h}",
		    "events takes a map");
	st = d4_conf_read(table, tree != NULL ? tree : &none, diag, &c);
	if (st == D4_OK && c.command.n != 0 && c.command.item[0][0] != '/')
		st = d4_diag_set(diag, d4_yaml_get(tree, "command")->at,
		    "write its whole path", "events: command is not a path: %s",
		    c.command.item[0]);
	if (st != D4_OK) {
		watch_conf_fini(&c);
		return st;
	}
	*out = c;
	return D4_OK;
}

enum d4_status
watch_conf_check(const struct d4_yaml *tree, struct d4_diag *diag)
{
	struct watch_conf c;
	enum d4_status st = watch_conf_read(tree, diag, &c);

	if (st == D4_OK)
		watch_conf_fini(&c);
	return st;
}

void
watch_conf_fini(struct watch_conf *c)
{
	d4_conf_free(table, c);
}

void
watch_conf_help(FILE *to)
{
	d4_conf_help(table, to);
}
