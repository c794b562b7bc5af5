#include "libd4/yaml_text.h"

#define BAD_UTF8 0xffffffffu

/*
 * Takes one character from *s. Shape: RFC 3629 section 4; the shortest form
 * only, no surrogates, at most U+10FFFF. BAD_UTF8 takes one byte.
 */
static uint32_t
utf8_take(struct d4_slice *s)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint32_t c = *d4_slice_skip(s, 1).p;
	unsigned more, i;

	if (c < 0x80)
		return c;
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	if (c < 0xc2 || c > 0xf4 || s->n < more)
		return BAD_UTF8;
	c &= 0x3fu >> more;
	for (i = 0; i < more; i++) {
		if ((s->p[i] & 0xc0) != 0x80)
			return BAD_UTF8;
		c = c << 6 | (s->p[i] & 0x3fu);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return BAD_UTF8;
	(void)d4_slice_skip(s, more);
	return c;
}

/* Inclusive ranges of characters that have no place in such a file. */
static const struct {
	uint32_t first, last;
	const char *what;
	const char *remedy;
} refused[] = {
    {0x0000, 0x0000, "a NUL byte", "save the file as plain UTF-8 text"},
    {0x0001, 0x0008, "a control character", "remove it"},
    {0x000b, 0x000c, "a control character", "remove it"},
    {0x000e, 0x001f, "a control character", "remove it"},
    {0x007f, 0x009f, "a control character", "remove it"},
    {0x2028, 0x2029, "an invisible line break", "use a plain newline"},
    {0x200e, 0x200f, "an invisible direction mark", "remove it"},
    {0x202a, 0x202e, "an invisible direction mark", "remove it"},
    {0x2066, 0x2069, "an invisible direction mark", "remove it"},
    {0xfeff, 0xfeff, "a byte order mark", "save the file without it"},
    {0xfffe, 0xffff, "a character that is none", "remove it"},
    {BAD_UTF8, BAD_UTF8, "a byte that is no UTF-8",
	"save the file as plain UTF-8 text"},
};

static int
refused_row(uint32_t c)
{
	size_t i;

	if (c >= 0x20 && c < 0x7f)
		return -1;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (c >= refused[i].first && c <= refused[i].last)
			return (int)i;
	return -1;
}

bool
d4_yaml_text_ok(struct d4_slice text)
{
	uint32_t c;

	while (text.n != 0) {
		c = utf8_take(&text);
		if (c == '\r' || refused_row(c) >= 0)
			return false;
	}
	return true;
}

enum d4_status
d4_yaml_text_check(struct d4_slice text, struct d4_diag *diag)
{
	struct d4_mark at = {1, 1};
	bool indent = true;
	uint32_t c;
	int row;

	while (text.n != 0) {
		c = utf8_take(&text);
		row = refused_row(c);
		if (row >= 0)
			return d4_diag_set(diag, at, refused[row].remedy, "%s",
			    refused[row].what);
		if (c == '\r' && (text.n == 0 || text.p[0] != '\n'))
			return d4_diag_set(diag, at, "use plain newlines",
			    "a carriage return without a newline");
		if (c == '\t' && indent)
			return d4_diag_set(diag, at, "indent with spaces",
			    "a tab in the indentation");
		indent = c == '\n' || (indent && c == ' ');
		at.column = c == '\n' ? 1 : at.column + 1;
		at.line += c == '\n';
	}
	return D4_OK;
}
