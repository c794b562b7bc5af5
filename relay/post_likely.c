#include "relay/post_likely.h"

static const struct {
	const char *name;
	const char *hint;
} likely_texts[] = {
#define LIKELY_TEXT(id, word, text) [id] = {(word), (text)},
    POST_LIKELY(LIKELY_TEXT)
#undef LIKELY_TEXT
};

const char *
post_likely_name(enum post_likely l)
{
	return likely_texts[l].name;
}

const char *
post_likely_hint(enum post_likely l)
{
	return likely_texts[l].hint;
}

enum post_likely
post_likely(const struct post_signs *s)
{
	if (s->closed)
		return LIKELY_TYPE;
	if (s->frames >= LIKELY_LONG)
		return LIKELY_LIMIT;
	if (!s->refused)
		return LIKELY_NONE;
	/* A lock is the only one that goes away by itself. */
	if (s->lockable && s->broke)
		return LIKELY_STALE;
	if (s->before)
		return LIKELY_BLOCKED;
	if (s->same_uuid)
		return LIKELY_TYPE;
	return s->others ? LIKELY_UNREGISTERED : LIKELY_KEY;
}
