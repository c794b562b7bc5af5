#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/text_regex.h"

struct san_regex {
	pcre2_code *code;
	pcre2_match_context *limits;
	pcre2_match_data *data;
	uint32_t groups;
};

static int
regex_no_callout(pcre2_callout_enumerate_block *b, void *arg)
{
	(void)b;
	(void)arg;
	return 1;
}

static enum d4_status
regex_code(struct san_regex *r, const char *pattern, char *why)
{
	PCRE2_SIZE at = 0;
	int err = 0;

	r->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF, &err, &at, NULL);
	if (r->code == NULL) {
		(void)pcre2_get_error_message(
		    err, (PCRE2_UCHAR *)why, SAN_REGEX_WHY);
		return D4_EINVAL;
	}
	if (pcre2_callout_enumerate(r->code, regex_no_callout, NULL) != 0) {
		(void)snprintf(why, SAN_REGEX_WHY, "callouts are not run");
		return D4_EINVAL;
	}
	/* Without a JIT compiler the interpreter does the same, slower. */
	(void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	(void)pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &r->groups);
	return D4_OK;
}

static enum d4_status
regex_room(struct san_regex *r)
{
	r->limits = pcre2_match_context_create(NULL);
	r->data = pcre2_match_data_create_from_pattern(r->code, NULL);
	if (r->limits == NULL || r->data == NULL)
		return D4_ENOMEM;
	(void)pcre2_set_match_limit(r->limits, SAN_REGEX_MATCH);
	(void)pcre2_set_depth_limit(r->limits, SAN_REGEX_DEPTH);
	(void)pcre2_set_heap_limit(r->limits, SAN_REGEX_HEAP);
	return D4_OK;
}

enum d4_status
san_regex_new(
    const char *pattern, char why[SAN_REGEX_WHY], struct san_regex **out)
{
	struct san_regex *r;
	enum d4_status st;

	if (strlen(pattern) > SAN_REGEX_MAX) {
		(void)snprintf(
		    why, SAN_REGEX_WHY, "longer than %u bytes", SAN_REGEX_MAX);
		return D4_EINVAL;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return D4_ENOMEM;
	st = regex_code(r, pattern, why);
	if (st == D4_OK)
		st = regex_room(r);
	if (st != D4_OK) {
		san_regex_free(r);
		return st;
	}
	*out = r;
	return D4_OK;
}

void
san_regex_free(struct san_regex *r)
{
	if (r == NULL)
		return;
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->limits);
	pcre2_code_free(r->code);
	free(r);
}

enum san_regex_found
san_regex_find(const struct san_regex *r, struct d4_slice text, size_t from,
    struct d4_slice *out, size_t *end)
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->data);
	size_t g;
	int n;

	n = pcre2_match(
	    r->code, text.p, text.n, from, PCRE2_NOTEMPTY, r->data, r->limits);
	if (n == PCRE2_ERROR_NOMATCH)
		return SAN_REGEX_NONE;
	if (n < 1)
		return SAN_REGEX_LIMIT;
	g = r->groups != 0 && n > 1 && v[2] != PCRE2_UNSET && v[3] > v[2];
	if (v[2 * g + 1] <= v[2 * g]) /* \K behind a look-ahead */
		return SAN_REGEX_LIMIT;
	*out = d4_slice_of(text.p + v[2 * g], v[2 * g + 1] - v[2 * g]);
	*end = v[1] > from ? v[1] : from + 1;
	return SAN_REGEX_MATCHED;
}
