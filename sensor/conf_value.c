#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "sensor/conf_value.h"

enum d4_status
conf_value_text(struct d4_slice file, char *out, size_t max)
{
	while (file.n != 0 &&
	       (file.p[file.n - 1] == '\n' || file.p[file.n - 1] == '\r' ||
		   file.p[file.n - 1] == ' ' || file.p[file.n - 1] == '\t'))
		file.n--;
	if (file.n >= max)
		return D4_ETOOBIG;
	for (size_t i = 0; i < file.n; i++) {
		if (file.p[i] < 0x20 || file.p[i] == 0x7f)
			return D4_EMALFORMED;
	}
	if (file.n != 0)
		memcpy(out, file.p, file.n);
	out[file.n] = '\0';
	return D4_OK;
}

enum d4_status
conf_value_number(const char *text, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (text[0] == '\0' || strlen(text) > 10)
		return D4_EMALFORMED;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return D4_EMALFORMED;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	if (v < 1 || v > max)
		return D4_EMALFORMED;
	*out = (uint32_t)v;
	return D4_OK;
}

/* Letters of names and addresses; what else could be in one is a mistake. */
static bool
value_host_ok(const char *host, size_t n)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789.-_:%";

	return n != 0 && n < CONF_HOST && strspn(host, ok) >= n;
}

enum d4_status
conf_value_address(const char *text, char host[CONF_HOST], char port[CONF_PORT])
{
	const char *colon = strrchr(text, ':');
	const char *from = text, *end = colon;
	uint32_t number;

	if (colon == NULL || colon == text ||
	    conf_value_number(colon + 1, 65535, &number) != D4_OK)
		return D4_EMALFORMED;
	if (text[0] == '[') {
		from = text + 1;
		end = colon - 1;
		if (*end != ']')
			return D4_EMALFORMED;
	} else if (memchr(text, ':', (size_t)(colon - text)) != NULL) {
		return D4_EMALFORMED; /* which colon is the port's? */
	}
	if (!value_host_ok(from, (size_t)(end - from)))
		return D4_EMALFORMED;
	(void)snprintf(host, CONF_HOST, "%.*s", (int)(end - from), from);
	(void)snprintf(port, CONF_PORT, "%u", (unsigned)number);
	return D4_OK;
}

enum d4_status
conf_value_redis(const char *text, char url[CONF_REDIS], uint32_t *db)
{
	const char *slash = strrchr(text, '/');
	char at[CONF_HOST + 16], host[CONF_HOST], port[CONF_PORT];
	size_t n = slash != NULL ? (size_t)(slash - text) : 0;
	uint32_t v = 0;

	if (n == 0 || n >= sizeof(at))
		return D4_EMALFORMED;
	(void)snprintf(at, sizeof(at), "%.*s", (int)n, text);
	if (conf_value_address(at, host, port) != D4_OK)
		return D4_EMALFORMED;
	/* Databases begin at 0. */
	if (strcmp(slash + 1, "0") != 0 &&
	    conf_value_number(slash + 1, 65535, &v) != D4_OK)
		return D4_EMALFORMED;
	(void)snprintf(url, CONF_REDIS, "tcp://%s", at);
	*db = v;
	return D4_OK;
}

enum d4_status
conf_value_login(
    const char *text, char user[CONF_HOST], char password[CONF_HOST])
{
	const char *colon = strchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;

	if (n == 0 || n >= CONF_HOST || colon[1] == '\0' ||
	    strlen(colon + 1) >= CONF_HOST)
		return D4_EMALFORMED;
	(void)snprintf(user, CONF_HOST, "%.*s", (int)n, text);
	(void)snprintf(password, CONF_HOST, "%s", colon + 1);
	return D4_OK;
}
