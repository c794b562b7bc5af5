/* What every C test includes: cmocka and what it wants in front of it. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/slice.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define assert_slice(s, str)                                    \
	do {                                                    \
		struct d4_slice s_ = (s);                       \
		assert_int_equal(s_.n, strlen(str));            \
		assert_memory_equal(                            \
		    s_.n ? (const void *)s_.p : "", str, s_.n); \
	} while (0)

/* test_hex -- bytes of hex digits, white space apart; returns how many. */
static inline size_t
test_hex(const char *text, uint8_t *out, size_t max)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		char digit[2] = {*text, '\0'};

		if (*text == ' ' || *text == '\n')
			continue;
		assert_true(n < 2 * max);
		if (n % 2 == 0)
			out[n / 2] = 0;
		out[n / 2] = (uint8_t)((unsigned)out[n / 2] << 4 |
				       strtoul(digit, NULL, 16));
		n++;
	}
	assert_int_equal(n % 2, 0);
	return n / 2;
}

/* test_read -- a whole file, found from the source folder; caller frees. */
static inline uint8_t *
test_read(const char *name, size_t *n)
{
	const char *top = getenv("D4_SOURCE");
	char path[4096];
	uint8_t *data;
	FILE *f;
	long len;

	if ((size_t)snprintf(path, sizeof(path), "%s%s%s",
		name[0] == '/' || top == NULL ? "" : top,
		name[0] == '/' || top == NULL ? "" : "/", name) >= sizeof(path))
		fail_msg("%s is too long", name);
	f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("cannot open %s", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	len = ftell(f);
	assert_true(len >= 0);
	rewind(f);
	data = malloc((size_t)len + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, (size_t)len, f), (size_t)len);
	data[len] = '\0';
	(void)fclose(f);
	*n = (size_t)len;
	return data;
}

#endif
