/* What a running exporter cannot change: it was told before its sandbox. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "misp-export/conf.h"

#define FIXED(name)                                     \
	{                                               \
#name, offsetof(struct misp_conf, name) \
	}
static const struct {
	const char *name;
	size_t offset;
} fixed[] = {FIXED(partner), FIXED(airlock), FIXED(dir), FIXED(url), FIXED(key),
    FIXED(proxy), FIXED(namespace), FIXED(user), FIXED(sandbox), FIXED(feed),
    FIXED(warninglists), FIXED(ca), FIXED(pin), FIXED(spool), FIXED(freeze),
    FIXED(cursors)};

static char **
fixed_at(struct misp_conf *c, size_t i)
{
	return (void *)((char *)c + fixed[i].offset);
}

static bool
fixed_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

enum d4_status
misp_conf_fixed(const struct misp_conf *old, struct misp_conf *fresh)
{
	struct misp_conf *was = (void *)(uintptr_t)old;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		char **a = fixed_at(was, i), **b = fixed_at(fresh, i);
		char *copy = *a != NULL ? strdup(*a) : NULL;

		if (copy == NULL && *a != NULL)
			return D4_ENOMEM;
		if (!fixed_same(*a, *b))
			d4_warnx("reload option=%s takes effect at a restart",
			    fixed[i].name);
		free(*b);
		*b = copy;
	}
	if (old->insecure != fresh->insecure)
		d4_warnx("reload option=tls takes effect at a restart");
	fresh->insecure = old->insecure;
	return D4_OK;
}
