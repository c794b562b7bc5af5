#include "policies/room.h"

/* MISP's own numbers are 0 to 4; from-tlp computes one of them. */
static enum d4_status
read_distribution(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {"own", "community", "connected",
	    "all", "sharing-group", "from-tlp", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(int *)out = i == 5 ? POL_MISP_FROM_TLP : (int)i;
	return st;
}

static enum d4_status
read_to_ids(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {"from-pap", "true", "false", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(const char **)out = words[i];
	return st;
}

_Static_assert(offsetof(struct pol_rule, pub) == 0, "a rule is a share");

#define AT(member) offsetof(struct pol_misp, member)

static const struct pol_field fields[] = {
    {"object", pol_read_text, AT(object), true, NULL},
    {"distribution", read_distribution, AT(distribution), false, NULL},
    {"publish", pol_read_bool, AT(publish), false, NULL},
    {"to_ids", read_to_ids, AT(to_ids), false, NULL},
    {NULL, NULL, 0, false, NULL},
};

enum d4_status
pol_read_misp(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct pol_misp *m = out;

	*m = (struct pol_misp){.set = true,
	    .distribution = POL_MISP_FROM_TLP,
	    .to_ids = "from-pap"};
	return pol_fields_read(r, fields, n, m);
}

bool
pol_share_terms(const struct pol_share *s, struct pol_terms *out)
{
	/* A rule begins with what others see of it. */
	const struct pol_rule *rule = (const struct pol_rule *)s;

	if (!rule->misp.set)
		return false;
	*out = (struct pol_terms){.distribution = rule->misp.distribution,
	    .publish = rule->misp.publish,
	    .object = rule->misp.object,
	    .to_ids = rule->misp.to_ids};
	return true;
}
