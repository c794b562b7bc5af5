#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "relay/post_volume.h"

#define VOLUME_VERSION 1

struct post_rule *
post_rules_find(const struct post_rules *r, const char *rule)
{
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->list[i].rule, rule) == 0)
			return &r->list[i];
	}
	return NULL;
}

enum d4_status
post_volume_text(const struct post_rules *r, uint64_t day, struct d4_buf *out)
{
	json_t *used = json_object(), *root;
	enum d4_status st;
	char *text;

	for (size_t i = 0; i < r->n; i++) {
		const struct limit *l = &r->list[i].limit;

		if (l->day == day && l->used != 0)
			(void)json_object_set_new(used, r->list[i].rule,
			    json_integer((json_int_t)l->used));
	}
	root = json_pack("{s:i, s:I, s:o}", "v", VOLUME_VERSION, "day",
	    (json_int_t)day, "used", used);
	text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (text == NULL)
		return D4_ENOMEM;
	st = d4_buf_adds(out, text);
	free(text);
	return st;
}

static enum d4_status
volume_rules(json_t *used, uint64_t day, struct post_rules *out)
{
	struct post_rules r = {.n = 0};
	const char *rule;
	json_t *n;

	r.list = calloc(json_object_size(used) + 1, sizeof(*r.list));
	if (r.list == NULL)
		return D4_ENOMEM;
	json_object_foreach(used, rule, n)
	{
		struct post_rule *one = &r.list[r.n++];

		if (!json_is_integer(n) || json_integer_value(n) < 0 ||
		    strlen(rule) >= sizeof(one->rule)) {
			free(r.list);
			return D4_EMALFORMED;
		}
		memcpy(one->rule, rule, strlen(rule) + 1);
		one->limit.day = day;
		one->limit.used = (uint64_t)json_integer_value(n);
	}
	*out = r;
	return D4_OK;
}

enum d4_status
post_volume_parse(struct d4_slice text, struct post_rules *out)
{
	json_t *root = json_loadb(text.n != 0 ? (const char *)text.p : "",
	    text.n, JSON_REJECT_DUPLICATES, NULL);
	json_t *day = json_object_get(root, "day");
	json_t *used = json_object_get(root, "used");
	enum d4_status st = D4_EMALFORMED;

	if (json_is_object(used) && json_is_integer(day) &&
	    json_integer_value(day) >= 0) {
		st = json_integer_value(json_object_get(root, "v")) ==
		             VOLUME_VERSION
		         ? volume_rules(
			       used, (uint64_t)json_integer_value(day), out)
		         : D4_EVERSION;
	}
	json_decref(root);
	return st;
}
