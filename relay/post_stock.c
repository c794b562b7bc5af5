/* What post knows of a partner's kind of server: a stock d4-core or not. */
#include <stdio.h>
#include <string.h>
#include "relay/post_room.h"

/*
 * A stock server looks for sessions every 10 s, and two of one UUID and type
 * that it finds together spoil each other's file (docs/interop.md).
 */
#define STOCK_GAP_US 12000000u

/* What it accepts as installed, of what has workers that work (R12). */
static const char *const stock_accepts[] = {"1", "4", "8", "ja3-jl"};

static bool
partner_stock(const struct post_partner *pp)
{
	return pp->conf->sink == SINK_D4 && pp->release.stock;
}

uint64_t
post_partner_gap(const struct post_partner *pp)
{
	if (pp->conf->gap_us != RELAY_GAP_PROFILE)
		return pp->conf->gap_us;
	return partner_stock(pp) ? STOCK_GAP_US : 0;
}

bool
post_partner_accepts(const struct post_lane *l)
{
	const struct d4_conf_list *list = &l->partner->conf->accepts;
	char word[sizeof(l->name.ext)];
	size_t n = sizeof(stock_accepts) / sizeof(stock_accepts[0]);

	if (l->name.type == D4_TYPE_EXTENDED)
		(void)snprintf(word, sizeof(word), "%s", l->name.ext);
	else
		(void)snprintf(word, sizeof(word), "%u", l->name.type);
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->item[i], "all") == 0 ||
		    strcmp(list->item[i], word) == 0)
			return true;
	}
	if (list->n != 0 || !partner_stock(l->partner))
		return list->n == 0;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(stock_accepts[i], word) == 0)
			return true;
	}
	return false;
}
