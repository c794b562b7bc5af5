#include <string.h>
#include "hub/ctl_script.h"
#include "hub/ctl_table.h"

#define UUID                                                   \
	{                                                      \
		.name = "uuid", .kind = CTL_UUID, .must = true \
	}
#define MUST(n, k)                                     \
	{                                              \
		.name = (n), .kind = (k), .must = true \
	}
#define OPT(n, k)                                        \
	{                                                \
		.name = (n), .kind = (k), .option = true \
	}

/* clang-format off */
const struct ctl_row ctl_rows[] = {
    {"sensors", "list", "list approved, pending and revoked sensors",
	.script = ctl_script_list, .columns = "uuid state last_seen tags description",
	.arg = {{.name = "state", .kind = CTL_WORD, .option = true,
		    .words = "approved pending revoked"},
	    OPT("group", CTL_NAME), OPT("tag", CTL_NAME)}},
    {"sensors", "show", "show everything known about a sensor", .script = ctl_script_show,
	.arg = {UUID}},
    {"sensors", "pending", "list sensors that connected but are not approved",
	.script = ctl_script_pending,
	.columns = "uuid type address tries first_seen last_seen key"},
    {"sensors", "approve",
	"let a sensor send; if it has no key: from a file, or a new one",
	.admin = true, .key = true, .effect = CTL_SENSOR,
	.script = ctl_script_approve,
	.arg = {UUID, OPT("key-file", CTL_KEY), OPT("new-key", CTL_FLAG)}},
    {"sensors", "dismiss", "remove a sensor from the pending list",
	.admin = true, .script = ctl_script_dismiss, .arg = {UUID}},
    {"sensors", "dismiss-all", "empty the pending list", .admin = true,
	.script = ctl_script_dismiss_all, .arg = {OPT("yes", CTL_FLAG)}},
    {"sensors", "revoke", "stop accepting a sensor; its sessions end", .admin = true,
	.effect = CTL_SENSOR, .script = ctl_script_revoke, .arg = {UUID}},
    {"sensors", "kick", "end a sensor's sessions and refuse it for 30 s", .admin = true,
	.effect = CTL_SENSOR, .script = ctl_script_kick, .arg = {UUID}},
    {"sensors", "rotate-key", "create a new key; the old one stays valid for --grace",
	.admin = true, .key = true, .effect = CTL_SENSOR, .script = ctl_script_rotate,
	.arg = {UUID, OPT("grace", CTL_TIME), OPT("again", CTL_FLAG)}},
    {"sensors", "end-rotation", "invalidate the old key now", .admin = true,
	.effect = CTL_SENSOR, .script = ctl_script_rotated, .arg = {UUID}},
    {"sensors", "limits",
	"bytes of a frame, bytes a second, entries that wait, time without "
	"a frame; 0: no limit of its own",
	.admin = true, .effect = CTL_SENSOR, .script = ctl_script_limits,
	.arg = {UUID, OPT("payload", CTL_BYTES), OPT("rate", CTL_BYTES),
	    OPT("queue", CTL_COUNT), OPT("silent", CTL_TIME)}},
    {"sensors", "from", "set the addresses it may connect from, or any", .admin = true,
	.effect = CTL_SENSOR, .script = ctl_script_from,
	.arg = {UUID, MUST("networks", CTL_FROM)}},
    {"sensors", "certificate",
	"set the TLS certificates it must present: uuid, name:NAME, sha256:HEX, or any",
	.admin = true, .effect = CTL_SENSOR, .script = ctl_script_certificate,
	.arg = {UUID, MUST("which", CTL_CERT)}},
    {"sensors", "addresses", "one at a time; several: taking turns is not a clone",
	.admin = true, .effect = CTL_SENSOR, .script = ctl_script_addresses,
	.arg = {UUID, {.name = "how", .kind = CTL_WORD, .must = true,
		    .words = "one several"}}},
    {"sensors", "release", "release a sensor that is held as a clone",
	.admin = true, .effect = CTL_SENSOR, .script = ctl_script_release,
	.arg = {UUID}},
    {"sensors", "quarantine", "refuse a sensor after TIME unless its key has changed; 0s: end this",
	.admin = true, .effect = CTL_SENSOR, .script = ctl_script_quarantine,
	.arg = {UUID, MUST("time", CTL_TIME)}},
    {"sensors", "tag", "add or remove a tag", .admin = true,
	.script = ctl_script_tag,
	.arg = {UUID, MUST("tag", CTL_NAME), OPT("remove", CTL_FLAG)}},
    {"sensors", "describe", "set the description of a sensor", .admin = true,
	.script = ctl_script_describe, .arg = {UUID, MUST("text", CTL_TEXT)}},
    {"groups", "list", "list groups and their sensors", .script = ctl_script_groups,
	.columns = "group sensors"},
    {"groups", "add", "add a sensor to a group", .admin = true,
	.script = ctl_script_group_add, .arg = {MUST("group", CTL_NAME), UUID}},
    {"groups", "remove", "remove a sensor from a group", .admin = true,
	.script = ctl_script_group_remove,
	.arg = {MUST("group", CTL_NAME), UUID}},
    {"blocklist", "list", "list what is blocked",
	.script = ctl_script_blocked, .columns = "what kind"},
    {"blocklist", "add", "block a UUID, an address or a network", .admin = true,
	.effect = CTL_LISTS, .script = ctl_script_block,
	.arg = {MUST("what", CTL_WHO), OPT("addresses-of", CTL_FLAG)}},
    {"blocklist", "remove", "unblock it", .admin = true,
	.effect = CTL_LISTS, .script = ctl_script_unblock,
	.arg = {MUST("what", CTL_WHO), OPT("addresses-of", CTL_FLAG)}},
    {"types", "list", "list configured and accepted types",
	.script = ctl_script_types, .columns = "type configured listed accepted"},
    {"types", "accept", "accept a configured type", .admin = true,
	.effect = CTL_LISTS, .script = ctl_script_accept,
	.arg = {MUST("type", CTL_TYPE)}},
    {"types", "refuse", "refuse a type, also after a restart", .admin = true,
	.effect = CTL_LISTS, .script = ctl_script_refuse,
	.arg = {MUST("type", CTL_TYPE)}},
    {"status", "show", "show the state of the hub; also: d4-hub status",
	.alone = true},
    {"sessions", "list", "list who is connected",
	.columns = "uuid type ext peer state frames bytes paused",
	.arg = {OPT("uuid", CTL_UUID)}},
    {"stats", "day", "frames of a day (UTC), by sensor, address and type",
	.script = ctl_script_stats, .columns = "what name frames",
	.arg = {OPT("day", CTL_DAY), OPT("top", CTL_COUNT)}},
    {"stats", "sensor", "what a sensor sent, by day and type", .script = ctl_script_stats_sensor,
	.columns = "day type sessions frames records bytes",
	.arg = {UUID, OPT("days", CTL_COUNT)}},
    {"stats", "types", "what all sensors sent, by day and type", .script = ctl_script_stats_types,
	.columns = "day type sessions frames records bytes",
	.arg = {OPT("days", CTL_COUNT)}},
    {"stats", "addresses", "bytes of a day (UTC), by address",
	.script = ctl_script_stats_addresses, .columns = "address bytes",
	.arg = {OPT("day", CTL_DAY), OPT("top", CTL_COUNT)}},
    {"stats", "clocks", "when sensors last sent, and how far their clocks are off",
	.script = ctl_script_stats_clocks, .columns = "uuid last_seen skew_s"},
    {"stats", "refused", "refusals since the hub started, by sensor",
	.columns = "uuid refused last"},
    {"queues", "list", "list queues: what waits, and how many readers",
	.columns = "queue length readers bytes disk_bytes full"},
    {"queues", "create", "create a reader of a queue: entries wait for it", .admin = true,
	.effect = CTL_QUEUES, .script = ctl_script_reader,
	.arg = {MUST("queue", CTL_TYPE), MUST("reader", CTL_NAME)}},
    {"queues", "size", "set the bytes of a queue in Redis; 0: as configured", .admin = true,
	.effect = CTL_QUEUES, .script = ctl_script_size,
	.arg = {MUST("queue", CTL_TYPE), MUST("bytes", CTL_BYTES)}},
    {"queues", "peek", "show the newest entries, without their data", .admin = true,
	.script = ctl_script_peek, .columns = "id sensor n seq bytes",
	.arg = {MUST("queue", CTL_TYPE), OPT("count", CTL_COUNT)}},
    {"queues", "empty", "drop all entries; the accounting log notes them",
	.admin = true, .arg = {MUST("queue", CTL_TYPE), OPT("yes", CTL_FLAG)}},
    {"events", "list", "show what is wrong now", .alone = true, .script = ctl_script_events_list,
	.columns = "event subject raised_seen text"},
    {"events", "look", "list silent sensors and wrong clocks (for d4-hub watch)",
	.script = ctl_script_events_look, .columns = "uuid last_seen skew_s",
	.arg = {OPT("silent", CTL_TIME), OPT("skew", CTL_TIME)}},
    {"events", "put", "used by d4-hub watch", .admin = true, .quiet = true,
	.script = ctl_script_events_put,
	.arg = {MUST("key", CTL_TEXT), MUST("event", CTL_TEXT)}},
    {"events", "drop", "used by d4-hub watch", .admin = true, .quiet = true,
	.script = ctl_script_events_drop, .arg = {MUST("key", CTL_TEXT)}},
    {"events", "reset", "used by d4-hub watch", .admin = true, .quiet = true,
	.script = ctl_script_events_reset},
    {"archives", "list", "show what each archive is doing", .alone = true, .script = ctl_script_archives,
	.columns = "archive up told_seen full records files parts kept_bytes"},
    {"compat", "show", "show what compat: d4-core does, and what it waits for", .alone = true,
	.script = ctl_script_compat},
    {"metrics", "show", "print metrics for Prometheus", .alone = true, .text = "page"},
    {"analyzers", "list", "list d4-core's analyzer queues", .script = ctl_script_analyzers,
	.columns = "queue type items max_size sensors description"},
    {"analyzers", "create", "create a queue for a type, for all sensors or a group", .admin = true,
	.key = true, .script = ctl_script_analyzer_create,
	.arg = {MUST("type", CTL_TYPE), OPT("group", CTL_NAME),
	    OPT("size", CTL_COUNT), OPT("description", CTL_TEXT)}},
    {"analyzers", "size", "set how many items it may hold; 0: as configured", .admin = true,
	.script = ctl_script_analyzer_size,
	.arg = {MUST("queue", CTL_UUID), MUST("items", CTL_COUNT)}},
    {"analyzers", "describe", "set its description", .admin = true,
	.script = ctl_script_analyzer_describe,
	.arg = {MUST("queue", CTL_UUID), MUST("text", CTL_TEXT)}},
    {"analyzers", "add", "add a sensor to a queue made for a group", .admin = true,
	.script = ctl_script_analyzer_add,
	.arg = {MUST("queue", CTL_UUID), MUST("sensor", CTL_UUID)}},
    {"analyzers", "drop", "remove a sensor from such a queue", .admin = true,
	.script = ctl_script_analyzer_drop,
	.arg = {MUST("queue", CTL_UUID), MUST("sensor", CTL_UUID)}},
    {"analyzers", "show", "show everything about one, with its sensors", .script = ctl_script_analyzer_show,
	.arg = {MUST("queue", CTL_UUID)}},
    {"analyzers", "peek", "show the newest items, up to 200 bytes of each", .admin = true,
	.script = ctl_script_analyzer_peek, .columns = "bytes item",
	.arg = {MUST("queue", CTL_UUID), OPT("count", CTL_COUNT)}},
    {"analyzers", "empty", "drop its items", .admin = true,
	.script = ctl_script_analyzer_empty,
	.arg = {MUST("queue", CTL_UUID), OPT("yes", CTL_FLAG)}},
    {"analyzers", "remove", "remove it, with its items", .admin = true,
	.script = ctl_script_analyzer_remove,
	.arg = {MUST("queue", CTL_UUID), OPT("yes", CTL_FLAG)}},
    {"config", "reload", "reload configuration and certificates", .admin = true},
    {"config", "upgrade",
	"let the installed program take over; sessions move to it",
	.admin = true},
    {"config", "backup", "write sensors, keys and lists to a new file of mode 0600",
	.admin = true, .script = ctl_script_backup,
	.arg = {{.name = "file", .kind = CTL_OUT, .must = true},
	    OPT("after", CTL_UUID)}},
    {"config", "restore", "add the content of such a file", .admin = true,
	.effect = CTL_LISTS, .script = ctl_script_restore,
	.arg = {{.name = "file", .kind = CTL_IN, .must = true}}},
};
/* clang-format on */

const size_t ctl_n_rows = sizeof(ctl_rows) / sizeof(ctl_rows[0]);

const struct ctl_row *
ctl_find_words(const char *noun, const char *verb)
{
	for (size_t i = 0; i < ctl_n_rows; i++) {
		if (strcmp(ctl_rows[i].noun, noun) == 0 &&
		    strcmp(ctl_rows[i].verb, verb) == 0)
			return &ctl_rows[i];
	}
	return NULL;
}

const struct ctl_row *
ctl_find_noun(const char *noun)
{
	for (size_t i = 0; i < ctl_n_rows; i++) {
		if (ctl_rows[i].alone && strcmp(ctl_rows[i].noun, noun) == 0)
			return &ctl_rows[i];
	}
	return NULL;
}

const struct ctl_row *
ctl_find(const char *name)
{
	const char *dot = strchr(name, '.');
	size_t n = dot != NULL ? (size_t)(dot - name) : 0;

	for (size_t i = 0; dot != NULL && i < ctl_n_rows; i++) {
		if (strlen(ctl_rows[i].noun) == n &&
		    strncmp(ctl_rows[i].noun, name, n) == 0 &&
		    strcmp(ctl_rows[i].verb, dot + 1) == 0)
			return &ctl_rows[i];
	}
	return NULL;
}

size_t
ctl_args(const struct ctl_row *row)
{
	size_t n = 0;

	while (n < CTL_ARGS && row->arg[n].kind != CTL_NONE)
		n++;
	return n;
}
