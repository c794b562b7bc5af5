#include "hub/metrics.h"
#include "hub/page.h"
#include "libd4/kit/ctl.h"
#include "libd4/kit/file.h"

#define PAGE_MODE 0644u /* another account collects it */

/* What the hub cannot say is missing in the page. */
static enum d4_status
page_part(const char *ctl, const char *cmd,
    enum d4_status (*metrics)(const json_t *answer, struct d4_buf *out),
    struct d4_buf *out)
{
	json_t *request = json_pack("{s:s}", "cmd", cmd), *answer = NULL;
	enum d4_status st = d4_ctl_ask(ctl, request, &answer);

	json_decref(request);
	if (st != D4_OK)
		return st;
	if (json_is_true(json_object_get(answer, "ok")))
		st = metrics(answer, out);
	json_decref(answer);
	return st;
}

static enum d4_status
page_copy(const json_t *answer, struct d4_buf *out)
{
	const char *page = json_string_value(json_object_get(answer, "page"));

	return d4_buf_adds(out, page != NULL ? page : "");
}

enum d4_status
page_ask(const char *ctl, struct d4_buf *out)
{
	enum d4_status st = page_part(ctl, "metrics.show", page_copy, out);

	if (st == D4_OK)
		st = page_part(ctl, "events.list", metrics_events, out);
	if (st == D4_OK)
		st = page_part(ctl, "archives.list", metrics_archives, out);
	if (st == D4_OK)
		st = page_part(ctl, "compat.show", metrics_compat, out);
	return st;
}

enum d4_status
page_write(const char *ctl, const char *path)
{
	static const char head[] =
	    "# HELP d4_hub_up 1: the hub answers\n# TYPE d4_hub_up gauge\n";
	struct d4_buf page, all;
	enum d4_status st, up;

	d4_buf_init(&page, METRICS_MAX);
	d4_buf_init(&all, METRICS_MAX + sizeof(head) + 16);
	up = page_ask(ctl, &page);
	st = d4_buf_addf(&all, "%sd4_hub_up %d\n", head, up == D4_OK);
	/* Half a page would say that figures went away. */
	if (st == D4_OK && up == D4_OK)
		st = d4_buf_add(&all, page.p, page.n);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&all), PAGE_MODE);
	d4_buf_fini(&all);
	d4_buf_fini(&page);
	return st;
}
