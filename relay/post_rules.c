#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/post_room.h"

#define RULES_DAY_US 86400000000u

static uint64_t
rules_day(void)
{
	return d4_now_us() / RULES_DAY_US;
}

static uint64_t
rules_used(const struct post_partner *pp)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < pp->rules.n; i++) {
		if (pp->rules.list[i].limit.volume != 0)
			sum += pp->rules.list[i].limit.used;
	}
	return sum;
}

enum d4_status
post_rules_load(struct post_partner *pp)
{
	char *path = d4_path(pp->cursors, "volume.json");
	struct d4_buf text;
	enum d4_status st;

	if (path == NULL)
		return D4_ENOMEM;
	d4_buf_init(&text, POST_VOLUME_MAX);
	st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = post_volume_parse(d4_buf_slice(&text), &pp->rules);
	d4_buf_fini(&text);
	free(path);
	return st == D4_ENOENT ? D4_OK : st;
}

/* Those that are not released now are kept for the rest of the day. */
static void
rules_keep(const struct post_rules *old, struct post_rules *to)
{
	uint64_t day = rules_day();

	for (size_t i = 0; i < old->n; i++) {
		const struct post_rule *r = &old->list[i];

		if (r->limit.used == 0 || r->limit.day != day ||
		    post_rules_find(to, r->rule) != NULL)
			continue;
		to->list[to->n++] = *r;
	}
}

enum d4_status
post_rules_apply(struct post_partner *pp, const struct release *rel)
{
	struct post_rules to = {.n = 0};
	struct post_rule *r, *old;

	to.list = calloc(rel->n + pp->rules.n + 1, sizeof(*to.list));
	if (to.list == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; i < rel->n; i++) {
		const struct release_lane *l = &rel->lane[i];

		r = post_rules_find(&to, l->rule);
		if (r == NULL) {
			r = &to.list[to.n++];
			old = post_rules_find(&pp->rules, l->rule);
			if (old != NULL)
				r->limit = old->limit;
			memcpy(r->rule, l->rule, sizeof(r->rule));
		}
		r->limit.rate_bits = l->max_rate_bits;
		r->limit.volume = l->max_volume;
	}
	rules_keep(&pp->rules, &to);
	free(pp->rules.list);
	pp->rules = to;
	return D4_OK;
}

void
post_rules_save(struct post_partner *pp)
{
	uint64_t used = rules_used(pp);
	struct d4_buf text;
	enum d4_status st;
	char *path;

	if (used == pp->volume_saved)
		return;
	path = d4_path(pp->cursors, "volume.json");
	d4_buf_init(&text, POST_VOLUME_MAX);
	st = path == NULL ? D4_ENOMEM
	                  : post_volume_text(&pp->rules, rules_day(), &text);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&text), 0640);
	if (st == D4_OK)
		pp->volume_saved = used;
	else
		d4_warn("post cannot save volume partner=%s status=\"%s\"",
		    pp->conf->id, d4_status_text(st));
	d4_buf_fini(&text);
	free(path);
}
