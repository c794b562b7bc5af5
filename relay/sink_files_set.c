/* A partner's data set from start to end: see sink_files.h. */
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/sink_files.h"

void
sink_files_end_all(struct post_partner *pp)
{
	struct sink_set *s = pp->kept;

	if (s == NULL)
		return;
	if (sink_set_save(s, d4_now_us() / POST_SECOND) != D4_OK)
		d4_warnx("dataset manifest is late partner=%s", pp->conf->id);
	sink_set_fini(s);
	free(s);
	pp->kept = NULL;
}

enum d4_status
sink_files_begin(struct post_partner *pp, const char **why)
{
	struct sink_set *s = calloc(1, sizeof(*s));
	enum d4_status st = D4_ENOMEM;

	pp->kept = s;
	if (s == NULL)
		return D4_ENOMEM;
	s->conf = &pp->conf->out;
	s->account = pp->post->setup.account;
	s->partner = strdup(pp->conf->id);
	if (s->partner != NULL)
		st = sink_set_open(s, why);
	if (st == D4_OK) {
		*why = "what it was publishing";
		st = sink_files_recover(pp, s);
	}
	if (st == D4_OK && s->whole > s->n)
		d4_warnx("dataset partner=%s has %zu files that manifest.json "
			 "does not list",
		    pp->conf->id, s->whole - s->n);
	if (st == D4_OK) {
		*why = "manifest.json cannot be written";
		st = sink_set_save(s, d4_now_us() / POST_SECOND);
	}
	if (st != D4_OK)
		s->dirty = false; /* what is not understood is not replaced */
	return st;
}

void
sink_files_tick(struct post_partner *pp)
{
	uint64_t now_s = d4_now_us() / POST_SECOND;

	sink_set_trim(pp->kept, now_s);
	if (sink_set_save(pp->kept, now_s) != D4_OK)
		d4_warn("dataset manifest is late partner=%s", pp->conf->id);
}

void
sink_files_status(const struct post_partner *pp, json_t *o)
{
	const struct sink_set *s = pp->kept;

	if (s == NULL)
		return;
	(void)json_object_set_new(o, "dataset",
	    json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "files",
		(json_int_t)s->n, "records", (json_int_t)s->records, "bytes",
		(json_int_t)s->bytes, "removed_files",
		(json_int_t)s->removed_files, "removed_records",
		(json_int_t)s->removed_records, "manifest_late", s->dirty));
}
