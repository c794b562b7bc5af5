/* Detectors of identifiers: MAC addresses, IBANs, telephone numbers. */
#include <string.h>
#include "sanitizers/find_hidden.h"
#include "sanitizers/text.h"

/* A row of hex groups: how many, of how many digits, what between. */
struct id_shape {
	unsigned groups, digits;
	uint8_t gap;
};

static const struct id_shape id_macs[] = {
    {6, 2, ':'}, {6, 2, '-'}, {3, 4, '.'}};

static size_t
id_groups(const struct san_text_in *in, size_t at, const struct id_shape *s)
{
	size_t n = s->groups * (s->digits + 1) - 1;
	uint8_t c;

	for (size_t i = 0; i < n; i++) {
		c = san_text_byte(in, at + i);
		if (i % (s->digits + 1) == s->digits ? c != s->gap
						     : san_hex_digit(c) < 0)
			return 0;
	}
	c = san_text_byte(in, at + n);
	if (san_is_alnum(c) ||
	    (c == s->gap && san_hex_digit(san_text_byte(in, at + n + 1)) >= 0))
		return 0;
	return n;
}

size_t
san_text_mac(const struct san_text_in *in, size_t at, struct san_span *out)
{
	uint8_t c = at > 0 ? in->line.p[at - 1] : 0;
	uint8_t gap = san_text_byte(in, at + 2);
	size_t n = 0;

	if (gap != ':' && gap != '-' && san_text_byte(in, at + 4) != '.')
		return 0;
	if (san_is_alnum(c) || san_hex_digit(in->line.p[at]) < 0)
		return 0;
	for (size_t i = 0; n == 0 && i < 3; i++) {
		/* A longer row of groups is something else. */
		if (at < 2 || c != id_macs[i].gap ||
		    san_hex_digit(in->line.p[at - 2]) < 0)
			n = id_groups(in, at, &id_macs[i]);
	}
	if (n != 0)
		*out = (struct san_span){
		    .from = at, .to = at + n, .kind = SAN_KIND_MAC};
	return n;
}

/* Source: the SWIFT registry of IBAN formats (ISO 13616). */
static const char id_ibans[][5] = {"AD24", "AE23", "AL28", "AT20", "AZ28",
    "BA20", "BE16", "BG22", "BH22", "BI27", "BR29", "BY28", "CH21", "CR22",
    "CY28", "CZ24", "DE22", "DJ27", "DK18", "DO28", "EE20", "EG29", "ES24",
    "FI18", "FK18", "FO18", "FR27", "GB22", "GE22", "GI23", "GL18", "GR27",
    "GT28", "HR21", "HU28", "IE22", "IL23", "IQ23", "IS26", "IT27", "JO30",
    "KW30", "KZ20", "LB28", "LC32", "LI21", "LT20", "LU20", "LV21", "LY25",
    "MC27", "MD24", "ME22", "MK19", "MN20", "MR27", "MT31", "MU30", "NI28",
    "NL18", "NO15", "OM23", "PK24", "PL28", "PS29", "PT25", "QA29", "RO24",
    "RS22", "RU33", "SA24", "SC31", "SD18", "SE24", "SI19", "SK24", "SM27",
    "SO23", "ST25", "SV28", "TL23", "TN24", "TR26", "UA29", "VA22", "VG24",
    "XK20"};

static size_t
id_iban_length(const uint8_t c[2])
{
	for (size_t i = 0; i < sizeof(id_ibans) / sizeof(id_ibans[0]); i++) {
		if (memcmp(id_ibans[i], c, 2) == 0)
			return (size_t)(id_ibans[i][2] - '0') * 10 +
			       (size_t)(id_ibans[i][3] - '0');
	}
	return 0;
}

/* The first four characters go to the end; letters count from 10 on. */
static bool
id_iban_sum(const uint8_t *c, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t x = c[(i + 4) % n];
		unsigned d = san_is_digit(x)
		                 ? (unsigned)(x - '0')
		                 : (unsigned)((x | 0x20) - 'a') + 10;

		v = (v * (d > 9 ? 100 : 10) + d) % 97;
	}
	return v == 1;
}

size_t
san_text_iban(const struct san_text_in *in, size_t at, struct san_span *out)
{
	size_t want, n = 0, i = at;
	uint8_t c[34];

	if ((at > 0 && san_is_alnum(in->line.p[at - 1])) ||
	    in->line.n - at < 15 || !san_is_digit(in->line.p[at + 2]))
		return 0;
	want = id_iban_length(in->line.p + at);
	while (n < want) {
		uint8_t x = san_text_byte(in, i);

		if (san_is_alnum(x))
			c[n++] = x;
		else if (x != ' ' || n % 4 != 0)
			return 0;
		i++;
	}
	if (want == 0 || san_is_alnum(san_text_byte(in, i)) ||
	    !id_iban_sum(c, n))
		return 0;
	*out = (struct san_span){.from = at, .to = i, .kind = SAN_KIND_IBAN};
	return i - at;
}

/* +CC or 00CC and 8 to 15 digits in all, in groups. */
size_t
san_text_phone(const struct san_text_in *in, size_t at, struct san_span *out)
{
	uint8_t c = in->line.p[at];
	size_t i = at, end = at;
	unsigned digits = 0;

	if (at > 0 &&
	    (san_is_alnum(in->line.p[at - 1]) || in->line.p[at - 1] == '.'))
		return 0;
	if (c == '+')
		i += 1;
	else if (c == '0' && san_text_byte(in, at + 1) == '0')
		i += 2;
	else
		return 0;
	for (; digits <= 15; i++) {
		c = san_text_byte(in, i);
		if (san_is_digit(c)) {
			digits++;
			end = i + 1;
		} else if (c == 0 || strchr(" -./()", c) == NULL ||
			   i - end > 1) {
			break;
		}
	}
	if (digits < 8 || digits > 15)
		return 0;
	*out = (struct san_span){.from = at, .to = end, .kind = SAN_KIND_PHONE};
	return end - at;
}
