/* Records of the Common Output Format: their parts, and what is judged. */
#include <stdlib.h>
#include "sanitizers/addr.h"
#include "sanitizers/cof.h"
#include "sanitizers/pdns_run.h"

/* The members that we know; all else is for the step `json`. */
enum cof_part {
	COF_NAME,
	COF_TYPE,
	COF_DATA,
	COF_FIRST,
	COF_LAST,
	COF_COUNT,
	COF_PARTS,
};

static const char *const cof_names[COF_PARTS] = {
    "rrname", "rrtype", "rdata", "time_first", "time_last", "count"};

/*
 * struct san_cof -- a stream's. part: values of the record under way as they
 * stand there, empty: not there. text: of its strings, decoded.
 */
struct san_cof {
	struct san_pdns_run run;
	struct d4_slice part[COF_PARTS];
	struct d4_buf text[COF_DATA + 1];
};

enum d4_status
san_cof_new(const struct san_chain *c, struct san_cof **out)
{
	const struct san_pdns_conf *conf = san_chain_step(c, "cof");
	const struct san_addr *addr = san_chain_step(c, "addr");
	struct san_cof *f;

	*out = NULL;
	if (conf == NULL)
		return D4_OK;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return D4_ENOMEM;
	f->run.conf = conf;
	if (conf->scope.n != 0)
		f->run.scope = &conf->scope;
	else if (addr != NULL && addr->scope.n != 0)
		f->run.scope = &addr->scope;
	f->run.deny_reverse =
	    conf->reverse == PDNS_REVERSE_DENY ||
	    (conf->reverse == PDNS_REVERSE_AUTO && f->run.scope != NULL);
	for (size_t i = 0; i <= COF_DATA; i++)
		d4_buf_init(&f->text[i], D4_LINE_MAX + 16);
	*out = f;
	return D4_OK;
}

void
san_cof_free(struct san_cof *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i <= COF_DATA; i++)
		d4_buf_fini(&f->text[i]);
	free(f);
}

/* Which of them a member's name is; COF_PARTS: none. */
static enum cof_part
cof_part_of(struct d4_slice name)
{
	unsigned i = COF_NAME;

	while (i < COF_PARTS && !d4_slice_eqs(name, cof_names[i]))
		i++;
	return (enum cof_part)i;
}

/* The members of the object that *lx stands in. */
static enum d4_reason
cof_members(
    struct san_cof *f, struct san_json_lex *lx, struct san_json_keys *keys)
{
	struct san_json_object o = san_json_open(keys);
	enum d4_reason why = D4_R_NONE;
	struct san_json_name name;

	do {
		const uint8_t *from;
		enum cof_part is;

		why = san_json_member(lx, keys, &o, &name);
		if (why != D4_R_NONE)
			return why;
		is = cof_part_of(name.text);
		from = lx->p;
		why = san_json_skip(lx, keys, 1);
		if (why != D4_R_NONE)
			return why;
		if (is < COF_PARTS)
			f->part[is] = d4_slice_of(from, (size_t)(lx->p - from));
	} while (san_json_next(lx, '}', &why));
	return why;
}

static bool
cof_string(
    const struct san_json_keys *keys, struct d4_slice value, struct d4_buf *out)
{
	struct san_json_lex lx = san_json_within(keys, value);
	struct san_json_str s;

	return san_json_is(&lx, '"') && san_json_string(&lx, &s) == D4_R_NONE &&
	       san_json_decode(&s, out) == D4_OK;
}

/* Not there, or a number: nothing else can be in it. */
static bool
cof_number(struct d4_slice value)
{
	return value.n == 0 || value.p[0] == '-' ||
	       (value.p[0] >= '0' && value.p[0] <= '9');
}

static bool
cof_counted(const struct san_cof *f)
{
	struct d4_slice v = f->part[COF_COUNT];
	uint64_t least = f->run.conf->min_count, n = 0;

	for (size_t i = 0; i < v.n && n < least; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || n > UINT64_MAX / 10 - 1)
			return false;
		n = n * 10 + (uint64_t)(v.p[i] - '0');
	}
	return n >= least;
}

static enum d4_reason
cof_answer(
    struct san_cof *f, const struct san_json_keys *keys, struct d4_slice value)
{
	struct d4_buf *t = f->text;

	if (!cof_string(keys, value, &t[COF_DATA]))
		return D4_R_JSON_TYPE;
	return san_pdns_about(&f->run, d4_buf_slice(&t[COF_NAME]),
	    d4_buf_slice(&t[COF_TYPE]), d4_buf_slice(&t[COF_DATA]));
}

/* One answer, or an array of some. */
static enum d4_reason
cof_answers(struct san_cof *f, struct san_json_keys *keys)
{
	struct d4_slice v = f->part[COF_DATA];
	struct san_json_lex lx = san_json_within(keys, v);
	enum d4_reason why, more = D4_R_NONE;

	if (!san_json_is(&lx, '['))
		return cof_answer(f, keys, v);
	lx.p++;
	san_json_space(&lx);
	if (san_json_is(&lx, ']'))
		return D4_R_JSON_TYPE;
	do {
		const uint8_t *from = lx.p;

		why = san_json_skip(&lx, keys, 1);
		if (why == D4_R_NONE)
			why = cof_answer(
			    f, keys, d4_slice_of(from, (size_t)(lx.p - from)));
	} while (why == D4_R_NONE && san_json_next(&lx, ']', &more));
	return why;
}

enum d4_reason
san_cof_judge(
    struct san_cof *f, struct san_json_keys *keys, struct d4_slice record)
{
	struct san_json_lex lx;
	enum d4_reason why = san_json_begin(keys, record, &lx);

	for (size_t i = 0; i < COF_PARTS; i++)
		f->part[i] = (struct d4_slice){0};
	keys->n = 0;
	if (why != D4_R_NONE)
		return why;
	san_json_space(&lx);
	if (!san_json_is(&lx, '{'))
		return D4_R_JSON_TYPE;
	lx.p++;
	san_json_space(&lx);
	if (san_json_is(&lx, '}'))
		return D4_R_JSON_TYPE;
	why = cof_members(f, &lx, keys);
	if (why != D4_R_NONE)
		return why;
	for (size_t i = COF_FIRST; i < COF_PARTS; i++) {
		if (!cof_number(f->part[i]))
			return D4_R_JSON_TYPE;
	}
	if (!cof_string(keys, f->part[COF_NAME], &f->text[COF_NAME]) ||
	    !cof_string(keys, f->part[COF_TYPE], &f->text[COF_TYPE]) ||
	    f->part[COF_DATA].n == 0)
		return D4_R_JSON_TYPE;
	why = cof_answers(f, keys);
	return why == D4_R_NONE && !cof_counted(f) ? D4_R_PDNS_COUNT : why;
}
