/* The rows of the table of reasons: see libd4/reason.h. */
#ifndef D4_REASON_LIST_H
#define D4_REASON_LIST_H

/* X(symbol, "name", class, "one line for people") */
#define D4_REASONS(X)                                                          \
	X(NONE, "none", NONE, "released")                                      \
	/* sanitizers: filters */                                              \
	X(SCOPE_MISS, "scope.miss", FILTER, "no address of the scope")         \
	X(MATCH_MISS, "match.miss", FILTER, "not matched by the pipeline")     \
	X(CONCERNS_MISS, "concerns.miss", FILTER,                              \
	    "nothing of the partner's networks or domains")                    \
	X(BPF_MISS, "bpf.miss", FILTER, "not matched by the BPF filter")       \
	X(ADDR_DROP, "addr.drop", FILTER, "address that may not leave")        \
	X(PDNS_RRTYPE, "pdns.rrtype", FILTER, "record type not listed")        \
	X(PDNS_SUFFIX, "pdns.suffix", FILTER, "name under a denied suffix")    \
	X(PDNS_ALLOW, "pdns.allow", FILTER, "name under no allowed suffix")    \
	X(PDNS_LABEL, "pdns.label", FILTER, "single-label or denied label")    \
	X(PDNS_REVERSE, "pdns.reverse", FILTER, "reverse name of the scope")   \
	X(PDNS_ANSWER, "pdns.answer", FILTER, "answer inside the scope")       \
	X(PDNS_COUNT, "pdns.count", FILTER, "seen fewer times than min_count") \
	X(PDNS_DISTINCT, "pdns.distinct", FILTER,                              \
	    "seen by fewer than min_distinct witnesses")                       \
	X(PCAPNG_META, "pcapng.meta", FILTER, "a block without a packet")      \
	X(PCAPNG_OPTION, "pcapng.option", FILTER, "an option of a block")      \
	X(IPFIX_OPTIONS, "ipfix.options", FILTER, "options data not released") \
	X(EPOCH_KEY, "epoch.key", FILTER, "no key for its epoch")              \
	X(WATCH_SIZE, "watch.size", FILTER, "file over max_size")              \
	X(WATCH_MAGIC, "watch.magic", FILTER, "kind of file is not listed")    \
	X(STEP_DROP, "step.drop", FILTER, "dropped by a drop step")            \
	X(TEXT_DROP, "text.drop", FILTER, "a detector with drop-line")         \
	X(TRAIL_SUFFIX, "maltrail.suffix", FILTER,                             \
	    "trail under a denied suffix")                                     \
	X(SAMPLE_MISS, "sample.miss", FILTER, "not in the sample")             \
	/* sanitizers: input that is not released because it is not clear */   \
	X(EOF_PARTIAL, "eof_partial", MALFORMED, "unterminated last record")   \
	X(PCAP_MAGIC, "pcap.magic", MALFORMED, "not a pcap file")              \
	X(PCAP_DESYNC, "pcap.desync", MALFORMED, "impossible packet length")   \
	X(PCAPNG_MAGIC, "pcapng.magic", MALFORMED, "not a pcapng file")        \
	X(PCAPNG_DESYNC, "pcapng.desync", MALFORMED,                           \
	    "impossible block length")                                         \
	X(PCAPNG_BLOCK, "pcapng.block", MALFORMED,                             \
	    "a block contradicts itself or names no interface")                \
	X(IPFIX_VERSION, "ipfix.version", MALFORMED, "not IPFIX")              \
	X(IPFIX_DESYNC, "ipfix.desync", MALFORMED,                             \
	    "impossible IPFIX message header")                                 \
	X(IPFIX_SET, "ipfix.set", MALFORMED, "impossible set or template")     \
	X(IPFIX_TEMPLATE, "ipfix.template", MALFORMED, "no such template")     \
	X(OPENING_TOOBIG, "opening.toobig", MALFORMED,                         \
	    "more interfaces or templates than a file may begin with")         \
	X(OPENING_CHANGE, "opening.change", MALFORMED,                         \
	    "interfaces or templates change within a file")                    \
	X(LINKTYPE, "linktype", MALFORMED, "link type not supported")          \
	X(TRUNC_L2, "trunc.l2", MALFORMED, "link header not captured whole")   \
	X(TRUNC_ARP, "trunc.arp", MALFORMED, "ARP not captured whole")         \
	X(TRUNC_IP4, "trunc.ip4", MALFORMED, "IPv4 header not captured whole") \
	X(TRUNC_IP6, "trunc.ip6", MALFORMED, "IPv6 header not captured whole") \
	X(TRUNC_L4, "trunc.l4", MALFORMED, "L4 header not captured whole")     \
	X(L3, "l3", MALFORMED, "network layer not supported")                  \
	X(ARP, "arp", MALFORMED, "ARP operation or format not supported")      \
	X(IP4_HDR, "ip4.hdr", MALFORMED, "IPv4 header lengths impossible")     \
	X(IP6_HDR, "ip6.hdr", MALFORMED, "IPv6 header chain impossible")       \
	X(L4_HDR, "l4.hdr", MALFORMED, "L4 header lengths impossible")         \
	X(L4_PROTO, "l4.proto", MALFORMED, "IP protocol not supported")        \
	X(ICMP_TYPE, "icmp.type", MALFORMED, "ICMP type not supported")        \
	X(NESTING, "nesting", MALFORMED, "nested deeper than the limit")       \
	X(LINE_TOOLONG, "line.toolong", MALFORMED, "line over the limit")      \
	X(LINE_UTF8, "line.utf8", MALFORMED, "not UTF-8")                      \
	X(PDNS_FIELDS, "pdns.fields", MALFORMED, "not nine fields")            \
	X(PDNS_VALUE, "pdns.value", MALFORMED, "a field has no valid value")   \
	X(JSON_SYNTAX, "json.syntax", MALFORMED, "not JSON of RFC 8259")       \
	X(JSON_UTF8, "json.utf8", MALFORMED, "not UTF-8 or lone surrogate")    \
	X(JSON_DUPLICATE, "json.duplicate", MALFORMED, "duplicate key")        \
	X(JSON_DEPTH, "json.depth", MALFORMED, "nested deeper than the limit") \
	X(JSON_TYPE, "json.type", MALFORMED, "a value has the wrong type")     \
	X(TYPE_UNSUPPORTED, "type.unsupported", MALFORMED,                     \
	    "the pipeline does not take this type")                            \
	X(TRAIL_FIELDS, "maltrail.fields", MALFORMED, "not eleven fields")     \
	X(WATCH_BASE64, "watch.base64", MALFORMED, "not a file in base64")     \
	X(TEXT_SPANS, "text.spans", MALFORMED, "more matches than the limit")  \
	X(REGEX_LIMIT, "regex.limit", MALFORMED, "a regex reached its limit")  \
	X(TIME_VALUE, "time.value", MALFORMED, "time stamp impossible")        \
	/* self-check and internal errors */                                   \
	X(SELFCHECK, "selfcheck", INTERNAL, "original address in the output")  \
	X(INTO_CONFLICT, "into_conflict", FILTER,                              \
	    "foreign address inside the replacement prefix")                   \
	X(CANARY, "canary", INTERNAL, "canary seen")                           \
	X(INTERNAL, "internal", INTERNAL, "internal error")                    \
	X(BREAKER_OPEN, "breaker.open", INTERNAL, "the breaker is open")       \
	/* the hub's guard */                                                  \
	X(HDR_VERSION, "header.version", REFUSAL, "D4 version is not 1")       \
	X(HDR_TYPE, "header.type", REFUSAL, "type not accepted")               \
	X(HDR_UUID, "header.uuid", REFUSAL, "sensor UUID is not version 4")    \
	X(HDR_SIZE, "header.size", REFUSAL, "payload over the limit")          \
	X(HMAC, "hmac", REFUSAL, "HMAC is wrong")                              \
	X(UNREGISTERED, "unregistered", REFUSAL, "sensor is not registered")   \
	X(NO_KEY, "no_key", REFUSAL, "sensor has no key")                      \
	X(BLOCKED_UUID, "blocked.uuid", REFUSAL, "sensor is on the blocklist") \
	X(BLOCKED_IP, "blocked.ip", REFUSAL, "address is on the blocklist")    \
	X(BLOCKED_TRAP, "blocked.trap", REFUSAL,                               \
	    "this UUID is bait: its address is blocked")                       \
	X(PENDING, "pending", REFUSAL, "sensor waits for approval")            \
	X(REVOKED, "revoked", REFUSAL, "sensor was revoked")                   \
	X(KICKED, "kicked", REFUSAL, "sensor was kicked: wait 30 s")           \
	X(QUARANTINE, "quarantine", REFUSAL,                                   \
	    "publicly known key, or time to change it is over")                \
	X(ADDRESS, "address", REFUSAL, "address not allowed for the sensor")   \
	X(CERTIFICATE, "certificate", REFUSAL,                                 \
	    "TLS certificate is not one of the sensor's")                      \
	X(REPLAY, "replay", REFUSAL,                                           \
	    "timestamp outside the window, or sent again")                     \
	X(SENSOR_BROKEN, "sensor.broken", REFUSAL,                             \
	    "the sensor's data in Redis cannot be parsed")                     \
	X(TYPE_CHANGE, "type.change", REFUSAL, "type changed in the session")  \
	X(UUID_CHANGE, "uuid.change", REFUSAL, "UUID changed in the session")  \
	X(META_FIRST, "meta.first", REFUSAL, "254 before a meta header")       \
	X(META_INVALID, "meta.invalid", REFUSAL, "meta header not valid")      \
	X(EXT_TYPE, "ext.type", REFUSAL, "extended type not accepted")         \
	X(SUPERSEDED, "superseded", REFUSAL, "a newer session took over")      \
	X(CLONE, "clone", REFUSAL, "one UUID and key from two addresses")      \
	X(TLS, "tls", REFUSAL, "TLS failed")                                   \
	X(IDLE_TIMEOUT, "timeout.idle", REFUSAL, "idle for too long")          \
	X(HANDSHAKE_TIMEOUT, "timeout.handshake", REFUSAL,                     \
	    "no authenticated frame in time")                                  \
	X(BUDGET, "budget", REFUSAL, "memory budget reached")                  \
	X(DRAIN, "drain", REFUSAL, "the hub is stopping")                      \
	/* the policy */                                                       \
	X(POLICY_DENY, "policy.deny", POLICY,                                  \
	    "the policy does not release it")                                  \
	X(POLICY_NONE, "policy.none", POLICY, "no valid policy is loaded")     \
	X(POLICY_SHADOW, "policy.shadow", POLICY, "partner is in shadow")      \
	X(SINK_NONE, "sink.none", POLICY,                                      \
	    "this version does not deliver to that sink")                      \
	X(SEND_RECHECK, "send.recheck", POLICY, "denied when sending")         \
	/* losses */                                                           \
	X(UNREAD_DROPPED, "unread.drop-oldest", LOSS,                          \
	    "queue without a reader over its budget")                          \
	X(WIRE_TOOBIG, "wire.toobig", LOSS, "record does not fit a D4 frame")  \
	X(MAYBE_LOST, "maybe_lost", LOSS, "sent, never confirmed, not resent") \
	X(LOST_AT_SOURCE, "lost_at_source", LOSS,                              \
	    "read by the sensor, never sent")                                  \
	X(SPOOL_DAMAGED, "spool.damaged", LOSS, "spool entry damaged")         \
	X(SPOOL_EXPIRED, "spool.expired", LOSS, "spool entry expired")         \
	X(SPOOL_FULL, "spool.drop-oldest", LOSS,                               \
	    "the partner's airlock was full")                                  \
	X(SPOOL_GONE, "spool.gone", LOSS,                                      \
	    "dropped or expired before it was sent: see wash.jsonl")           \
	X(SPOOL_TORN, "spool.torn", LOSS, "unfinished end of a segment cut")   \
	/* items of other servers' lists, files of folders */                  \
	X(ITEM_LINES, "item.lines", MALFORMED, "list item is not one line")    \
	X(FILE_PATH, "file.path", MALFORMED, "path is not in the folder")      \
	X(FILE_KIND, "file.kind", MALFORMED, "not a regular file")             \
	X(FILE_GZIP, "file.gzip", MALFORMED, "gzip damaged or cut off")        \
	X(FILE_TOOBIG, "file.toobig", LOSS, "file over its limit")             \
	X(FILE_MISSING, "file.missing", LOSS, "file is not there")             \
	X(FILE_READ, "file.read", LOSS, "file cannot be read")                 \
	X(STDIN_LOST, "stdin.lost", LOSS, "wash died while it read")           \
	X(OVERFLOW_GONE, "overflow.gone", LOSS,                                \
	    "a queue entry's data is not on the hub's disk any more")          \
	X(OVERFLOW_DAMAGED, "overflow.damaged", LOSS,                          \
	    "a queue entry's data on the hub's disk is damaged")               \
	X(OVERFLOW_ORPHAN, "overflow.orphan", LOSS,                            \
	    "written to the hub's disk and never in the queue")                \
	X(TEE_FULL, "tee.full", LOSS, "the tee's buffer was full")             \
	X(TEE_LOST, "tee.lost", LOSS,                                          \
	    "the server behind it was lost, or not reached in time")           \
	X(TEE_REFUSED, "tee.refused", LOSS,                                    \
	    "the server behind the tee refused it")                            \
	X(TEE_STOPPED, "tee.stopped", LOSS,                                    \
	    "the hub stopped before it was teed")                              \
	X(TEE_UNCONFIRMED, "tee.unconfirmed", LOSS,                            \
	    "sent to the server behind the tee, not confirmed")                \
	X(ENTRY_MALFORMED, "entry.malformed", MALFORMED,                       \
	    "queue entry cannot be parsed")                                    \
	X(ENTRY_DUPLICATE, "entry.duplicate", FILTER,                          \
	    "queue entry already processed")

#endif
