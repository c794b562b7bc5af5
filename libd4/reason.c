#include <assert.h>
#include <string.h>
#include "libd4/reason.h"

struct reason_row {
	const char *name;
	const char *text;
	enum d4_reason_class cls;
};

#define REASON_ROW(sym, nm, c, t) \
	[D4_R_##sym] = {.name = (nm), .text = (t), .cls = D4_CLASS_##c},
static const struct reason_row reasons[D4_REASON_MAX] = {
    D4_REASONS(REASON_ROW)};
#undef REASON_ROW

const char *
d4_reason_name(enum d4_reason r)
{
	assert(r < D4_REASON_MAX);
	return reasons[r].name;
}

const char *
d4_reason_text(enum d4_reason r)
{
	assert(r < D4_REASON_MAX);
	return reasons[r].text;
}

enum d4_reason_class
d4_reason_class(enum d4_reason r)
{
	assert(r < D4_REASON_MAX);
	return reasons[r].cls;
}

bool
d4_reason_find(const char *name, enum d4_reason *out)
{
	for (unsigned r = 0; r < D4_REASON_MAX; r++) {
		if (strcmp(reasons[r].name, name) == 0) {
			*out = (enum d4_reason)r;
			return true;
		}
	}
	return false;
}
