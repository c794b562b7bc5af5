/* The op redact: a string is searched as a text line is, and quoted anew. */
#include "sanitizers/json_run.h"
#include "sanitizers/utf8.h"

/* What RFC 8259 wants escaped; the rest stays as it is. */
static enum d4_status
redact_char(struct d4_buf *out, uint8_t c)
{
	const uint8_t two[2] = {'\\', c};

	if (c == '"' || c == '\\')
		return d4_buf_add(out, two, 2);
	if (c < 0x20)
		return d4_buf_addf(out, "\\u%04x", (unsigned)c);
	return d4_buf_add(out, &c, 1);
}

static enum d4_reason
redact_quote(struct d4_slice text, struct d4_buf *out)
{
	enum d4_status st = d4_buf_add(out, "\"", 1);

	for (size_t i = 0; st == D4_OK && i < text.n; i++)
		st = redact_char(out, text.p[i]);
	if (st == D4_OK)
		st = d4_buf_add(out, "\"", 1);
	return st == D4_OK ? D4_R_NONE : D4_R_INTERNAL;
}

/* Nothing found: nothing is written, the caller keeps the string's bytes. */
enum d4_reason
san_json_redact(struct san_json_run *r, const struct san_json_rule *rule,
    struct d4_slice text, struct d4_buf *out)
{
	enum d4_reason why;

	r->text->conf = rule->detect;
	r->text->line = &r->line;
	why = san_text_search(r->text, text);
	if (why != D4_R_NONE || r->text->spans.n == 0)
		return why;
	r->made.n = 0;
	why = san_text_replace(r->text, text, 0, &r->made);
	if (why != D4_R_NONE)
		return why;
	/* A pattern over bytes may have cut a character. */
	if (!san_utf8_ok(d4_buf_slice(&r->made)))
		return D4_R_JSON_UTF8;
	return redact_quote(d4_buf_slice(&r->made), out);
}
