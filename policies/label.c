#include <string.h>
#include "policies/label.h"

/* A tag made comparable: white space around it gone, ASCII in lower case. */
struct plain {
	char text[POL_TEXT_MAX];
	const char *name; /* its first letter or digit */
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static char
lower(char c)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	if (c >= 'A' && c <= 'Z')
		return letters[c - 'A'];
	return c;
}

static void
plain_of(const char *tag, struct plain *out)
{
	static const char blank[] = " \t\r\n\v\f";
	size_t n, i;

	tag += strspn(tag, blank);
	n = strlen(tag);
	while (n > 0 && strchr(blank, tag[n - 1]) != NULL)
		n--;
	if (n >= sizeof(out->text))
		n = sizeof(out->text) - 1;
	*out = (struct plain){.name = out->text};
	for (i = 0; i < n; i++)
		out->text[i] = lower(tag[i]);
	while (*out->name != '\0' && !is_word(*out->name))
		out->name++;
}

/*
 * The text behind "ns:", "" when the tag looks like one of that namespace
 * and is malformed, NULL when it is another.
 */
static const char *
behind(const struct plain *t, const char *ns)
{
	size_t n = strlen(ns);

	if (strncmp(t->name, ns, n) != 0 || is_word(t->name[n]))
		return NULL;
	return t->name == t->text && t->name[n] == ':' ? t->name + n + 1 : "";
}

struct word {
	const char *text;
	int value;
};

static int
word_value(const struct word *words, const char *text, int otherwise)
{
	for (; words->text != NULL; words++)
		if (strcmp(words->text, text) == 0)
			return words->value;
	return otherwise;
}

static void
add_tlp(struct pol_labels *l, const char *text)
{
	static const struct word words[] = {{"clear", POL_CLEAR},
	    {"white", POL_CLEAR}, {"green", POL_GREEN}, {"amber", POL_AMBER},
	    {"amber+strict", POL_AMBER_STRICT}, {"red", POL_RED}, {NULL, 0}};
	int tlp;

	if (strcmp(text, "ex:chr") == 0) {
		l->chatham = true;
		return;
	}
	tlp = word_value(words, text, POL_RED);
	if (l->tlp >= 0 && l->tlp != tlp)
		l->conflict = true;
	if (tlp > l->tlp)
		l->tlp = tlp;
}

static void
add_pap(struct pol_labels *l, const char *text)
{
	static const struct word words[] = {{"clear", POL_PAP_CLEAR},
	    {"white", POL_PAP_CLEAR}, {"green", POL_PAP_GREEN},
	    {"amber", POL_PAP_AMBER}, {"red", POL_PAP_RED}, {NULL, 0}};
	int pap = word_value(words, text, POL_PAP_RED);

	if (pap > l->pap)
		l->pap = pap;
}

/* retention:1d 2w 3m 10y, months of 30 days; retention:expired. */
static void
add_retention(struct pol_labels *l, const char *text)
{
	static const struct word units[] = {
	    {"d", 1}, {"w", 7}, {"m", 30}, {"y", 365}, {NULL, 0}};
	uint64_t n = 0;

	if (strcmp(text, "expired") == 0) {
		l->expired = true;
		return;
	}
	for (; *text >= '0' && *text <= '9' && n < 10000; text++)
		n = n * 10 + (uint64_t)(*text - '0');
	n *= (uint64_t)word_value(units, text, 0) * POL_DAY_S;
	if (n == 0)
		l->retention_bad = true;
	else if (l->max_age_s == 0 || n < l->max_age_s)
		l->max_age_s = n;
}

void
pol_labels_init(struct pol_labels *l)
{
	*l = (struct pol_labels){.tlp = -1, .pap = -1};
}

void
pol_labels_add(struct pol_labels *l, const char *tag)
{
	struct plain t;
	const char *text;

	plain_of(tag, &t);
	if ((text = behind(&t, "tlp")) != NULL)
		add_tlp(l, text);
	else if ((text = behind(&t, "pap")) != NULL)
		add_pap(l, text);
	else if ((text = behind(&t, "retention")) != NULL)
		add_retention(l, text);
	else if (strncmp(t.name, "misp:should-not-sync", 20) == 0)
		l->no_sync = true;
}

void
pol_labels_join(struct pol_labels *l, const struct pol_labels *other)
{
	if (other->tlp > l->tlp)
		l->tlp = other->tlp;
	if (other->pap > l->pap)
		l->pap = other->pap;
	if (l->max_age_s == 0 ||
	    (other->max_age_s != 0 && other->max_age_s < l->max_age_s))
		l->max_age_s = other->max_age_s;
	l->conflict |= other->conflict;
	l->chatham |= other->chatham;
	l->no_sync |= other->no_sync;
	l->expired |= other->expired;
	l->retention_bad |= other->retention_bad;
}

bool
pol_tag_is_label(const char *tag)
{
	struct plain t;

	plain_of(tag, &t);
	return behind(&t, "tlp") != NULL || behind(&t, "pap") != NULL;
}

const char *
pol_tlp_text(enum pol_tlp t)
{
	static const char *const text[] = {
	    [POL_CLEAR] = "clear",
	    [POL_GREEN] = "green",
	    [POL_AMBER] = "amber",
	    [POL_AMBER_STRICT] = "amber+strict",
	    [POL_RED] = "red",
	};

	return text[t];
}

const char *
pol_pap_text(enum pol_pap p)
{
	static const char *const text[] = {
	    [POL_PAP_CLEAR] = "clear",
	    [POL_PAP_GREEN] = "green",
	    [POL_PAP_AMBER] = "amber",
	    [POL_PAP_RED] = "red",
	};

	return text[p];
}
