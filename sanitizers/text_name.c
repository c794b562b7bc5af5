/* Detectors of names: mail addresses, credentials in URLs, hosts. */
#include <string.h>
#include "sanitizers/text.h"

#define NAME_LOCAL 64u  /* bytes of a mail address before the @ */
#define NAME_CRED  256u /* bytes of USER:PASSWORD */

static bool
name_is_local(uint8_t c)
{
	return san_is_alnum(c) || c == '.' || c == '_' || c == '%' ||
	       c == '+' || c == '-';
}

static bool
name_is_label(uint8_t c)
{
	return san_is_alnum(c) || c == '-' || c == '_';
}

/*
 * name_domain -- bytes of a dotted name at `at`; *labels of it. A last dot is
 * left to the sentence.
 */
static size_t
name_domain(const struct san_text_in *in, size_t at, unsigned *labels)
{
	size_t i = at, end = at;

	for (*labels = 0; name_is_label(san_text_byte(in, i)); i++) {
		while (name_is_label(san_text_byte(in, i)))
			i++;
		end = i;
		(*labels)++;
		if (san_text_byte(in, i) != '.')
			break;
	}
	return end - at;
}

size_t
san_text_email(const struct san_text_in *in, size_t at, struct san_span *out)
{
	unsigned labels;
	size_t i = at, n;

	if (at > 0 && name_is_local(in->line.p[at - 1]))
		return 0;
	while (i - at <= NAME_LOCAL && name_is_local(san_text_byte(in, i)))
		i++;
	if (i == at || san_text_byte(in, i) != '@')
		return 0;
	n = name_domain(in, i + 1, &labels);
	if (labels < 2)
		return 0;
	*out = (struct san_span){
	    .from = at, .to = i + 1 + n, .kind = SAN_KIND_EMAIL};
	return out->to - at;
}

/*
 * "://" in front of `at`, and an @ behind it before the path begins. Behind a
 * comma it may be a mail address that stands in a list with a URL: then the
 * name behind the @ goes, too.
 */
size_t
san_text_credentials(
    const struct san_text_in *in, size_t at, struct san_span *out)
{
	bool list = false, mail = false;
	size_t end = at;
	unsigned labels;

	if (at < 3 || memcmp(in->line.p + at - 3, "://", 3) != 0)
		return 0;
	for (size_t i = at; i < in->line.n && i - at <= NAME_CRED; i++) {
		uint8_t c = in->line.p[i];

		if (c == '@') {
			end = i;
			mail = list;
		} else if (c <= ' ' || strchr("/?#\"'<>", c) != NULL) {
			break;
		}
		list = list || c == ',' || c == ';' || c == '|';
	}
	if (end == at)
		return 0;
	if (mail)
		end += 1 + name_domain(in, end + 1, &labels);
	*out = (struct san_span){
	    .from = at, .to = end, .kind = SAN_KIND_CREDENTIALS};
	return end - at;
}

size_t
san_text_host(const struct san_text_in *in, size_t at, struct san_span *out)
{
	struct san_name name;
	unsigned labels;
	size_t n;

	if (in->conf->suffixes == NULL ||
	    (at > 0 && (name_is_label(in->line.p[at - 1]) ||
			   in->line.p[at - 1] == '.')))
		return 0;
	n = name_domain(in, at, &labels);
	if (labels == 0 ||
	    !san_name_parse(d4_slice_of(in->line.p + at, n), &name) ||
	    !san_suffixes_has(in->conf->suffixes, &name))
		return 0;
	*out =
	    (struct san_span){.from = at, .to = at + n, .kind = SAN_KIND_HOST};
	return n;
}
