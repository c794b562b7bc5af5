/* d4-hub ctl metrics: the hub's page, and what Redis holds beside. */
#include <stdio.h>
#include "hub/cmd_ctl.h"
#include "hub/metrics.h"

static int
page_ask(const struct ctl_line *l, const char *cmd,
    enum d4_status (*metrics)(const json_t *answer, struct d4_buf *out))
{
	json_t *answer = NULL;
	struct d4_buf text;
	int rc = ctl_ask(l, json_pack("{s:s}", "cmd", cmd), &answer);

	if (rc != 0)
		return rc;
	d4_buf_init(&text, METRICS_MAX);
	if (metrics(answer, &text) == D4_OK)
		(void)fwrite(text.p, 1, text.n, stdout);
	else
		rc = 1;
	d4_buf_fini(&text);
	json_decref(answer);
	return rc;
}

int
ctl_page(const struct ctl_line *l, const json_t *answer)
{
	const char *page =
	    json_string_value(json_object_get(answer, l->row->text));
	int rc = page != NULL ? 0 : 1;

	if (page != NULL)
		(void)fputs(page, stdout);
	if (rc == 0)
		rc = page_ask(l, "events.list", metrics_events);
	if (rc == 0)
		rc = page_ask(l, "archives.list", metrics_archives);
	return rc;
}
