#include <stdarg.h>
#include <stdio.h>
#include "libd4/diag.h"

enum d4_status
d4_diag_set(struct d4_diag *d, struct d4_mark at, const char *remedy,
    const char *fmt, ...)
{
	va_list ap;

	if (d->what[0] != '\0')
		return D4_EINVAL;
	d->line = at.line;
	d->column = at.column;
	va_start(ap, fmt);
	(void)vsnprintf(d->what, sizeof(d->what), fmt, ap);
	va_end(ap);
	(void)snprintf(d->remedy, sizeof(d->remedy), "%s", remedy);
	return D4_EINVAL;
}

void
d4_diag_format(const struct d4_diag *d, char *text, size_t n)
{
	const char *file = d->file != NULL ? d->file : "-";
	const char *sep = d->remedy[0] != '\0' ? "; " : "";

	if (d->line == 0)
		(void)snprintf(
		    text, n, "%s: %s%s%s", file, d->what, sep, d->remedy);
	else
		(void)snprintf(text, n, "%s:%u:%u: %s%s%s", file, d->line,
		    d->column, d->what, sep, d->remedy);
}
