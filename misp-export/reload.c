#include "libd4/kit/log.h"
#include "misp-export/reload.h"

static bool
reload_conf(const struct exporter *x, struct misp_conf **out)
{
	struct d4_diag diag = {.file = x->conf->file};
	struct misp_conf *c = NULL;
	enum d4_status st = misp_conf_load(x->conf->file, &diag, &c);
	char text[1280];

	if (st == D4_OK)
		st = misp_conf_fixed(x->conf, c);
	/* With a feed, what it says must still be said. */
	if (st == D4_OK && c->feed != NULL &&
	    (c->feed_org == NULL || c->feed_org_uuid == NULL))
		st = d4_diag_set(&diag, (struct d4_mark){0, 0},
		    "write feed_org and feed_org_uuid",
		    "the feed names the organisation that makes it");
	if (st == D4_OK) {
		*out = c;
		return true;
	}
	misp_conf_free(c);
	d4_diag_format(&diag, text, sizeof(text));
	d4_warnx("alarm reload=refused error=\"%s\" (what held holds on)",
	    st == D4_EINVAL || st == D4_EIO ? text : d4_status_text(st));
	return false;
}

static bool
reload_lists(const struct exporter *x, struct warninglists **out)
{
	enum d4_status st = D4_OK;

	*out = NULL;
	if (x->conf->warninglists != NULL)
		st = warninglists_load(x->conf->warninglists, x->lists, out);
	if (st != D4_OK)
		d4_warn("alarm reload=refused warninglists=%s error=\"%s\" "
			"(what held holds on)",
		    x->conf->warninglists, d4_status_text(st));
	return st == D4_OK;
}

/* Items point at mappers: all are on disk, and are read with the new ones. */
static bool
reload_store(struct exporter *x, const struct misp_conf *c)
{
	enum d4_status st = store_save(x->store);

	if (st == D4_OK)
		store_mappers(x->store, c->mappers);
	else
		d4_warn("alarm reload=refused dir=%s error=\"%s\" (what held "
			"holds on)",
		    c->dir, d4_status_text(st));
	return st == D4_OK;
}

void
reload(struct exporter *x)
{
	struct misp_conf *c = NULL;
	struct warninglists *lists = NULL;
	bool ok = reload_conf(x, &c) && reload_lists(x, &lists);

	if (!ok || !reload_store(x, c)) {
		warninglists_free(lists);
		misp_conf_free(c);
		return;
	}
	warninglists_free(x->lists);
	x->lists = lists;
	misp_conf_log(c);
	if (x->http != NULL)
		http_conf(x->http, c);
	if (x->rest != NULL)
		rest_conf(x->rest, c);
	if (x->feed != NULL)
		feed_conf(x->feed, c);
	misp_conf_free(x->reloaded);
	x->conf = x->reloaded = c;
	x->flushed_ms = x->fed_ms = 0;
	d4_info("reload done");
}
