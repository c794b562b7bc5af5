#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "misp-export/warninglist_regex.h"
#include "sanitizers/text_regex.h"

/* PHP's modifiers that PCRE2 has, too. u: values are bytes to us. */
static const char regex_flags[] = "imsxu";

/* "/pattern/i" to "(?i)pattern"; false: a modifier that we do not know. */
static bool
regex_pattern(const char *in, char *out, size_t n)
{
	char open = in[0], flags[8] = "";
	const char *end = strrchr(in, open);
	size_t k = 0;

	if (isalnum((unsigned char)open) || open == '\\' ||
	    strchr("^([.*", open) != NULL || end == in) {
		(void)snprintf(out, n, "%s", in);
		return strlen(in) < n;
	}
	for (const char *p = end + 1; *p != '\0'; p++) {
		if (strchr(regex_flags, *p) == NULL || k + 1 == sizeof(flags))
			return false;
		if (*p != 'u')
			flags[k++] = *p;
	}
	flags[k] = '\0';
	k = (size_t)(end - in) - 1;
	return (size_t)snprintf(out, n, "%s%s%s%.*s",
		   *flags != '\0' ? "(?" : "", flags, *flags != '\0' ? ")" : "",
		   (int)k, in + 1) < n;
}

static enum d4_status
regex_add(struct warn_regex *r, const char *text)
{
	char pattern[SAN_REGEX_MAX + 16], why[SAN_REGEX_WHY];
	enum d4_status st = D4_EINVAL;

	(void)snprintf(why, sizeof(why),
	    "no pattern, or a modifier that is "
	    "not taken");
	if (text != NULL && *text != '\0' &&
	    regex_pattern(text, pattern, sizeof(pattern)))
		st = san_regex_new(pattern, why, &r->at[r->n]);
	if (st == D4_OK)
		r->n++;
	if (st != D4_EINVAL)
		return st;
	if (r->odd++ == 0)
		(void)snprintf(r->why, sizeof(r->why), "%s", why);
	return D4_OK;
}

enum d4_status
warn_regex_init(struct warn_regex *r, const json_t *list)
{
	size_t n = json_array_size(list);
	enum d4_status st = D4_OK;

	*r = (struct warn_regex){.n = 0};
	if (n > WARN_PATTERNS)
		return D4_ETOOBIG;
	r->at = calloc(n + 1, sizeof(struct san_regex *));
	if (r->at == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; i < n && st == D4_OK; i++)
		st = regex_add(r, json_string_value(json_array_get(list, i)));
	return st;
}

void
warn_regex_fini(struct warn_regex *r)
{
	for (size_t i = 0; i < r->n; i++)
		san_regex_free(r->at[i]);
	free(r->at);
	*r = (struct warn_regex){.n = 0};
}

bool
warn_regex_has(struct warn_regex *r, const char *value)
{
	struct d4_slice out;
	size_t end;

	for (size_t i = 0; i < r->n; i++) {
		switch (san_regex_find(
		    r->at[i], d4_slice_str(value), 0, &out, &end)) {
		case SAN_REGEX_MATCHED:
			return true;
		case SAN_REGEX_LIMIT:
			r->limits++;
			break;
		case SAN_REGEX_NONE:
			break;
		}
	}
	return false;
}
