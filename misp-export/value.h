/*
 * What MISP takes as a value, and how it writes it down: checked and brought
 * into that form before anything leaves. Pure.
 */
#ifndef MISP_VALUE_H
#define MISP_VALUE_H

#include "libd4/slice.h"

#define VALUE_MAX 65535u /* bytes; longer ones are a 403 or a 500 there */

/* Why a value cannot go; the names are counted and reported. */
#define VALUE_WHYS(X)                                            \
	X(VALUE_OK, "ok")                                        \
	X(VALUE_EMPTY, "value.empty")                            \
	X(VALUE_TOOBIG, "value.toobig")                          \
	X(VALUE_UTF8, "value.utf8")       /* broken UTF-8 */     \
	X(VALUE_FOUR, "value.4byte-utf8") /* "?" or a 500 */     \
	X(VALUE_CONTROL, "value.control") /* NUL and others */   \
	X(VALUE_TYPE, "value.type")       /* unknown, integer */ \
	X(VALUE_IP, "value.ip")                                  \
	X(VALUE_NAME, "value.name") /* domain or hostname */     \
	X(VALUE_PORT, "value.port") /* 0 among them */           \
	X(VALUE_NUMBER, "value.number")                          \
	X(VALUE_TIME, "value.datetime")                          \
	X(VALUE_HEX, "value.hex")                                \
	X(VALUE_FORM, "value.form") /* of the type's own form */

enum value_why {
#define VALUE_ENUM(id, name) id,
	VALUE_WHYS(VALUE_ENUM)
#undef VALUE_ENUM
	    VALUE_WHY_N,
};

/* value_why_text -- its name; static. */
const char *value_why_text(enum value_why why);

/*
 * value_normal -- a value of a MISP type, in MISP's form, replaces *out. On
 * any other answer than VALUE_OK *out is empty and nothing may be sent.
 * Out of memory is VALUE_TOOBIG. Source: misp.md, "Values".
 */
enum value_why value_normal(
    const char *type, struct d4_slice in, struct d4_buf *out);

/* value_text -- may it be a comment, info or tag: UTF-8 that MISP stores. */
enum value_why value_text(struct d4_slice in, size_t most);

/* value_category -- MISP's own for a type; NULL: we do not send that type. */
const char *value_category(const char *type);

/* value_time -- "2026-11-20T00:00:00.123456Z"; us since 1970, up to 9999. */
#define VALUE_TIME_TEXT 28u
void value_time(uint64_t us, char out[VALUE_TIME_TEXT]);

/* value_uuid -- versions 1 to 5 only: MISP takes no later ones. */
struct d4_uuid;
bool value_uuid(const struct d4_uuid *u);

#endif
