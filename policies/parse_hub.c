#include <string.h>
#include "policies/room.h"

static enum d4_status
read_org(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct pol *p = out;
	enum d4_status st = pol_read_uuid(r, n, &p->org);

	if (st == D4_OK)
		d4_uuid_text(&p->org, p->hub.org);
	return st;
}

static enum d4_status
read_default_tlp(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct pol *p = out;
	int tlp;
	enum d4_status st = pol_read_tlp(r, n, &tlp);

	if (st == D4_OK)
		p->default_tlp = (enum pol_tlp)tlp;
	return st;
}

/* A path, with or without "file:"; no other kind of key store is read. */
static enum d4_status
read_master_key(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	const char *text;
	enum d4_status st = pol_read_text(r, n, &text);

	if (st != D4_OK)
		return st;
	if (strncmp(text, "file:", 5) == 0)
		text += 5;
	else if (strchr(text, ':') != NULL)
		return POL_BAD(r, n, "write \"file:/path/to/master.key\"",
		    "`%.64s` is not a file", text);
	if (*text == '\0')
		return POL_BAD(r, n, "write \"file:/path/to/master.key\"",
		    "no path behind `file:`");
	((struct pol *)out)->hub.master_key = text;
	return D4_OK;
}

static const struct pol_field fields[] = {
    {"id", pol_read_id, offsetof(struct pol, hub.id), true, NULL},
    {"org", read_org, 0, true, NULL},
    {"default_tlp", read_default_tlp, 0, false, NULL},
    {"master_key", read_master_key, 0, false, NULL},
    {NULL, NULL, 0, false, NULL},
};

enum d4_status
pol_parse_hub(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	(void)out;
	r->p->default_tlp = POL_RED;
	return pol_fields_read(r, fields, n, r->p);
}
