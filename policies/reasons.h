/* Built-in reasons of a verdict: names that are not ids of rules. */
#ifndef POL_REASONS_H
#define POL_REASONS_H

/* X(symbol, "name", "one line for people") */
#define POL_REASONS(X)                                                         \
	X(META_INVALID, "meta.invalid", "the meta header is not valid")        \
	X(META_EXPIRED, "meta.expired", "the data is past its not_after")      \
	X(LOOP_OWN, "loop.own", "the data went through this hub before")       \
	X(PARTNER_UNKNOWN, "partner.unknown", "no such partner")               \
	X(SOURCE_UNKNOWN, "source.unknown",                                    \
	    "no source has this sensor with this type")                        \
	X(PARTNER_SUSPENDED, "partner.suspended", "the partner is suspended")  \
	X(AGREEMENT_EARLY, "agreement.early", "the agreement has not begun")   \
	X(AGREEMENT_EXPIRED, "agreement.expired", "the agreement is over")     \
	X(DEFAULT_DENY, "default.deny", "no share rule matches")               \
	X(RELABEL_EXPIRED, "relabel.expired", "the downgrade is past its end") \
	X(RELABEL_ORIGIN, "relabel.origin",                                    \
	    "a downgrade of data of others without their permission")          \
	X(TLP_CEILING, "tlp.ceiling",                                          \
	    "the label does not allow this kind of partner")                   \
	X(TLP_EX_CHR, "tlp.ex-chr",                                            \
	    "Chatham House data is not passed on by this version")             \
	X(PAP, "pap", "the partner does not accept this PAP level")            \
	X(SHOULD_NOT_SYNC, "should-not-sync", "for own systems only")          \
	X(RETENTION_EXPIRED, "retention.expired", "tagged retention:expired")  \
	X(RETENTION_UNKNOWN, "retention.unknown",                              \
	    "a retention tag that is not understood")                          \
	X(HOPS, "hops", "it may not be passed on any further")                 \
	X(CLASS_INSUFFICIENT, "class.insufficient",                            \
	    "the pipeline's class is below what the partner must get")         \
	X(KEY_MISSING, "key.missing", "the keys for the pipeline are missing") \
	X(NO_MEMORY, "internal.memory", "out of memory")

#define POL_REASON_ENUM(sym, name, text) POL_R_##sym,
enum pol_reason { POL_REASONS(POL_REASON_ENUM) POL_R_MAX };
#undef POL_REASON_ENUM

/* pol_reason_name -- "tlp.ceiling"; static. */
const char *pol_reason_name(enum pol_reason r);

/* pol_reason_at -- name of the i-th, NULL past the end; for tests. */
const char *pol_reason_at(unsigned i);

#endif
