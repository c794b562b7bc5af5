/*
 * The log: one line an event, key=value, to stderr, syslog or the journal.
 * Never payload, keys or cookies.
 */
#ifndef KIT_LOG_H
#define KIT_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum d4_log_level { D4_LOG_DEBUG, D4_LOG_INFO, D4_LOG_WARN, D4_LOG_ERROR };

/*
 * d4_log_open -- names the program ("d4-hub", "d4-relay[wash]") and sets the
 * lowest level shown. json: one JSON object a line {"t","level","prog",
 * "event","k":"v"...} instead of "TIME LEVEL PROG: text". UTC, RFC 3339.
 */
void d4_log_open(const char *program, enum d4_log_level lowest, bool json);

/*
 * The six log functions. Text is "event key=value key=value";
 * values with spaces are written in quotes with d4_log_quote. warn adds
 * strerror(errno). fatal (adds strerror) and fatalx exit with status 1.
 */
void d4_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void d4_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void d4_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void d4_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void d4_fatal(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void d4_fatalx(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * d4_log_quote -- text made safe for a line: in quotes, control characters
 * and bytes over 0x7e as \xHH, cut to n. Returns out.
 */
const char *d4_log_quote(const void *text, size_t len, char *out, size_t n);

#endif
