/*
 * Any text: the search ends, reads nothing outside of it, and finds an address
 * however it is written, with the text in front of it and behind it.
 */
#include "fuzz_san.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 4096u

static const char *const spelled[] = {"10_1_2_3", "10, 1, 2, 3",
    "0xa.0x1.0x2.0x3", "10.1.515", "//10.66051", "0a:01:02:03",
    "\\x0a\\x01\\x02\\x03", "10%2e1.2.3", "\\u0031\\u0030.1.2.3",
    "10&#46;1.2.3", "1\\060.1.2.3", "10[.]1[.]2[.]3", "10 dot 1 dot 2 dot 3",
    "2001[:]db8[:]77[::]1", "\xef\xbc\x91\xef\xbc\x90.1.2.3",
    "MTAuMS4yLjM=", "ZnJvbSAxMC4xLjIuMyBwb3J0", "CgECAw==", "31302e312e322e33",
    "50462986", "0302010A", "2001_db8_77__1"};

static bool
fuzz_found(const void *p, size_t n)
{
	uint8_t *own = malloc(n + (n == 0)); /* its end is watched */
	bool is;

	HOLDS(own != NULL);
	memcpy(own, p, n);
	is = san_hidden_scope(d4_slice_of(own, n), fuzz_network(NULL, ""));
	free(own);
	return is;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[MOST + 64];
	size_t cut, n;
	const char *s;

	if (size < 2 || size > MOST)
		return 0;
	s = spelled[data[0] % (sizeof(spelled) / sizeof(spelled[0]))];
	n = strlen(s);
	(void)fuzz_found(data, size);
	cut = 1 + data[1] % (size - 1);
	memcpy(text, data, cut);
	text[cut] = '\n';
	memcpy(text + cut + 1, s, n);
	text[cut + 1 + n] = '\n';
	memcpy(text + cut + 2 + n, data + cut, size - cut);
	HOLDS(fuzz_found(text, size + 2 + n));
	return 0;
}
