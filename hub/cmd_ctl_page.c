/* d4-hub ctl metrics: the hub's page, and what Redis holds beside. */
#include <stdio.h>
#include "hub/cmd_ctl.h"
#include "hub/metrics.h"
#include "hub/page.h"

int
ctl_page(const struct ctl_line *l)
{
	enum d4_status st;
	struct d4_buf page;
	json_t *o = NULL;

	d4_buf_init(&page, METRICS_MAX);
	st = page_ask(l->ctl, &page);
	if (st == D4_OK && l->json)
		o = json_pack("{s:b,s:s%}", "ok", 1, "page", page.p, page.n);
	if (o != NULL) {
		(void)json_dumpf(o, stdout, JSON_INDENT(1));
		(void)putchar('\n');
	} else if (st == D4_OK) {
		(void)fwrite(page.p, 1, page.n, stdout);
	}
	json_decref(o);
	d4_buf_fini(&page);
	return st == D4_OK ? 0 : ctl_away(l, st);
}
