/*
 * The built-in mappers. Relations, types and templates are MISP's own (the
 * templates of MISP/misp-objects); unit.misp_mapper holds them against them.
 * Datetimes, counters and texts stand in category Other: in the others they
 * are refused.
 */
#include <string.h>
#include "misp-export/mapper.h"

#define NET "Network activity"

static const struct map_rel rel_pdns[] = {
    {"rrname", "text", NET, "rrname", MAP_KEY | MAP_SIGHT},
    {"rrtype", "text", NET, "rrtype", MAP_KEY | MAP_QUIET},
    {"rdata", "text", NET, "rdata", MAP_KEY},
    {"count", "counter", NULL, "", MAP_COUNT | MAP_QUIET},
    {"time_first", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {"time_last", "datetime", NULL, "", MAP_LAST | MAP_QUIET},
    {.type = NULL},
};

static const struct map_rel rel_ja3[] = {
    {"ja3-fingerprint-md5", "ja3-fingerprint-md5", NULL, "/JA3Digest",
	MAP_KEY | MAP_IDS | MAP_SIGHT},
    {"ip-dst", "ip-dst", NULL, "/ServerIP", MAP_KEY},
    {"first-seen", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {"last-seen", "datetime", NULL, "", MAP_LAST | MAP_QUIET},
    {.type = NULL},
};

/* Both hashes are required by the template. */
static const struct map_rel rel_ja3s[] = {
    {"ja3s-fingerprint-md5", "ja3-fingerprint-md5", NULL, "/JA3SDigest",
	MAP_KEY | MAP_IDS | MAP_SIGHT},
    {"ja3-fingerprint-md5", "ja3-fingerprint-md5", NULL, "/JA3Digest", MAP_KEY},
    {"ip-src", "ip-src", NULL, "/ServerIP", MAP_KEY},
    {"first-seen", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {"last-seen", "datetime", NULL, "", MAP_LAST | MAP_QUIET},
    {.type = NULL},
};

/* Suricata's eve, Zeek's ssl.log with its plugin, and plain members. */
static const struct map_rel rel_ja4[] = {
    {"ja4-fingerprint", "text", NULL, "/tls/ja4|/quic/ja4|/ja4|/JA4",
	MAP_KEY | MAP_SIGHT},
    {"ja4-type", "text", NULL, "JA4", MAP_CONST | MAP_QUIET},
    {"ip-src", "ip-src", NULL, "/src_ip|/id.orig_h|/ClientIP", MAP_KEY},
    {.type = NULL},
};

/* Of a server: its address is the one that the fingerprint is of. */
static const struct map_rel rel_ja4s[] = {
    {"ja4-fingerprint", "text", NULL, "/tls/ja4s|/quic/ja4s|/ja4s|/JA4S",
	MAP_KEY | MAP_SIGHT},
    {"ja4-type", "text", NULL, "JA4S", MAP_CONST | MAP_QUIET},
    {"ip-src", "ip-src", NULL, "/dest_ip|/id.resp_h|/ServerIP", MAP_KEY},
    {.type = NULL},
};

/* What is known of an SSH host; one of it makes a finding. */
#define SSH_WHAT                                                    \
	"/keys/0/fingerprint|/fingerprint|/hassh|/hassh/0|/banner|" \
	"/banner/0"

/* As D4-project/passive-ssh tells of a host, and flat. */
static const struct map_rel rel_ssh[] = {
    {"host", "ip-dst", NET, "/host|/ip|/ServerIP", MAP_KEY | MAP_SIGHT},
    {"port", "port", NULL, "/port", MAP_QUIET},
    {NULL, "text", NULL, SSH_WHAT, MAP_KEY | MAP_HIDDEN},
    {"fingerprint", "ssh-fingerprint", NULL, "/keys/0/fingerprint|/fingerprint",
	MAP_QUIET},
    {"base64", "text", NULL, "/keys/0/base64|/base64", MAP_QUIET},
    {"hassh", "hassh-md5", NULL, "/hassh|/hassh/0", 0},
    {"banner", "text", NET, "/banner|/banner/0", 0},
    {"first_seen", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {"last_seen", "datetime", NULL, "", MAP_LAST | MAP_QUIET},
    {.type = NULL},
};

/* The leaf of a session's chain, as sensor-d4-tls-fingerprinting has it. */
static const struct map_rel rel_x509[] = {
    {"x509-fingerprint-sha256", "x509-fingerprint-sha256", NULL,
	"/Certificates/0/CertHash|/fingerprint_sha256",
	MAP_KEY | MAP_IDS | MAP_SIGHT},
    {"serial-number", "text", NULL,
	"/Certificates/0/SerialNumber|/serial_number", 0},
    {"issuer", "text", NULL, "/Certificates/0/Issuer/CommonName|/issuer",
	MAP_QUIET},
    {"subject", "text", NULL, "/Certificates/0/Subject/CommonName|/subject", 0},
    {"validity-not-before", "datetime", NULL,
	"/Certificates/0/NotBefore|/not_before", MAP_QUIET},
    {"validity-not-after", "datetime", NULL,
	"/Certificates/0/NotAfter|/not_after", MAP_QUIET},
    {"ip", "ip-dst", NULL, "/ServerIP", 0},
    {.type = NULL},
};

static const struct map_rel rel_maltrail[] = {
    {"ip-src", "ip-src", NULL, "src", MAP_KEY},
    {"ip-dst", "ip-dst", NULL, "dst", MAP_KEY | MAP_SIGHT},
    {"dst-port", "port", NULL, "dst_port", MAP_QUIET},
    {"layer4-protocol", "text", NULL, "proto", MAP_QUIET},
    {NULL, "text", NULL, "trail", MAP_KEY | MAP_HIDDEN},
    {"count", "counter", NULL, "", MAP_COUNT | MAP_QUIET},
    {"first-packet-seen", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {"last-packet-seen", "datetime", NULL, "", MAP_LAST | MAP_QUIET},
    {.type = NULL},
};

static const struct map_rel rel_auth[] = {
    {"ip-src", "ip-src", NULL, "ip|/src_ip", MAP_KEY | MAP_IDS | MAP_SIGHT},
    {"username", "text", NULL, "user|/username", MAP_KEY | MAP_QUIET},
    {"type", "text", NULL, "ssh", MAP_CONST | MAP_QUIET},
    {"total", "counter", NULL, "", MAP_COUNT | MAP_QUIET},
    {.type = NULL},
};

/* Somebody got into a honeypot's sshd: its port is what was attacked. */
static const struct map_rel rel_login[] = {
    {"ip-src", "ip-src", NULL, "ip", MAP_KEY | MAP_IDS | MAP_SIGHT},
    {"dst-port", "port", NULL, "22", MAP_CONST | MAP_QUIET},
    {NULL, "text", NULL, "user", MAP_KEY | MAP_HIDDEN},
    {"protocol", "text", NULL, "ssh", MAP_CONST | MAP_QUIET},
    {"first-seen", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {"last-seen", "datetime", NULL, "", MAP_LAST | MAP_QUIET},
    {"text", "text", NULL, "logins to the honeypot: ", MAP_COUNT | MAP_QUIET},
    {.type = NULL},
};

static const struct map_rel rel_cowrie[] = {
    {"session", "text", NULL, "/session", MAP_KEY | MAP_QUIET},
    {"eventid", "text", NULL, "/eventid", MAP_KEY | MAP_QUIET},
    {"src_ip", "ip-src", NULL, "/src_ip", MAP_KEY | MAP_IDS | MAP_SIGHT},
    {"username", "text", NULL, "/username", MAP_QUIET},
    {"password", "text", NULL, "/password", MAP_QUIET},
    {"protocol", "text", NULL, "/protocol", MAP_QUIET},
    {"timestamp", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {.type = NULL},
};

/*
 * Whoever answers packets that it never asked for is being attacked with
 * forged sources: the source of the backscatter is the destination of the
 * attack. Rates would be of type integer, which MISP 2.5.1 refuses.
 */
static const struct map_rel rel_ddos[] = {
    {"ip-dst", "ip-dst", NULL, "victim", MAP_KEY | MAP_SIGHT},
    {"protocol", "text", NULL, "proto", MAP_KEY | MAP_QUIET},
    {"dst-port", "port", NULL, "port", MAP_QUIET},
    {NULL, "text", NULL, "port|kind", MAP_KEY | MAP_HIDDEN},
    {"capture-origin", "text", NULL,
	"Indirect network capture (e.g. backscatter)", MAP_CONST | MAP_QUIET},
    {"first-seen", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {"last-seen", "datetime", NULL, "", MAP_LAST | MAP_QUIET},
    {"text", "text", NULL,
	"ip-dst is the victim, the source of the backscatter; packets of "
	"backscatter seen: ",
	MAP_COUNT | MAP_QUIET},
    {.type = NULL},
};

/* Suricata's, Zeek's and plain names of the same; IPFIX by the first. */
static const struct map_rel rel_net[] = {
    {"ip-src", "ip-src", NULL, "/src_ip|/id.orig_h|/ip_src", MAP_KEY},
    {"ip-dst", "ip-dst", NULL, "/dest_ip|/id.resp_h|/dst_ip|/ip_dst",
	MAP_KEY | MAP_SIGHT},
    {"src-port", "port", NULL, "/src_port|/id.orig_p", MAP_QUIET},
    {"dst-port", "port", NULL, "/dest_port|/id.resp_p|/dst_port", MAP_QUIET},
    {NULL, "text", NULL, "/dest_port|/id.resp_p|/dst_port|/proto",
	MAP_KEY | MAP_HIDDEN},
    {"layer4-protocol", "text", NULL, "/proto|/protocol", MAP_QUIET},
    {"community-id", "community-id", NULL, "/community_id", 0},
    {"count", "counter", NULL, "", MAP_COUNT | MAP_QUIET},
    {"first-packet-seen", "datetime", NULL, "", MAP_FIRST | MAP_QUIET},
    {"last-packet-seen", "datetime", NULL, "", MAP_LAST | MAP_QUIET},
    {.type = NULL},
};

static const struct mapper mappers[] = {
    {.id = "passive-dns",
	.object = "passive-dns",
	.reader = "pdns",
	.rel = rel_pdns},
    {.id = "ja3",
	.object = "ja3",
	.reader = "json",
	.when = "/JA3Digest",
	.rel = rel_ja3},
    {.id = "ja3s",
	.object = "ja3s",
	.reader = "json",
	.when = "/JA3SDigest",
	.rel = rel_ja3s},
    {.id = "ja4",
	.object = "ja4-plus",
	.reader = "json",
	.when = "/tls/ja4|/quic/ja4|/ja4|/JA4",
	.rel = rel_ja4},
    {.id = "ja4s",
	.object = "ja4-plus",
	.reader = "json",
	.when = "/tls/ja4s|/quic/ja4s|/ja4s|/JA4S",
	.rel = rel_ja4s},
    {.id = "passive-ssh",
	.object = "passive-ssh",
	.reader = "json",
	.when = SSH_WHAT,
	.rel = rel_ssh},
    {.id = "x509",
	.object = "x509",
	.reader = "json",
	.when = "/Certificates/0/CertHash|/fingerprint_sha256",
	.rel = rel_x509},
    {.id = "maltrail",
	.object = "network-connection",
	.reader = "maltrail",
	.comment = "maltrail: {trail} {info} ({reference})",
	.rel = rel_maltrail},
    {.id = "authentication-failure-report",
	.object = "authentication-failure-report",
	.reader = "sshd",
	.when = "result",
	.is = "failed",
	.rel = rel_auth},
    {.id = "honeypot-login",
	.object = "ip-port",
	.reader = "sshd",
	.when = "result",
	.is = "accepted",
	.comment = "honeypot login as {user}",
	.rel = rel_login},
    {.id = "cowrie",
	.object = "cowrie",
	.reader = "json",
	.when = "/eventid",
	.is = "cowrie.login*",
	.rel = rel_cowrie},
    {.id = "ddos",
	.object = "ddos",
	.reader = "packet",
	.when = "victim",
	.rel = rel_ddos},
    {.id = "network-connection",
	.object = "network-connection",
	.reader = "json",
	.rel = rel_net},
    {.id = "flow",
	.object = "network-connection",
	.reader = "ipfix",
	.rel = rel_net},
};

const struct mapper *
mapper_builtin(size_t i)
{
	return i < sizeof(mappers) / sizeof(mappers[0]) ? &mappers[i] : NULL;
}

static const struct template templates[] = {
    {"anonymisation", "5867cffe-60ff-44f6-b097-e5f36b5de0ac", "2", "misc",
	"Anonymisation object describing an anonymisation technique"},
    {"authentication-failure-report", "9b39afe0-9809-4fe0-8a0b-4cec2b140dd2",
	"4", "network", "Authentication Failure Report"},
    {"cowrie", "ae085d32-6534-4d52-b3eb-063fccb753e7", "3", "network",
	"Cowrie honeypot object template"},
    {"ddos", "e2f124d6-f57c-4f93-99e6-8450545fa05d", "10", "network",
	"DDoS object describes a current DDoS activity"},
    {"domain-ip", "43b3b146-77eb-4931-b4cc-b66c60f28734", "11", "network",
	"A domain/hostname and IP address seen as a tuple"},
    {"ip-port", "9f8cea74-16fe-4968-a2b4-026676949ac6", "10", "network",
	"An IP address (or domain or hostname) and a port seen as a tuple"},
    {"ja3", "09b45449-5d6e-492c-a68a-cb2e188cbfac", "4", "network",
	"JA3 fingerprint of a TLS client"},
    {"ja3s", "7f377f66-d128-4b97-897f-592d06ba2ff7", "5", "network",
	"JA3S fingerprint of a TLS server"},
    {"ja4-plus", "2c15c75e-e7db-4b62-8d17-633e7571818f", "2", "network",
	"JA4+ network fingerprint"},
    {"network-connection", "af16764b-f8e5-4603-9de1-de34d272f80b", "7",
	"network", "A local or remote network connection"},
    {"passive-dns", "b77b7b1c-66ab-4a41-8da4-83810f6d2d6c", "5", "network",
	"Passive DNS records"},
    {"passive-ssh", "ec350cdf-2311-4df5-972a-a4342a2c0065", "2", "network",
	"Passive SSH"},
    {"x509", "d1ab756a-26b5-4349-9f43-765630f0911c", "14", "network",
	"x509 object describing a X.509 certificate"},
};

const struct template *
template_at(size_t i)
{
	return i < sizeof(templates) / sizeof(templates[0]) ? &templates[i]
	                                                    : NULL;
}

const struct template *
template_find(const char *name)
{
	const struct template *t;

	for (size_t i = 0; (t = template_at(i)) != NULL; i++) {
		if (strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}
