#include <string.h>
#include "sanitizers/defang.h"

static bool
defang_word(struct d4_slice t, size_t at)
{
	static const char word[] = "dot";

	for (size_t i = 0; i < 3; i++) {
		if (at + i >= t.n || (t.p[at + i] | 0x20) != word[i])
			return false;
	}
	return true;
}

/* \. and %2e */
static size_t
defang_escaped(struct d4_slice t, size_t at)
{
	if (at + 1 < t.n && t.p[at] == '\\' && t.p[at + 1] == '.')
		return 2;
	return at + 2 < t.n && t.p[at] == '%' && t.p[at + 1] == '2' &&
	               (t.p[at + 2] | 0x20) == 'e'
	           ? 3
	           : 0;
}

/* [.] (.) {.} [dot], and with one of the brackets missing. */
size_t
san_dot(struct d4_slice t, size_t at)
{
	uint8_t c = at < t.n ? t.p[at] : 0;
	size_t n;

	if (c == '\\' || c == '%')
		return defang_escaped(t, at);
	n = c == '[' || c == '(' || c == '{';

	if (at + n < t.n && t.p[at + n] == '.')
		n++;
	else if (n != 0 && defang_word(t, at + n))
		n += 3;
	else
		return 0;
	c = at + n < t.n ? t.p[at + n] : 0;
	return n + (c == ']' || c == ')' || c == '}');
}
