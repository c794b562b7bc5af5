/* The detector of user names, where a line says that one comes. */
#include <string.h>
#include "sanitizers/lanes.h"
#include "sanitizers/text.h"

#define USER_MAX 128u /* bytes of a name with spaces */

/* Where a name ends. */
enum user_end {
	USER_FROM,  /* in front of the last " from "; else there is none */
	USER_MAYBE, /* the same, or the rest up to a bracket */
	USER_WORD,  /* with the word */
	USER_VALUE, /* a value behind "=": a word, or quoted */
};

/*
 * In front of a name. They begin with a word, stand by their first letter,
 * and the longest of those that begin alike comes first.
 */
static const struct {
	const char *text;
	size_t n;
	enum user_end end;
} user_marks[] = {
    {"account=", sizeof("account=") - 1, USER_VALUE},
    {"acct=", sizeof("acct=") - 1, USER_VALUE},
    {"authenticating user ", sizeof("authenticating user ") - 1, USER_WORD},
    {"for invalid user ", sizeof("for invalid user ") - 1, USER_FROM},
    {"for illegal user ", sizeof("for illegal user ") - 1, USER_FROM},
    {"for user ", sizeof("for user ") - 1, USER_WORD},
    {"for ", sizeof("for ") - 1, USER_FROM},
    {"from user ", sizeof("from user ") - 1, USER_WORD},
    {"illegal user ", sizeof("illegal user ") - 1, USER_MAYBE},
    {"invalid user ", sizeof("invalid user ") - 1, USER_MAYBE},
    {"login=", sizeof("login=") - 1, USER_VALUE},
    {"logname=", sizeof("logname=") - 1, USER_VALUE},
    {"luser=", sizeof("luser=") - 1, USER_VALUE},
    {"ruser=", sizeof("ruser=") - 1, USER_VALUE},
    {"user=", sizeof("user=") - 1, USER_VALUE},
    {"username=", sizeof("username=") - 1, USER_VALUE},
};

/* Which of them begin with a letter: [from, to). */
static const struct {
	uint8_t from, to;
} user_letters[128] = {
    ['a'] = {0, 3},
    ['f'] = {3, 8},
    ['i'] = {8, 10},
    ['l'] = {10, 13},
    ['r'] = {13, 14},
    ['u'] = {14, 16},
};

/* What ends a name that stands alone. */
static const bool user_ends[256] = {
    [','] = true,
    [';'] = true,
    ['('] = true,
    [')'] = true,
    ['['] = true,
    [']'] = true,
    ['<'] = true,
    ['>'] = true,
    ['|'] = true,
    ['"'] = true,
    ['\''] = true,
};

/* user_word -- bytes up to a blank or what ends a value. */
static size_t
user_word(struct d4_slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] > ' ' && !user_ends[s.p[n]])
		n++;
	while (n > 0 && (s.p[n - 1] == '.' || s.p[n - 1] == ':'))
		n--;
	return n;
}

/* user_value -- quoted, then the quotes stay; *from is where it begins. */
static size_t
user_value(struct d4_slice s, size_t *from)
{
	const uint8_t *q;

	*from = 0;
	if (s.n < 2 || (s.p[0] != '"' && s.p[0] != '\''))
		return user_word(s);
	q = memchr(s.p + 1, s.p[0], s.n - 1);
	*from = 1;
	return q == NULL ? s.n - 1 : (size_t)(q - s.p) - 1;
}

/*
 * user_last_from -- what the client sent may hold " from " itself, what the
 * server wrote behind it does not.
 */
static size_t
user_last_from(struct d4_slice s)
{
	static const char from[] = " from ";
	struct san_blocks b = {.text = s, .more = 1};
	const uint8_t *p;
	size_t n = 0, at;

	while ((p = san_blocks_next(&b, &at)) != NULL && at <= USER_MAX) {
		struct san_marks m =
		    san_marks_of((SAN_LANES)(san_lanes(p) == ' ') &
				 (SAN_LANES)(san_lanes(p + 1) == 'f'));

		while (san_marks_any(&m)) {
			size_t i = at + san_marks_next(&m);

			if (i <= USER_MAX && s.n - i >= 6 &&
			    memcmp(s.p + i, from, 6) == 0)
				n = i;
		}
	}
	return n;
}

static size_t
user_rest(struct d4_slice s)
{
	size_t n = user_last_from(s);

	if (n != 0)
		return n;
	for (n = s.n; n > 2; n--) {
		if (s.p[n - 2] == ' ' && s.p[n - 1] == '[')
			return n - 2;
	}
	for (n = s.n; n > 0 && s.p[n - 1] <= ' ';)
		n--;
	return n;
}

static size_t
user_length(enum user_end end, struct d4_slice s, size_t *from)
{
	*from = 0;
	switch (end) {
	case USER_FROM:
		return user_last_from(s);
	case USER_MAYBE:
		return user_rest(s);
	case USER_WORD:
		return user_word(s);
	case USER_VALUE:
		return user_value(s, from);
	}
	return 0;
}

/* user_head -- four bytes without their case: a mark is at least so long. */
static uint32_t
user_head(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v | 0x20202020;
}

/* user_mark -- the line, which has that head, goes on with this one. */
static bool
user_mark(struct d4_slice s, uint32_t head, size_t i)
{
	return user_head(user_marks[i].text) == head && s.n > user_marks[i].n &&
	       san_text_is(s, user_marks[i].text, user_marks[i].n);
}

size_t
san_text_user(const struct san_text_in *in, size_t at, struct san_span *out)
{
	struct d4_slice s = d4_slice_of(in->line.p + at, in->line.n - at);
	size_t from, n, skip;
	unsigned letter;
	uint32_t head;

	if (s.n < sizeof(head) || (at > 0 && san_is_alnum(in->line.p[at - 1])))
		return 0;
	head = user_head(s.p);
	letter = (s.p[0] | 0x20u) & 0x7f;
	for (size_t i = user_letters[letter].from; i < user_letters[letter].to;
	     i++) {
		if (!user_mark(s, head, i))
			continue;
		skip = user_marks[i].n;
		n = user_length(user_marks[i].end,
		    d4_slice_of(s.p + skip, s.n - skip), &from);
		if (n == 0)
			continue;
		*out = (struct san_span){.from = at + skip + from,
		    .to = at + skip + from + n,
		    .kind = SAN_KIND_USER};
		return skip + from + n;
	}
	return 0;
}
