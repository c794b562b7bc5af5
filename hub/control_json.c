/* What a script answered, as JSON: Redis may hold any bytes. */
#include <stdlib.h>
#include <string.h>
#include "hub/control_parts.h"

/* What no JSON reader would take, shown as ?: no UTF-8, and NUL. */
static void
make_plain(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)text[i] >= 0x80) {
			text[i] = '?';
		} else if (text[i] == '\\') {
			if (n - i > 6 && memcmp(text + i, "\\u0000", 6) == 0)
				memcpy(text + i, "\\u003f", 6);
			i++; /* what is escaped begins nothing */
		}
	}
}

json_t *
control_json(const redisReply *reply)
{
	json_t *o = json_loadb(reply->str, reply->len, 0, NULL);
	char *copy;

	if (o != NULL)
		return o;
	copy = malloc(reply->len + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, reply->str, reply->len);
	make_plain(copy, reply->len);
	o = json_loadb(copy, reply->len, 0, NULL);
	free(copy);
	return o;
}
