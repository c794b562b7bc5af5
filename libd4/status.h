/* What a function of this project can answer: one list, code and text. */
#ifndef D4_STATUS_H
#define D4_STATUS_H

/*
 * D4_STATUSES(X) -- 0 is done, positive is "not yet", negative is an error.
 * The text says what happened, not what to do about it.
 */
#define D4_STATUSES(X)                                    \
	X(D4_OK, 0, "ok")                                 \
	X(D4_AGAIN, 1, "more input is needed")            \
	X(D4_END, 2, "end of input")                      \
	X(D4_ENOMEM, -1, "out of memory")                 \
	X(D4_EINVAL, -2, "invalid value")                 \
	X(D4_EVERSION, -3, "unknown version")             \
	X(D4_EMALFORMED, -4, "malformed")                 \
	X(D4_ETOOBIG, -5, "over the limit")               \
	X(D4_ETRUNC, -6, "truncated")                     \
	X(D4_EAUTH, -7, "authentication failed")          \
	X(D4_ENOTSUP, -8, "not supported")                \
	X(D4_ENOENT, -9, "not found")                     \
	X(D4_EEXIST, -10, "exists already")               \
	X(D4_EIO, -11, "input/output error")              \
	X(D4_ENOSPC, -12, "no space left")                \
	X(D4_ECRYPTO, -13, "cryptographic library error") \
	X(D4_EDENIED, -14, "denied")                      \
	X(D4_ECLOSED, -15, "closed by the other side")    \
	X(D4_ECHECKSUM, -16, "checksum is wrong")         \
	X(D4_EPERM, -17, "permissions are too wide")      \
	X(D4_ETIMEOUT, -18, "timed out")

#define D4_STATUS_ENUM(name, code, text) name = (code),
enum d4_status { D4_STATUSES(D4_STATUS_ENUM) };
#undef D4_STATUS_ENUM

#define D4_USED __attribute__((warn_unused_result))

/* d4_status_text -- the text of a status; static, never NULL. */
const char *d4_status_text(enum d4_status st);

#endif
