#include "policies/ceiling.h"

/* What a cell asks for; NAMED and CONCERNS may be joined: either is enough. */
enum need { NO = 0, YES = 1, NAMED = 2, CONCERNS = 4 };

enum column { OWN, CLIENT, PARTNER_IN, PARTNER_OUT, PUBLIC, COLUMNS };

#define ORIGIN 0
#define RELAY  1

/* Row by row as in spec policy.md section 2. */
static const unsigned char table[POL_RED + 1][2][COLUMNS] = {
    [POL_CLEAR] = {[ORIGIN] = {YES, YES, YES, YES, YES},
	[RELAY] = {YES, YES, YES, YES, YES}},
    [POL_GREEN] =
	{[ORIGIN] = {YES, YES, YES, NO, NO}, [RELAY] = {YES, YES, YES, NO, NO}},
    [POL_AMBER] = {[ORIGIN] = {YES, NAMED | CONCERNS, NAMED, NAMED, NO},
	[RELAY] = {YES, CONCERNS, NO, NO, NO}},
    [POL_AMBER_STRICT] = {[ORIGIN] = {YES, NAMED, NAMED, NAMED, NO},
	[RELAY] = {YES, NO, NO, NO, NO}},
    [POL_RED] =
	{[ORIGIN] = {NAMED, NO, NO, NO, NO}, [RELAY] = {NO, NO, NO, NO, NO}},
};

static bool
cell_allows(unsigned need, const struct pol_ceiling *c)
{
	return need == YES || ((need & NAMED) != 0 && c->named) ||
	       ((need & CONCERNS) != 0 && c->concerns);
}

/*
 * The table is followed as written for the label that the policy gives. Where
 * a sensor tightened it, the cells on the way must allow, too: a sensor must
 * never start a release by a stricter label, and "partner, other" is `no` for
 * green but `named` for amber (ADR 0011).
 */
bool
pol_ceiling_allows(const struct pol_ceiling *c)
{
	static const unsigned char column[] = {
	    [POL_OWN] = OWN,
	    [POL_CLIENT] = CLIENT,
	    [POL_PARTNER] = PARTNER_OUT,
	    [POL_PUBLIC] = PUBLIC,
	};
	unsigned mode = c->relay ? RELAY : ORIGIN, col = column[c->kind];

	if (c->kind == POL_PARTNER && c->community)
		col = PARTNER_IN;
	for (unsigned label = c->base; label < c->label; label++)
		if (!cell_allows(table[label][mode][col], c))
			return false;
	return cell_allows(table[c->label][mode][col], c);
}

const char *
pol_kind_text(enum pol_kind k)
{
	static const char *const text[] = {
	    [POL_OWN] = "own",
	    [POL_CLIENT] = "client",
	    [POL_PARTNER] = "partner",
	    [POL_PUBLIC] = "public",
	};

	return text[k];
}
