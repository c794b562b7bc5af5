#include "policies/room.h"

static enum d4_status
read_to(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	int tlp;
	enum d4_status st = pol_read_tlp(r, n, &tlp);

	if (st == D4_OK)
		*(enum pol_tlp *)out = (enum pol_tlp)tlp;
	return st;
}

static enum d4_status
read_permission(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct pol_relabel *l = out;

	l->permitted = true;
	return pol_read_uuid(r, n, &l->permission_from);
}

#define AT(member) offsetof(struct pol_relabel, member)

static const struct pol_field fields[] = {
    {"from", pol_read_tlp, AT(from), false, NULL},
    {"to", read_to, AT(to), true, NULL},
    {"authority", pol_read_text, AT(authority), false, NULL},
    {"ticket", pol_read_text, AT(ticket), false, NULL},
    {"expires", pol_read_date, AT(expires_s), false, NULL},
    {"permission_from", read_permission, 0, false, NULL},
    {NULL, NULL, 0, false, NULL},
};

/* Who allowed it, where that is written, and until when. */
static enum d4_status
check_downgrade(struct pol_reader *r, const struct d4_yaml *map)
{
	static const char *const must[] = {"authority", "ticket", "expires"};
	size_t i;

	for (i = 0; i < sizeof(must) / sizeof(must[0]); i++)
		if (d4_yaml_get(map, must[i]) == NULL)
			return POL_BAD(r, map,
			    "say who allowed it, the ticket, and until when",
			    "a downgrade without `%s`", must[i]);
	return D4_OK;
}

enum d4_status
pol_read_relabel(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct pol_relabel *l = out;
	enum d4_status st = pol_fields_read(r, fields, n, l);

	if (st != D4_OK)
		return st;
	l->set = true;
	l->at = n->at;
	if (d4_yaml_get(n, "from") == NULL) {
		l->from = -1;
		return D4_OK;
	}
	if (l->from <= (int)l->to)
		return POL_BAD(r, d4_yaml_get(n, "from"),
		    "leave `from` out to raise any label",
		    "`from` is for a downgrade, and `to` is not below it");
	return check_downgrade(r, n);
}
