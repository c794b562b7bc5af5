#include "policy.h"

/* Where `with` holds a ^, the error is expected there; else at line:column. */
struct row {
	const char *name;
	unsigned at;      /* line of the small policy to replace */
	const char *with; /* by this */
	unsigned line, column;
	const char *what;
	const char *remedy;
};

#define HUB "hub: {id: lu-hub-1, org: " ORG_OWN
#define SRC "  - {id: s1, sensors: [" SENSOR_1 "], types: [1, 8], org: " ORG_OWN
#define PRT "  - {id: p1, kind: partner, groups: [g1], min_class: S0"
#define PIP "  - {id: raw, types: [1, 8], meta: [ja3-jl]"
#define SHR "  - {id: r1, to: [p1], from: [s1], pipeline: raw"
#define DNY "  - {id: d1, to: [p1]"

static const struct row file_rows[] = {
    {"unknown room", 1, "version: 1\nshares: []", 2, 1, "unknown key `shares`",
	"did you mean `share`?"},
    {"no version", 1, "#", 2, 1, "`version` is missing", "add it"},
    {"version 2", 1, "version: ^2", 0, 0, "a version", "write `version: 1`"},
    {"no hub", 2, "#", 1, 1, "`hub` is missing", "add it"},
    {"hub id", 2, "hub: {id: ^LU, org: " ORG_OWN "}", 0, 0, "`LU` is not an id",
	"a-z, 0-9 and -"},
    {"hub without org", 2, "hub: ^{id: lu}", 0, 0, "`org` is missing", ""},
    {"hub org", 2, "hub: {id: lu, org: ^CSIRT}", 0, 0, "`CSIRT` is no UUID",
	"8-4-4-4-12"},
    {"default_tlp", 2, HUB ", default_tlp: ^gren}", 0, 0,
	"unknown value `gren`", "did you mean `green`?"},
    {"key store", 2, HUB ", master_key: ^\"vault:x\"}", 0, 0, "is not a file",
	"file:/path"},
    {"key without path", 2, HUB ", master_key: ^\"file:\"}", 0, 0, "no path",
	"file:/path"},
    {"anchors", 2, "hub: ^&h {id: lu, org: " ORG_OWN "}", 0, 0, "anchors",
	"remove it"},
    {"networks list", 3, "networks: ^[a]", 0, 0, "no map of networks", ""},
    {"network id", 3, "networks: {^Tele: [10.0.0.0/8]}", 0, 0, "is not an id",
	""},
    {"network empty", 3, "networks: {tele: ^[]}", 0, 0, "an empty list", ""},
    {"host bits", 3, "networks: {tele: [^10.1.0.1/16]}", 0, 0,
	"`10.1.0.1/16` is not a prefix", "host bits"},
    {"mapped", 3, "networks: {tele: [^\"::ffff:10.1.0.0/112\"]}", 0, 0,
	"`::ffff:10.1.0.0/112` is not a prefix", "write it as IPv4"},
    {"no prefix", 3, "networks: {tele: [^10.1/16]}", 0, 0, "is not a prefix",
	"write 10.1.0.0/16"},
    {"no loader", 3, "networks: {tele: {file: ^x}}", 0, 0,
	"no files can be read", "as a list"},
    {"network key", 3, "networks: {tele: {^fiel: x}}", 0, 0,
	"unknown key `fiel`", "did you mean `file`?"},
};

static const struct row source_rows[] = {
    {"unknown key", 5, SRC ", ^florr_tlp: red}", 0, 0,
	"unknown key `florr_tlp`", "did you mean `floor_tlp`?"},
    {"both", 5,
	"  - ^{id: s1, queue: q1, sensors: [" SENSOR_1
	"], types: [1], org: " ORG_OWN "}",
	0, 0, "names both sensors and a queue", "`queue: ID`"},
    {"queue id", 5, "  - {id: s1, queue: ^Q1, types: [1], org: " ORG_OWN "}", 0,
	0, "is not an id", "a-z, 0-9"},
    {"fed_by alone", 5, SRC ", fed_by: ^[" SENSOR_2 "]}", 0, 0,
	"`fed_by` without `queue`", "remove it"},
    {"fed by a stranger", 5,
	"  - {id: s1, queue: q1, types: [1], org: " ORG_OWN
	", fed_by: [" SENSOR_3 "]}",
	5, 5, "which no source names", "source of its own"},
    {"queue twice", 5,
	"  - {id: s1, queue: q1, types: [1], org: " ORG_OWN
	"}\n  - {id: s3, queue: q1, types: [1, 8], org: " ORG_OWN "}",
	6, 5, "queue `q1` stands in `s1` and `s3`", "strictest"},
    {"no sensors", 5, "  - ^{id: s1, types: [1], org: " ORG_OWN "}", 0, 0,
	"names neither sensors nor a queue", "`sensors: [UUID]`"},
    {"no types", 5, "  - ^{id: s1, sensors: [" SENSOR_1 "], org: " ORG_OWN "}",
	0, 0, "source `s1` names no types", "add `types: [1]`"},
    {"type 2", 5,
	"  - {id: s1, sensors: [" SENSOR_1 "], types: [^2], org: " ORG_OWN "}",
	0, 0, "2 is not a plain data type", "under `meta:`"},
    {"type 254", 5,
	"  - {id: s1, sensors: [" SENSOR_1 "], types: [^254], org: " ORG_OWN
	"}",
	0, 0, "254 is not a plain data type", "under `meta:`"},
    {"meta type climbs", 5,
	"  - {id: s1, sensors: [" SENSOR_1 "], meta: [^../x], org: " ORG_OWN
	"}",
	0, 0, "is not an extended type", ""},
    {"not version 4", 5,
	"  - {id: s1, sensors: ^[4072e072-bfaa-1395-9bb1-ccb3b470d715], types: "
	"[1], org: " ORG_OWN "}",
	0, 0, "not version 4", "version 4"},
    {"pap", 5, SRC ", default_pap: ^orange}", 0, 0, "unknown value", ""},
    {"same id", 5,
	"  - {id: s2, sensors: [" SENSOR_3 "], types: [1], org: " ORG_OWN "}",
	6, 10, "source `s2` is there already, in line 5", "another id"},
    {"same sensor and type", 5,
	"  - {id: s1, sensors: [" SENSOR_2 "], meta: [ja3-jl], org: " ORG_OWN
	"}",
	6, 5, "stands in `s1` and `s2`", "one source"},
    {"sensor twice", 5,
	"  - {id: s1, sensors: [" SENSOR_1 ", " SENSOR_1
	"], types: [1], org: " ORG_OWN "}",
	5, 5, "twice", "name it once"},
    {"sources is a map", 4, "sources: {}\nxsources:", 5, 1, "unknown key", ""},
};

static const struct row partner_rows[] = {
    {"kind", 8, "  - {id: p1, kind: ^frend, min_class: S0}", 0, 0,
	"unknown value `frend`", "known: own, client, partner, public"},
    {"no kind", 8, "  - ^{id: p1, min_class: S0}", 0, 0, "`kind` is missing",
	""},
    {"no class", 8, "  - ^{id: p1, kind: partner}", 0, 0,
	"`min_class` is missing", ""},
    {"class", 8, "  - {id: p1, kind: own, min_class: ^S5}", 0, 0,
	"unknown value `S5`", "did you mean"},
    {"host", 8, PRT ", ^host: h.example}", 0, 0, "unknown key `host`", ""},
    {"forgettable", 8, PRT ", forgettable: ^yes}", 0, 0, "`yes` is no boolean",
	"true or false"},
    {"networks", 8, PRT ", networks: [^x]}", 0, 0, "unknown network `x`", ""},
    {"own prefix", 8, PRT ", networks: [^203.0.113.1/24]}", 0, 0,
	"`203.0.113.1/24` is not a prefix", "set the host bits to zero"},
    {"no networks", 8, PRT ", networks: ^[]}", 0, 0, "an empty list", ""},
    {"domain", 8, PRT ", domains: [^\"a..b\"]}", 0, 0, "`a..b` is not a domain",
	"example.org"},
    {"asns", 8, PRT ", ^asns: [64496]}", 0, 0,
	"`asns` is not enforced by this version", "under `networks`"},
    {"profile", 8, PRT ", profile: ^d4core}", 0, 0, "unknown value `d4core`",
	"did you mean `d4-core`?"},
    {"state", 8, PRT ", state: ^on}", 0, 0, "unknown value `on`", ""},
    {"accept", 8, PRT ", accept_pap: ^clear}", 0, 0,
	"a value where a list belongs", "write it as [a, b]"},
    {"hosts_others", 8, PRT ", hosts_others: ^true}", 0, 0,
	"is for `kind: own`", "leave it out"},
    {"hosts_others yes", 8, PRT ", hosts_others: ^yes}", 0, 0,
	"`yes` is no boolean", "write true or false"},
    {"sink", 8, PRT ", sink: ^tpc}", 0, 0, "unknown value `tpc`",
	"did you mean `tcp`?"},
    {"sink without D4 to others", 8,
	"  - {id: p1, kind: partner, min_class: S0, sink: ^tcp}", 0, 0,
	"`sink: tcp` is for `kind: own`", "use d4, or directory"},
    {"syslog to the public", 8,
	"  - {id: p1, kind: public, min_class: S3, sink: ^syslog}", 0, 0,
	"`sink: syslog` is for `kind: own`", "use d4, or directory"},
    {"udp to a client", 8,
	"  - {id: p1, kind: client, min_class: S0, sink: ^udp}", 0, 0,
	"`sink: udp` is for `kind: own`", "use d4, or directory"},
    {"unix to a partner", 8,
	"  - {id: p1, kind: partner, min_class: S0, sink: ^unix}", 0, 0,
	"`sink: unix` is for `kind: own`", "use d4, or directory"},
    {"tls to a partner", 8,
	"  - {id: p1, kind: partner, min_class: S0, sink: ^tls}", 0, 0,
	"`sink: tls` is for `kind: own`", "use d4, or directory"},
    {"agreement text", 8, PRT ", agreement: ^\"2024-17\"}", 0, 0,
	"a value where a map belongs", ""},
    {"agreement turned", 8,
	PRT ", agreement: ^{from: 2026-01-01, until: 2025-01-01}}", 0, 0,
	"ends before it begins", ""},
    {"no date", 8, PRT ", agreement: {until: ^2025-02-29}}", 0, 0,
	"`2025-02-29` is not a date", "2027-12-31"},
    {"hub's id", 8, "  - {id: ^lu-hub-1, kind: partner, min_class: S0}", 0, 0,
	"the hub's own id", "another id"},
    {"groups", 8, "  - {id: p1, kind: own, min_class: S0, groups: [^A B]}", 0,
	0, "is not an id", ""},
};

static const struct row pipeline_rows[] = {
    {"no steps", 11, PIP "}", 11, 5, "`steps` is missing", ""},
    {"steps map", 11, PIP ", steps: ^{}}", 0, 0, "no list of steps",
	"steps: []"},
    {"class", 11, PIP ", class: ^2, steps: []}", 0, 0, "unknown value `2`", ""},
    {"no types", 11, "  - ^{id: raw, steps: []}", 0, 0, "names no types", ""},
    {"typo", 11, PIP ", ^stesp: []}", 0, 0, "unknown key `stesp`",
	"did you mean `steps`?"},
};

static const struct row share_rows[] = {
    {"no because", 13, SHR "}", 13, 5, "`because` is missing", "add it"},
    {"empty because", 13, SHR ", because: ^\" \"}", 0, 0, "an empty text",
	"write why"},
    {"no from", 13, "  - ^{id: r1, to: [p1], pipeline: raw, because: x}", 0, 0,
	"`from` is missing", ""},
    {"unknown partner", 13,
	"  - {id: r1, to: [^p2], from: [s1], pipeline: raw, because: x}", 0, 0,
	"unknown partner `p2`", "did you mean `p1`?"},
    {"group without prefix", 13,
	"  - {id: r1, to: [^g1], from: [s1], pipeline: raw, because: x}", 0, 0,
	"`g1` is a group, not a partner", "group:NAME"},
    {"unknown group", 13,
	"  - {id: r1, to: [^\"group:g2\"], from: [s1], pipeline: raw, because: "
	"x}",
	0, 0, "no partner is in group `g2`", "groups:"},
    {"unknown source", 13,
	"  - {id: r1, to: [p1], from: [^s9], pipeline: raw, because: x}", 0, 0,
	"unknown source `s9`", "did you mean `s1`?"},
    {"unknown pipeline", 13,
	"  - {id: r1, to: [p1], from: [s1], pipeline: ^rwa, because: x}", 0, 0,
	"unknown pipeline `rwa`", "did you mean `raw`?"},
    {"type not of the pipeline", 13, SHR ", types: ^[3], because: x}", 0, 0,
	"does not take all of these", "that the pipeline takes"},
    {"meta not of the pipeline", 13, SHR ", meta: [^maltrail], because: x}", 0,
	0, "does not take `maltrail`", ""},
    {"tags as a list", 13, SHR ", tags: ^[\"a:b\"], because: x}", 0, 0,
	"does not say how the tags are meant", "{any: [...]}"},
    {"tlp in tags", 13, SHR ", tags: {any: [^\"TLP:green\"]}, because: x}", 0,
	0, "labels are judged by the ceiling", "floor_tlp"},
    {"pap in none", 13, SHR ", tags: {none: [^\"pap:red\"]}, because: x}", 0, 0,
	"labels are judged by the ceiling", ""},
    {"rate", 13, SHR ", max_rate: ^20Mb, because: x}", 0, 0,
	"`20Mb` is not a rate", "Mbit/s"},
    {"rate overflows", 13,
	SHR ", max_rate: ^99999999999999999Gbit/s, because: x}", 0, 0,
	"is not a rate", ""},
    {"volume", 13, SHR ", max_volume: ^50GiB, because: x}", 0, 0,
	"`50GiB` is no volume", "50GiB/day"},
    {"delay", 13, SHR ", delay: ^24, because: x}", 0, 0, "`24` is no duration",
	"digits and a unit"},
    {"delay for ever", 13, SHR ", delay: ^4000d, because: x}", 0, 0,
	"a delay of more than 3650 days", ""},
    {"embargo", 13, SHR ", embargo: ^24h, because: x}", 0, 0,
	"`24h` is not a date or time", "2026-12-31T12:00:00Z"},
    {"embargo on no day", 13, SHR ", embargo: ^2026-02-29, because: x}", 0, 0,
	"`2026-02-29` is not a date or time", "its end, UTC"},
    {"embargo without a zone", 13,
	SHR ", embargo: ^2026-12-31T12:00:00, because: x}", 0, 0,
	"is not a date or time", ""},
    {"embargo as a list", 13, SHR ", embargo: ^[2026-12-31], because: x}", 0, 0,
	"`(list or map)` is not a date or time", ""},
    {"identity", 13, SHR ", identity: ^sensors, because: x}", 0, 0,
	"unknown value `sensors`", "did you mean `sensor`?"},
    {"hops", 13, SHR ", hops: ^0, because: x}", 0, 0, "not in the range", ""},
    {"concerns", 13, SHR ", concerns: ^sender, because: x}", 0, 0,
	"unknown value `sender`", "recipient"},
    {"concerns without steps", 13, SHR ", concerns: ^recipient, because: x}", 0,
	0, "looks into no record", "name a pipeline with steps"},
    {"misp to a D4 partner", 13, SHR ", misp: ^{object: x}, because: x}", 0, 0,
	"partner `p1` has no `sink: misp`", ""},
    {"misp distribution", 14,
	"  - {id: r2, to: [own1], from: [s1], pipeline: raw, misp: {object: x, "
	"distribution: ^3}, because: x}",
	0, 0, "unknown value `3`", "own, community"},
    {"after nothing", 13, SHR ", after: [^r2], because: x}", 0, 0,
	"`after: r2` names no earlier rule", "above this one"},
    {"id of a reason", 13,
	"  - {id: ^pap, to: [p1], from: [s1], pipeline: raw, because: x}", 0, 0,
	"name of a built-in reason", "another id"},
    {"id of a deny rule", 13,
	"  - {id: ^d1, to: [p1], from: [s1], pipeline: raw, because: x}", 0, 0,
	"deny rule `d1` is there already, in line 16", ""},
    {"downgrade without ticket", 13,
	SHR ", relabel: ^{from: amber, to: clear, authority: x, expires: "
	    "2027-01-01}, because: x}",
	0, 0, "a downgrade without `ticket`", "who allowed it"},
    {"from without downgrade", 13,
	SHR ", relabel: {from: ^green, to: amber}, because: x}", 0, 0,
	"`to` is not below it", "leave `from` out"},
    {"relabel without to", 13, SHR ", relabel: ^{from: green}, because: x}", 0,
	0, "`to` is missing", ""},
};

static const struct row deny_rows[] = {
    {"no because", 16, DNY "}", 16, 5, "`because` is missing", ""},
    {"unknown source", 16, DNY ", from: [^s7], because: x}", 0, 0,
	"unknown source `s7`", ""},
    {"label in none", 16, DNY ", tags: {none: [^\"tlp:red\"]}, because: x}", 0,
	0, "labels are judged by the ceiling", ""},
    {"pipeline", 16, DNY ", ^pipeline: raw, because: x}", 0, 0,
	"unknown key `pipeline`", ""},
    {"a share key", 16, DNY ", ^expires: 2027-01-01, because: x}", 0, 0,
	"unknown key `expires`", ""},
};

/* Takes the ^ out of the text and says where it was. */
static struct d4_mark
take_caret(char *text, const struct row *r)
{
	struct d4_mark at = {r->line, r->column};
	char *caret = strchr(text, '^'), *p;

	if (caret == NULL)
		return at;
	at = (struct d4_mark){1, 1};
	for (p = text; p < caret; p++) {
		at.column = *p == '\n' ? 1 : at.column + 1;
		at.line += *p == '\n';
	}
	memmove(caret, caret + 1, strlen(caret));
	return at;
}

static void
check_row(const struct row *r)
{
	char *text = policy_text(r->at, r->with);
	struct d4_mark at = take_caret(text, r);
	struct d4_diag diag = {.file = "p"};
	struct pol *p = (struct pol *)&diag;

	if (pol_parse(d4_slice_str(text), NULL, &diag, &p) != D4_EINVAL)
		fail_msg("%s: accepted", r->name);
	assert_ptr_equal(p, &diag);
	if (strstr(diag.what, r->what) == NULL ||
	    strstr(diag.remedy, r->remedy) == NULL)
		fail_msg("%s: %s; %s", r->name, diag.what, diag.remedy);
	if (diag.line != at.line || diag.column != at.column)
		fail_msg("%s: at %u:%u, not %u:%u (%s)", r->name, diag.line,
		    diag.column, at.line, at.column, diag.what);
	if (diag.remedy[0] == '\0')
		fail_msg("%s: no remedy", r->name);
	free(text);
}

#define ROWS(name, rows)                          \
	static void name(void **state)            \
	{                                         \
		size_t i;                         \
		(void)state;                      \
		for (i = 0; i < COUNT(rows); i++) \
			check_row(&(rows)[i]);    \
	}

ROWS(mistakes_in_the_file_hub_and_networks_are_named, file_rows)
ROWS(mistakes_in_sources_are_named, source_rows)
ROWS(mistakes_in_partners_are_named, partner_rows)
ROWS(mistakes_in_pipelines_are_named, pipeline_rows)
ROWS(mistakes_in_share_rules_are_named, share_rows)
ROWS(mistakes_in_deny_rules_are_named, deny_rows)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mistakes_in_the_file_hub_and_networks_are_named),
	    cmocka_unit_test(mistakes_in_sources_are_named),
	    cmocka_unit_test(mistakes_in_partners_are_named),
	    cmocka_unit_test(mistakes_in_pipelines_are_named),
	    cmocka_unit_test(mistakes_in_share_rules_are_named),
	    cmocka_unit_test(mistakes_in_deny_rules_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
