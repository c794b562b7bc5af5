#include <stdio.h>
#include <string.h>
#include <time.h>
#include "hub/archive_name.h"
#include "libd4/kit/clock.h"

#define DAY_US (86400ull * 1000000ull)

void
archive_nth(uint32_t nth, char out[ARCHIVE_NTH])
{
	char digits[12];
	int n = snprintf(digits, sizeof(digits), "%03u", nth);

	out[0] = '\0';
	if (nth != 0)
		(void)snprintf(
		    out, ARCHIVE_NTH, "%.*s%s", n - 2, "zzzzzzzzz", digits);
}

enum d4_status
archive_name(const struct part_head *h, bool opened, const char *pack,
    struct archive_name *out)
{
	const struct d4_type_row *row = part_type_ok(h->type, h->ext);
	char hex[D4_UUID_HEX], at[D4_TIME_TEXT], nth[ARCHIVE_NTH];
	int x = (int)h->ext.n;
	const char *ext = x != 0 ? (const char *)h->ext.p : "", *end;

	if (row == NULL)
		return D4_EINVAL;
	end = opened && row->file_opened != NULL ? row->file_opened : row->file;
	d4_uuid_hex(&h->sensor, hex);
	d4_time_text(h->t_us, at);
	archive_nth(h->nth, nth);
	(void)snprintf(out->dir, sizeof(out->dir), "%s/%u/%.4s/%.2s/%.2s%s%.*s",
	    hex, h->type, at, at + 5, at + 8, x != 0 ? "/" : "", x, ext);
	(void)snprintf(out->file, sizeof(out->file),
	    "%s-%.10s-%.2s%.2s%.2s%s%s%s", hex, at, at + 11, at + 14, at + 17,
	    nth, end, pack);
	(void)snprintf(out->meta, sizeof(out->meta),
	    "%s-%.10s-%.2s%.2s%.2s%s.json", hex, at, at + 11, at + 14, at + 17,
	    nth);
	return D4_OK;
}

static bool
digits(const char *p, unsigned n, unsigned *out)
{
	*out = 0;
	for (unsigned i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(p[i] - '0');
	}
	return true;
}

/* "." or "z001." behind the second; before 0.1.0 it was ".1" at the end. */
static bool
nth_ok(const char *p)
{
	size_t z = strspn(p, "z"), n = strspn(p + z, "0123456789");

	return p[z + n] == '.' && (z == 0 ? n == 0 : n == z + 2);
}

enum d4_status
archive_name_time(const char *file, uint64_t *out_s)
{
	static const char shape[] = "-dddd-dd-dd-dddddd";
	unsigned y, mo, d, h, mi, s;
	const char *p = file + 32;
	struct tm tm;

	if (strlen(file) < 32 + sizeof(shape) - 1 ||
	    !nth_ok(file + 32 + sizeof(shape) - 1) ||
	    strspn(file, "0123456789abcdef") != 32)
		return D4_EMALFORMED;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		if (shape[i] != 'd' && p[i] != shape[i])
			return D4_EMALFORMED;
	}
	if (!digits(p + 1, 4, &y) || !digits(p + 6, 2, &mo) ||
	    !digits(p + 9, 2, &d) || !digits(p + 12, 2, &h) ||
	    !digits(p + 14, 2, &mi) || !digits(p + 16, 2, &s))
		return D4_EMALFORMED;
	if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 ||
	    mi > 59 || s > 60)
		return D4_EMALFORMED;
	tm = (struct tm){.tm_year = (int)y - 1900,
	    .tm_mon = (int)mo - 1,
	    .tm_mday = (int)d,
	    .tm_hour = (int)h,
	    .tm_min = (int)mi,
	    .tm_sec = (int)s};
	*out_s = (uint64_t)timegm(&tm);
	return D4_OK;
}

uint64_t
archive_slot_end(uint64_t t_us, uint64_t every_us)
{
	uint64_t day = t_us - t_us % DAY_US;
	uint64_t slot = (t_us - day) / every_us + 1;

	return slot > DAY_US / every_us ? day + DAY_US : day + slot * every_us;
}
