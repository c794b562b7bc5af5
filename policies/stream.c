#include <stdlib.h>
#include <string.h>
#include "policies/stream.h"

static int
seat_order(const void *key, const void *entry)
{
	const struct pol_seat *seat = entry;

	return memcmp(key, &seat->sensor, D4_UUID_LEN);
}

/* Sources have explicit types, so the type belongs to at most one of them. */
static const struct pol_source *
find_source(const struct pol *p, const struct pol_ask *ask, const char *ext)
{
	const struct pol_seat *seat, *end = p->seats + p->n_seats;
	const struct pol_source *s;

	seat = p->n_seats == 0 ? NULL
	                       : bsearch(&ask->sensor, p->seats, p->n_seats,
				     sizeof(*seat), seat_order);
	if (seat == NULL)
		return NULL;
	while (seat > p->seats && d4_uuid_eq(&seat[-1].sensor, &ask->sensor))
		seat--;
	for (; seat < end && d4_uuid_eq(&seat->sensor, &ask->sensor); seat++) {
		s = &p->sources[seat->source];
		if (ask->source != NULL && strcmp(ask->source, s->id) != 0)
			continue;
		if (pol_types_has(&s->types, ask->type, ext))
			return s;
	}
	return NULL;
}

static bool
in_path(const struct d4_meta *m, const char *id)
{
	size_t i;

	for (i = 0; i < m->n_path; i++)
		if (strcmp(m->path[i], id) == 0)
			return true;
	return false;
}

static bool
fed_by_others(const struct pol *p, const struct pol_source *source)
{
	size_t i;

	for (i = 0; source->fed_by.n > 0 && i < p->n_sources; i++)
		if (pol_source_feeds(&p->sources[i], source) &&
		    !d4_uuid_eq(&p->sources[i].org, &p->org))
			return true;
	return false;
}

/*
 * Whose data it is. An org that the sensor names counts if it is the source's
 * or the source may speak for it; else it still makes the data not ours: a
 * sensor can tighten, never loosen.
 */
static void
find_owner(struct pol_stream *s, const struct pol *p)
{
	const char *named = s->has_meta ? s->meta.misp_org : "";
	struct d4_uuid org;

	s->org = s->source->org;
	if (*named != '\0' && d4_uuid_parse(named, &org) != D4_OK)
		s->foreign = true;
	else if (*named != '\0' && !d4_uuid_eq(&org, &s->org)) {
		s->foreign = !pol_uuids_has(&s->source->speaks_for, &org);
		s->asserted = org;
		if (!s->foreign)
			s->org = org;
	}
	s->relay = s->foreign || !d4_uuid_eq(&s->org, &p->org) ||
	           !d4_uuid_eq(&s->source->org, &p->org) ||
	           fed_by_others(p, s->source) || s->meta.n_path != 0;
	s->hops = (unsigned)s->meta.n_path + 1;
	if (s->relay && s->meta.n_path == 0)
		s->hops = 2; /* a server that keeps no path gave it to us */
}

static void
add_tags(struct pol_labels *l, const struct pol_source *source)
{
	size_t i;

	for (i = 0; source->tags != NULL && i < source->tags->n; i++)
		pol_labels_add(l, source->tags->item[i]->text);
}

/* What an entry of a source comes under before it says anything itself. */
struct base {
	struct pol_labels tags;
	enum pol_tlp floor;
	enum pol_pap pap;
};

/* A queue that several sensors feed has the strictest of their labels. */
static void
find_base(const struct pol *p, const struct pol_source *source, struct base *b)
{
	struct pol_labels one;
	size_t i;

	pol_labels_init(&b->tags);
	add_tags(&b->tags, source);
	b->floor = pol_source_floor(p, source);
	b->pap = source->default_pap;
	for (i = 0; source->fed_by.n > 0 && i < p->n_sources; i++) {
		const struct pol_source *from = &p->sources[i];
		enum pol_tlp floor = pol_source_floor(p, from);

		if (!pol_source_feeds(from, source))
			continue;
		pol_labels_init(&one);
		add_tags(&one, from);
		pol_labels_join(&b->tags, &one);
		b->floor = floor > b->floor ? floor : b->floor;
		b->pap =
		    from->default_pap > b->pap ? from->default_pap : b->pap;
	}
}

static void
find_labels(struct pol_stream *s, const struct pol *p)
{
	struct pol_labels meta;
	struct base base;
	size_t i;

	pol_labels_init(&meta);
	for (i = 0; i < s->meta.n_tag; i++)
		pol_labels_add(&meta, s->meta.tag[i]);
	find_base(p, s->source, &base);
	s->base = base.tags.tlp > (int)base.floor ? (enum pol_tlp)base.tags.tlp
	                                          : base.floor;
	pol_labels_join(&meta, &base.tags);
	s->labels = meta;
	s->tlp = meta.tlp < 0 ? p->default_tlp : (enum pol_tlp)meta.tlp;
	if (s->tlp < base.floor)
		s->tlp = base.floor;
	s->pap = meta.pap < 0 ? base.pap : (enum pol_pap)meta.pap;
}

enum pol_tlp
pol_source_floor(const struct pol *p, const struct pol_source *source)
{
	struct pol_labels l;
	size_t i;

	if (source->floor >= 0)
		return (enum pol_tlp)source->floor;
	pol_labels_init(&l);
	for (i = 0; source->tags != NULL && i < source->tags->n; i++)
		pol_labels_add(&l, source->tags->item[i]->text);
	return l.tlp < 0 ? p->default_tlp : (enum pol_tlp)l.tlp;
}

static bool
read_meta(struct pol_stream *s, const struct pol_ask *ask, enum pol_reason *why)
{
	enum d4_status st;

	*why = POL_R_META_INVALID;
	if (ask->meta.n == 0)
		return ask->type != 254;
	st = d4_meta_parse(ask->meta, &s->meta);
	s->has_meta = st == D4_OK;
	if (st == D4_ENOMEM)
		*why = POL_R_NO_MEMORY;
	return st == D4_OK;
}

bool
pol_stream_init(struct pol_stream *s, const struct pol *p,
    const struct pol_ask *ask, enum pol_reason *why)
{
	*s = (struct pol_stream){.hops = 1};
	if (!read_meta(s, ask, why))
		return false;
	*why = POL_R_LOOP_OWN;
	if (ask->minted || in_path(&s->meta, p->hub.id))
		return false;
	*why = POL_R_SOURCE_UNKNOWN;
	s->source = find_source(p, ask, s->has_meta ? s->meta.type : "");
	if (s->source == NULL)
		return false;
	find_owner(s, p);
	find_labels(s, p);
	s->facts = (struct pol_facts){
	    .p = p,
	    .source = s->source,
	    .sensor = &ask->sensor,
	    .type = ask->type,
	    .ext = s->has_meta ? s->meta.type : "",
	    .org = &s->org,
	    .asserted = s->foreign ? &s->asserted : NULL,
	    .source_tags = s->source->tags,
	    .meta_tags = s->meta.tag,
	    .n_meta_tags = s->meta.n_tag,
	    .tlp = s->tlp,
	    .pap = s->pap,
	};
	return true;
}

void
pol_stream_fini(struct pol_stream *s)
{
	d4_meta_fini(&s->meta);
}
