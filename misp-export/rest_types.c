/* Mappers that this MISP would refuse: said, and what is of them waits. */
#include <string.h>
#include "libd4/kit/log.h"
#include "misp-export/rest_room.h"

static void
on_problem(void *arg, const struct types_problem *p)
{
	struct rest *r = arg;
	const struct misp_conf *c = r->set.conf;
	char text[1024];

	types_say(p, c->mappers, c->file, text, sizeof(text));
	d4_warnx("alarm misp=mapper error=\"%s\" (its findings wait)", text);
	if (r->n_refused < REST_REFUSED)
		r->refused[r->n_refused++] = p->mapper;
}

enum rest_step
rest_types(struct rest *r, const char *version)
{
	const char *dir = r->set.conf->dir;
	char why[TYPES_TEXT] = "";

	if (r->types.describe == NULL)
		(void)!types_load(dir, &r->types);
	for (size_t i = 0; template_at(i) != NULL; i++)
		r->counts.calls++; /* and one for the types */
	r->counts.calls++;
	if (types_fetch(&r->types, r->set.http, version, why)) {
		if (types_save(dir, &r->types) != D4_OK)
			d4_warn("file=%s/" TYPES_FILE, dir);
	} else {
		d4_warnx("misp=types error=\"%s\" (%s holds)", why,
		    r->types.describe != NULL ? "the list of before"
					      : "the built-in list");
	}
	r->n_refused = 0;
	(void)types_check_all(&r->types, r->set.conf->mappers, on_problem, r);
	return http_wait(r->set.http, 0) ? STEP_NEXT : STEP_STOP;
}

bool
rest_refuses(const struct rest *r, const struct mapper *m)
{
	for (size_t i = 0; i < r->n_refused; i++) {
		if (r->refused[i] == m)
			return true;
	}
	return false;
}
