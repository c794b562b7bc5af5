/* The presets. What each leaves visible: d4-pipelines(5). */
#include <stddef.h>
#include "sanitizers/preset.h"

/* The telescope's side is hidden, the other side is what it is about. */
#define HIDE_TELESCOPE(require)                                            \
	"- addr: {scope: $scope, into: $into, keep: $keep, others: keep, " \
	"require_scope: " require "}\n"

/* The host is not in every record. */
#define HIDE_HOST HIDE_TELESCOPE("none")

/* Other keys for each stretch of time, where the policy asks for it. */
#define EPOCH "- epoch: $epoch\n"

#define PACKETS          \
	"- link: zero\n" \
	"- payload: headers\n"

/* Of an object only what the rules behind this name. */
#define JSON_RULES            \
	"- json:\n"           \
	"    default: drop\n" \
	"    rules:\n"

/* Servers are what JA3 is about, save those that are protected. */
#define JA3_SERVER                                           \
	JSON_RULES                                           \
	"      - {path: /ServerIP, op: addr, others: keep, " \
	"scoped: drop}\n"                                    \
	"      - {path: /ServerPort, op: trunc, n: 64}\n"

/* trunc is for strings only: no object hides what the rules do not name. */
#define JA3_PRINTS                                        \
	"      - {path: /JA3, op: trunc, n: 4096}\n"      \
	"      - {path: /JA3Digest, op: trunc, n: 32}\n"  \
	"      - {path: /JA3S, op: trunc, n: 4096}\n"     \
	"      - {path: /JA3SDigest, op: trunc, n: 32}\n" \
	"      - {path: /TLSH, op: trunc, n: 128}\n"

const struct san_preset san_presets[] = {
    {.name = "telescope",
	.help = "headers of all that reaches a telescope",
	.must = {"scope"},
	.may = {"into", "keep", "epoch"},
	.steps = HIDE_TELESCOPE("any") PACKETS EPOCH "- time: 1ms\n"},
    {.name = "backscatter-partner",
	.help = "what victims of spoofed floods answer to a telescope",
	.must = {"scope"},
	.may = {"into", "keep", "epoch"},
	.steps = "- match: backscatter\n" HIDE_TELESCOPE("dst") PACKETS EPOCH
	"- time: 1ms\n"},
    {.name = "honeypot-partner",
	.help = "events of cowrie and dionaea, without the honeypot",
	.must = {"scope"},
	.may = {"into", "keep", "epoch"},
	.steps = HIDE_HOST EPOCH JSON_RULES
	"      - {path: /eventid, op: keep}\n"
	"      - {path: /timestamp, op: time, unit: 1s}\n"
	"      - {path: /session, op: tok, domain: session}\n"
	"      - {path: /sensor, op: tok, domain: sensor}\n"
	"      - {path: /src_ip, op: addr}\n"
	"      - {path: /src_port, op: keep}\n"
	"      - {path: /dst_ip, op: addr}\n"
	"      - {path: /dst_port, op: keep}\n"
	"      - {path: /protocol, op: keep}\n"
	"      - {path: /username, op: keep}\n"
	"      - {path: /password, op: keep}\n"
	"      - {path: /input, op: keep}\n"
	"      - {path: /url, op: keep}\n"
	"      - {path: /shasum, op: keep}\n"
	"      - {path: /version, op: keep}\n"
	"      - {path: /hassh, op: keep}\n"
	"      - {path: /connection/type, op: keep}\n"
	"      - {path: /connection/protocol, op: keep}\n"
	"      - {path: /connection/transport, op: keep}\n"
	"      - {path: /credentials, op: keep}\n"},
    {.name = "pdns-partner",
	.help = "passive DNS without who asked whom",
	.may = {"scope", "deny_suffix"},
	.steps = "- pdns: {client: zero, server: zero, scope: $scope, "
		 "deny_suffix: $deny_suffix}\n"
		 "- time: 1m\n"},
    {.name = "pdns-public",
	.help = "passive DNS that several clients saw, by the hour",
	.may = {"scope", "deny_suffix"},
	.steps = "- pdns: {client: zero, server: zero, scope: $scope, "
		 "deny_suffix: $deny_suffix, "
		 "rrtypes: [A, AAAA, CNAME, NS, MX], "
		 "min_distinct: 5, window: 7d}\n"
		 "- time: 1h\n"},
    {.name = "dnscap-partner",
	.help = "text of dnscap -g: names and answers, own hosts hidden",
	.must = {"scope"},
	.may = {"into", "keep", "deny_suffix", "epoch"},
	.steps = HIDE_TELESCOPE(
	    "any") "- dnscap: {deny_suffix: $deny_suffix}\n" EPOCH
		   "- time: 1s\n"},
    {.name = "cof-partner",
	.help = "passive DNS in JSON (COF), without what else is told",
	.may = {"scope", "deny_suffix"},
	.steps =
	    "- cof: {scope: $scope, deny_suffix: $deny_suffix}\n" JSON_RULES
	    "      - {path: /rrname, op: keep}\n"
	    "      - {path: /rrtype, op: keep}\n"
	    "      - {path: /rdata, op: keep}\n"
	    "      - {path: /time_first, op: time, unit: 1m}\n"
	    "      - {path: /time_last, op: time, unit: 1m}\n"
	    "      - {path: /count, op: keep}\n"},
    {.name = "ja3-partner",
	.help = "TLS fingerprints and certificates, clients as pseudonyms",
	.must = {"scope"},
	.may = {"keep", "epoch"},
	.steps = "- addr: {scope: $scope, keep: $keep, others: map, "
		 "require_scope: none}\n" EPOCH JA3_SERVER
		 "      - {path: /ClientIP, op: addr}\n"
		 "      - {path: /ClientPort, op: replace, value: '0'}\n"
		 "      - {path: /Timestamp, op: time, unit: 1s}\n" JA3_PRINTS
		 "      - {path: /Certificates, op: keep}\n"},
    {.name = "ja3-public",
	.help = "TLS fingerprints and hashes of certificates, no clients",
	.must = {"scope"},
	.cls = 3,
	.steps = "- addr: {scope: $scope, others: map, "
		 "require_scope: none}\n" JA3_SERVER
		 "      - {path: /ClientIP, op: replace, value: 0.0.0.0}\n"
		 "      - {path: /ClientPort, op: replace, value: '0'}\n"
		 "      - {path: /Timestamp, op: time, unit: 1h}\n" JA3_PRINTS
		 "      - {path: '$.Certificates[*].CertHash', op: trunc, n: "
		 "128}\n"},
    {.name = "sshd-partner",
	.help = "failed logins of sshd, without hosts and users",
	.must = {"scope"},
	.may = {"into", "keep", "suffixes", "epoch"},
	.steps = HIDE_HOST EPOCH
	"- text: {ip4: addr, ip6: addr, email: tok, "
	"credentials: mask, iban: mask, mac: tok, user: tok, "
	"host: tok, suffixes: $suffixes, stamp: rfc3164, "
	"regex: [{match: '^[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} (\\S+) ', "
	"act: tok, domain: host}]}\n"
	"- time: 1m\n"},
    {.name = "ndjson-allowlist",
	.help = "the named parts of JSON lines, as they are",
	.must = {"paths"},
	.steps = JSON_RULES "      - {each: $paths, path: $item, op: keep}\n"},
    {.name = NULL},
};
