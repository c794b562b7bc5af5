#include <stdlib.h>
#include <string.h>
#include "hub/badge.h"

#define NAME_CHARS                             \
	"abcdefghijklmnopqrstuvwxyz"           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
	"._:@/+*-"

static bool
digest_of(struct d4_slice hex, uint8_t out[BADGE_DIGEST])
{
	size_t n = 0, i = 0;

	while (n < BADGE_DIGEST && hex.n - i >= 2) {
		int hi = d4_hex_value(hex.p[i]),
		    lo = d4_hex_value(hex.p[i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[n++] = (uint8_t)(hi << 4 | lo);
		i += 2;
		if (n < BADGE_DIGEST && i < hex.n && hex.p[i] == ':')
			i++;
	}
	return n == BADGE_DIGEST && i == hex.n;
}

static bool
name_of(struct d4_slice text, char out[BADGE_NAME])
{
	if (text.n == 0 || text.n >= BADGE_NAME)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == 0 || strchr(NAME_CHARS, text.p[i]) == NULL)
			return false;
	}
	memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	return true;
}

/* Takes a prefix off the text, if it has it. */
static bool
begins(struct d4_slice *text, const char *prefix)
{
	size_t n = strlen(prefix);

	if (text->n < n || memcmp(text->p, prefix, n) != 0)
		return false;
	(void)d4_slice_skip(text, n);
	return true;
}

static bool
badge_read(struct d4_slice word, struct badge *b)
{
	if (d4_slice_eqs(word, "uuid")) {
		b->kind = BADGE_UUID;
		return true;
	}
	if (begins(&word, "name:")) {
		b->kind = BADGE_NAMED;
		return name_of(word, b->name);
	}
	b->kind = BADGE_PIN;
	return begins(&word, "sha256:") && digest_of(word, b->digest);
}

enum d4_status
badges_read(struct d4_slice text, struct badges *out)
{
	struct badges set = {calloc(BADGES_MAX, sizeof(*set.at)), 0};
	enum d4_status st = D4_OK;
	bool more = true;

	if (set.at == NULL)
		return D4_ENOMEM;
	while (more && st == D4_OK) {
		const uint8_t *comma =
		    text.n != 0 ? memchr(text.p, ',', text.n) : NULL;
		struct d4_slice word = d4_slice_skip(
		    &text, comma != NULL ? (size_t)(comma - text.p) : text.n);

		more = comma != NULL;
		if (more)
			(void)d4_slice_skip(&text, 1);
		if (set.n == BADGES_MAX)
			st = D4_ETOOBIG;
		else if (!badge_read(word, &set.at[set.n++]))
			st = D4_EMALFORMED;
	}
	if (st != D4_OK) {
		free(set.at);
		return st;
	}
	*out = set;
	return D4_OK;
}

void
badges_fini(struct badges *b)
{
	free(b->at);
	*b = (struct badges){NULL, 0};
}

bool
badges_same(const struct badges *a, const struct badges *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->at[i].kind != b->at[i].kind ||
		    strcmp(a->at[i].name, b->at[i].name) != 0 ||
		    memcmp(a->at[i].digest, b->at[i].digest, BADGE_DIGEST) != 0)
			return false;
	}
	return true;
}

/* A name means something only when our CA says so. */
static bool
badge_fits(const struct badge *b, const struct d4_uuid *uuid,
    const struct badge_shown *shown)
{
	char urn[sizeof("urn:uuid:") + D4_UUID_TEXT] = "urn:uuid:";
	char *text = urn + sizeof("urn:uuid:") - 1;

	switch (b->kind) {
	case BADGE_PIN:
		return memcmp(b->digest, shown->digest, BADGE_DIGEST) == 0;
	case BADGE_NAMED:
		return shown->trusted && shown->named(shown->arg, b->name);
	case BADGE_UUID:
		d4_uuid_text(uuid, text);
		return shown->trusted && (shown->named(shown->arg, text) ||
					     shown->named(shown->arg, urn));
	}
	return false;
}

bool
badges_fit(const struct badges *b, const struct d4_uuid *uuid,
    const struct badge_shown *shown)
{
	if (b->n == 0)
		return true;
	for (size_t i = 0; shown->there && i < b->n; i++) {
		if (badge_fits(&b->at[i], uuid, shown))
			return true;
	}
	return false;
}
