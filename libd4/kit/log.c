#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define LOG_TEXT 4096u /* bytes of what is said */
/* A byte becomes at most six (JSON); 1 KiB for what stands around it. */
#define LOG_LINE (6u * LOG_TEXT + 1024u)

/* The log is one of the two mutable globals of a process. */
static struct {
	char program[48];
	enum d4_log_level lowest;
	bool json;
	bool journal;
} logger = {.program = "d4", .lowest = D4_LOG_INFO};

static const struct {
	const char *name;
	unsigned priority; /* of sd-daemon(3) */
} levels[] = {
    [D4_LOG_DEBUG] = {.name = "debug", .priority = 7},
    [D4_LOG_INFO] = {.name = "info", .priority = 6},
    [D4_LOG_WARN] = {.name = "warn", .priority = 4},
    [D4_LOG_ERROR] = {.name = "error", .priority = 3},
};

/* A line under way: what does not fit is cut, never overrun. */
struct log_line {
	char p[LOG_LINE];
	size_t n;
};

static void
log_put(struct log_line *l, char c)
{
	/* Two bytes stay free for the end: `}` and the newline. */
	if (l->n + 2 < sizeof(l->p))
		l->p[l->n++] = c;
}

static void
log_puts(struct log_line *l, const char *s)
{
	while (*s != '\0')
		log_put(l, *s++);
}

/* One byte of a JSON string; the input is ASCII or any bytes (as U+00HH). */
static void
log_json_byte(struct log_line *l, unsigned char c)
{
	char esc[8];

	if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
		log_put(l, (char)c);
		return;
	}
	(void)snprintf(esc, sizeof(esc), "\\u%04x", (unsigned)c);
	if (l->n + 2 + sizeof(esc) < sizeof(l->p))
		log_puts(l, esc);
}

static unsigned
log_hex(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return 16;
}

/* A value that d4_log_quote wrote; p is behind its first quote. */
static const char *
log_json_quoted(struct log_line *l, const char *p)
{
	while (*p != '\0' && *p != '"') {
		if (p[0] == '\\' && p[1] == 'x' && log_hex(p[2]) < 16 &&
		    log_hex(p[3]) < 16) {
			log_json_byte(l, (unsigned char)(log_hex(p[2]) * 16 +
							 log_hex(p[3])));
			p += 4;
			continue;
		}
		if (p[0] == '\\' && p[1] != '\0')
			p++;
		log_json_byte(l, (unsigned char)*p++);
	}
	return *p == '"' ? p + 1 : p;
}

static const char *
log_json_value(struct log_line *l, const char *p)
{
	if (*p == '"')
		return log_json_quoted(l, p + 1);
	while (*p != '\0' && *p != ' ')
		log_json_byte(l, (unsigned char)*p++);
	return p;
}

static void
log_json_pair(struct log_line *l, const char *key, const char *value)
{
	log_puts(l, ",\"");
	log_puts(l, key);
	log_puts(l, "\":\"");
	while (*value != '\0')
		log_json_byte(l, (unsigned char)*value++);
	log_put(l, '"');
}

/* The length of a `key` before `=` at p, or 0. */
static size_t
log_key(const char *p)
{
	size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	return p[n] == '=' ? n : 0;
}

/* The words before the first pair; answers where that begins. */
static const char *
log_json_event(struct log_line *l, const char *p)
{
	log_puts(l, ",\"event\":\"");
	for (bool first = true; *p != '\0' && log_key(p) == 0; first = false) {
		const char *end = strchrnul(p, ' ');

		if (!first)
			log_put(l, ' ');
		while (p < end)
			log_json_byte(l, (unsigned char)*p++);
		p += strspn(p, " ");
	}
	log_put(l, '"');
	return p;
}

/* "two words a=1 b=\"x y\"" to "event":"two words","a":"1","b":"x y". */
static void
log_json_text(struct log_line *l, const char *p)
{
	size_t n;

	p = log_json_event(l, p);
	while (*p != '\0') {
		n = log_key(p);
		log_puts(l, ",\"");
		if (n == 0) /* words between pairs: kept in their place */
			log_puts(l, "text");
		for (size_t i = 0; i < n; i++)
			log_json_byte(l, (unsigned char)p[i]);
		log_puts(l, "\":\"");
		p = log_json_value(l, n == 0 ? p : p + n + 1);
		log_put(l, '"');
		p += strspn(p, " ");
	}
}

static void
log_text(struct log_line *l, const char *p)
{
	for (; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20)
			log_put(l, '?');
		else
			log_put(l, *p);
	}
}

static void
log_write(enum d4_log_level level, const char *text)
{
	struct log_line l = {.n = 0};
	char t[D4_TIME_TEXT], prio[8];

	d4_time_text(d4_now_us(), t);
	(void)snprintf(prio, sizeof(prio), "<%u>", levels[level].priority);
	if (logger.journal)
		log_puts(&l, prio);
	if (logger.json) {
		log_put(&l, '{');
		log_puts(&l, "\"t\":\"");
		log_puts(&l, t);
		log_put(&l, '"');
		log_json_pair(&l, "level", levels[level].name);
		log_json_pair(&l, "prog", logger.program);
		log_json_text(&l, text);
		l.p[l.n++] = '}';
	} else {
		if (!logger.journal) {
			log_puts(&l, t);
			log_put(&l, ' ');
		}
		log_puts(&l, levels[level].name);
		log_put(&l, ' ');
		log_puts(&l, logger.program);
		log_puts(&l, ": ");
		log_text(&l, text);
	}
	l.p[l.n++] = '\n';
	/* One write a line: lines of several processes do not mix. */
	if (write(STDERR_FILENO, l.p, l.n) < 0)
		return; /* there is nobody left to tell */
}

static void
log_say(enum d4_log_level level, int err, const char *text)
{
	char line[LOG_TEXT + 320], quoted[256];
	const char *what;

	if (err == 0) {
		log_write(level, text);
		return;
	}
	what = strerror(err);
	(void)snprintf(line, sizeof(line), "%s error=%s", text,
	    d4_log_quote(what, strlen(what), quoted, sizeof(quoted)));
	log_write(level, line);
}

void
d4_log_open(const char *program, enum d4_log_level lowest, bool json)
{
	(void)snprintf(logger.program, sizeof(logger.program), "%s", program);
	logger.lowest = lowest;
	logger.json = json;
	logger.journal = getenv("JOURNAL_STREAM") != NULL && !isatty(2);
}

/* Formats the caller's arguments; errno is the same after as before. */
#define LOG_SAY(level, err)                                   \
	do {                                                  \
		char text[LOG_TEXT];                          \
		int saved = errno;                            \
		va_list ap;                                   \
		if ((level) < logger.lowest)                  \
			break;                                \
		va_start(ap, fmt);                            \
		(void)vsnprintf(text, sizeof(text), fmt, ap); \
		va_end(ap);                                   \
		log_say((level), (err), text);                \
		errno = saved;                                \
	} while (0)

void
d4_debug(const char *fmt, ...)
{
	LOG_SAY(D4_LOG_DEBUG, 0);
}

void
d4_info(const char *fmt, ...)
{
	LOG_SAY(D4_LOG_INFO, 0);
}

void
d4_warn(const char *fmt, ...)
{
	LOG_SAY(D4_LOG_WARN, saved);
}

void
d4_warnx(const char *fmt, ...)
{
	LOG_SAY(D4_LOG_WARN, 0);
}

void
d4_fatal(const char *fmt, ...)
{
	LOG_SAY(D4_LOG_ERROR, saved);
	exit(1);
}

void
d4_fatalx(const char *fmt, ...)
{
	LOG_SAY(D4_LOG_ERROR, 0);
	exit(1);
}

const char *
d4_log_quote(const void *text, size_t len, char *out, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = text;
	size_t o = 0;

	if (n < 3) {
		if (n != 0)
			out[0] = '\0';
		return out;
	}
	out[o++] = '"';
	/* Room is kept for the longest escape, the quote and the NUL. */
	for (size_t i = 0; i < len && o + 6 <= n; i++) {
		if (p[i] == '"' || p[i] == '\\') {
			out[o++] = '\\';
			out[o++] = (char)p[i];
		} else if (p[i] < 0x20 || p[i] > 0x7e) {
			out[o++] = '\\';
			out[o++] = 'x';
			out[o++] = hex[p[i] >> 4];
			out[o++] = hex[p[i] & 15];
		} else {
			out[o++] = (char)p[i];
		}
	}
	out[o++] = '"';
	out[o] = '\0';
	return out;
}
