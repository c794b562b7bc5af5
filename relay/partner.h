/* A partner as the relay's configuration gives it: where and how to send. */
#ifndef RELAY_PARTNER_H
#define RELAY_PARTNER_H

#include "libd4/kit/conf.h"
#include "libd4/kit/tls.h"
#include "relay/sink_conf.h"

/*
 * enum relay_resend -- what is sent again after a session that ended without
 * the partner's confirmation.
 * BY_TYPE  the row of the type table: TCP for captures, ALL for lines.
 * ALL      everything since the last confirmation: duplicates, no loss.
 * TCP      what TCP had not acknowledged; the rest counts as maybe_lost.
 */
enum relay_resend { RELAY_BY_TYPE, RELAY_ALL, RELAY_TCP };

/* session_gap is not written: as the partner's profile in the policy says. */
#define RELAY_GAP_PROFILE UINT64_MAX

/* A SOCKS5 proxy; host NULL: none. It also looks the partner's name up. */
struct relay_proxy {
	const char *host;
	uint16_t port;
	const char *user, *password; /* both or neither */
};

/*
 * struct relay_partner -- one partner.
 * Shape:  id as in the policy; key: the HMAC key (rule R2). tls: as
 *         d4_tls_ctx_new wants it; name: for SNI and the certificate, NULL:
 *         host. rotate: a session is ended for a confirmation after so long
 *         or so many payload bytes, or idle_us after the last record.
 *         backoff: first and longest wait after a refusal or failure. gap:
 *         the least time between the starts of two sessions of one wire UUID
 *         and type: two that wait for a stock server's workers at a time
 *         are written into one file (docs/interop.md). accepts: types and
 *         extended types that its operator has enabled, or "all"; none: as
 *         the profile says.
 * Owns:   all texts and the key belong to the configuration.
 */
struct relay_partner {
	char id[65];
	enum sink_kind sink;
	const char *host;
	uint16_t port;
	struct d4_slice key;
	struct d4_tls_settings tls;
	const char *name;
	enum relay_resend resend;
	uint64_t rotate_us, rotate_bytes, idle_us;
	uint64_t backoff_min_us, backoff_max_us, gap_us;
	struct relay_proxy proxy;
	struct d4_conf_list accepts;
	uint64_t max_rate_bits; /* per second, 0: no limit */
	struct sink_settings out;
};

#endif
