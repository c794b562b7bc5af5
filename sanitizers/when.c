#include <stdlib.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/when.h"

#define DAY_US UINT64_C(86400000000)

static enum d4_status
when_unit(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_when *w)
{
	enum d4_status st;

	st = d4_yaml_duration_us(node, cx->diag, &w->unit_us);
	if (st == D4_OK && (w->unit_us == 0 || w->unit_us > DAY_US))
		return d4_diag_set(cx->diag, node->at,
		    "write a unit such as 1s or 1h", "a unit is 1us to 1d");
	return st;
}

/* {floor: 1h, shift: true} */
static enum d4_status
when_map(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_when *w)
{
	static const char *const keys[] = {"floor", "shift", NULL};
	const struct d4_yaml *n;
	enum d4_status st;

	st = d4_yaml_keys(node, keys, cx->diag);
	if (st == D4_OK && (n = d4_yaml_get(node, "floor")) != NULL)
		st = when_unit(cx, n, w);
	if (st == D4_OK && (n = d4_yaml_get(node, "shift")) != NULL)
		st = d4_yaml_bool(n, cx->diag, &w->shift);
	return st;
}

/* A unit, the word shift, or both as a map. */
static enum d4_status
when_read(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_when *w)
{
	enum d4_status st = D4_OK;

	if (node->kind == D4_YAML_SCALAR && strcmp(node->text, "shift") == 0)
		w->shift = true;
	else if (node->kind == D4_YAML_SCALAR)
		st = when_unit(cx, node, w);
	else
		st = when_map(cx, node, w);
	if (st != D4_OK)
		return st;
	if (!w->shift && w->unit_us == 0)
		return d4_diag_set(cx->diag, node->at,
		    "write a unit such as 1h", "a time step that does nothing");
	if (w->shift && cx->families != SAN_PACKETS)
		return d4_diag_set(cx->diag, node->at,
		    "write a unit such as 1h", "`shift` is for packets only");
	return D4_OK;
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

/* A duration in microseconds, in units of 1/per_s seconds. */
static uint64_t
when_units(uint64_t us, uint64_t per_s)
{
	return per_s >= 1000000 ? us * (per_s / 1000000)
	                        : us / (1000000 / per_s);
}

bool
san_when_apply(const struct san_when *w, const uint8_t tshift[8],
    uint64_t per_s, uint64_t *t)
{
	uint64_t unit = when_units(w->unit_us, per_s), v = *t, add = 0;

	if (w->shift)
		add = when_units(d4_get_be64(tshift) % DAY_US, per_s);
	if (v > UINT64_MAX - add)
		return false;
	v += add;
	if (unit > 1)
		v -= v % unit;
	*t = v;
	return true;
}

const struct san_step_kind san_step_time = {
    .name = "time",
    .families = SAN_PACKETS | SAN_IPFIX | SAN_PDNS | SAN_TEXT | SAN_MALTRAIL |
                SAN_DNSCAP,
    .help = "times floored to a unit, or shifted by a secret constant",
    .compile = when_compile,
    .needs_keys = when_needs_keys,
};
