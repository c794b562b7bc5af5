#include <stdlib.h>
#include <string.h>
#include "sanitizers/when.h"

#define DAY_US UINT64_C(86400000000)

static enum d4_status
when_read(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_when *w)
{
	enum d4_status st;

	if (node->kind == D4_YAML_SCALAR && strcmp(node->text, "shift") == 0) {
		w->shift = true;
		if (cx->families == SAN_PACKETS)
			return D4_OK;
		return d4_diag_set(cx->diag, node->at,
		    "write a unit such as 1h", "`shift` is for packets only");
	}
	st = d4_yaml_duration_us(node, cx->diag, &w->unit_us);
	if (st == D4_OK && (w->unit_us == 0 || w->unit_us > DAY_US))
		return d4_diag_set(cx->diag, node->at,
		    "write a unit such as 1s or 1h", "a unit is 1us to 1d");
	return st;
}

static enum d4_status
when_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_when *w = calloc(1, sizeof(*w));
	enum d4_status st;

	if (w == NULL)
		return D4_ENOMEM;
	st = when_read(cx, node, w);
	if (st != D4_OK) {
		free(w);
		return st;
	}
	*conf = w;
	return D4_OK;
}

static bool
when_needs_keys(const void *conf)
{
	return ((const struct san_when *)conf)->shift;
}

const struct san_step_kind san_step_time = {
    .name = "time",
    .families = SAN_PACKETS | SAN_PDNS,
    .help = "times floored to a unit, or shifted by a secret constant",
    .compile = when_compile,
    .needs_keys = when_needs_keys,
};
