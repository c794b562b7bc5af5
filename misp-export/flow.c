#include <string.h>
#include "libd4/prefix.h"
#include "libd4/wire.h"
#include "misp-export/flow.h"

/* Information elements (IANA) that we read. */
enum flow_element {
	FLOW_PROTO = 4,
	FLOW_SRC_PORT = 7,
	FLOW_SRC4 = 8,
	FLOW_DST_PORT = 11,
	FLOW_DST4 = 12,
	FLOW_SRC6 = 27,
	FLOW_DST6 = 28,
	FLOW_START_S = 150,
	FLOW_START_MS = 152,
};

void
flow_open(struct flow_file *f, struct d4_slice file)
{
	*f = (struct flow_file){.rest = file};
	ipfix_templates_init(&f->known);
}

void
flow_close(struct flow_file *f)
{
	ipfix_templates_fini(&f->known);
}

/* ---- messages and sets ---- */

/* false: there is none any more. */
static bool
flow_message(struct flow_file *f)
{
	const uint8_t *p = f->rest.p;
	struct d4_slice message;
	size_t n;

	if (f->rest.n < IPFIX_HEADER || d4_get_be16(p) != 10)
		return false;
	n = d4_get_be16(p + 2);
	if (n < IPFIX_HEADER || n > f->rest.n)
		return false;
	memcpy(f->header, p, IPFIX_HEADER);
	f->export_s = d4_get_be32(p + 4);
	f->domain = d4_get_be32(p + 12);
	message = d4_slice_skip(&f->rest, n);
	(void)d4_slice_skip(&message, IPFIX_HEADER);
	f->sets = message;
	return true;
}

/* Templates are learnt; of a data set f->body and f->fields are set. */
static void
flow_set(struct flow_file *f, const struct ipfix_set *s)
{
	const struct ipfix_template *t;

	if (s->id == IPFIX_TEMPLATES || s->id == IPFIX_OPTIONS) {
		/* What cannot be learnt has no flows. */
		if (ipfix_templates_compare(&f->known, f->domain, s) ==
		    IPFIX_NEW)
			(void)!ipfix_templates_learn_set(
			    &f->known, f->header, s);
		return;
	}
	t = s->id >= IPFIX_DATA
	        ? ipfix_templates_find(&f->known, f->domain, s->id)
	        : NULL;
	if (t == NULL || t->set != IPFIX_TEMPLATES)
		return;
	f->fields = ipfix_fields(t->record, t->set);
	f->body = s->body;
}

/* ---- one flow ---- */

static void
flow_address(struct record *r, const char *name, struct d4_slice v)
{
	struct d4_addr a = {.family = v.n == 4 ? 4 : 6};
	char text[D4_ADDR_TEXT];
	bool any = false;

	for (size_t i = 0; i < v.n; i++)
		any = any || v.p[i] != 0;
	if ((v.n != 4 && v.n != 16) || !any)
		return;
	memcpy(a.b, v.p, v.n);
	d4_addr_text(&a, text);
	record_text(r, name, text);
}

static void
flow_proto(struct record *r, uint8_t proto)
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {{1, "icmp"}, {6, "tcp"}, {17, "udp"}, {58, "icmp6"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == proto) {
			record_text(r, "/proto", names[i].name);
			return;
		}
	}
	record_number(r, "/proto", proto);
}

static void
flow_value(struct record *r, uint16_t id, struct d4_slice v)
{
	switch ((enum flow_element)id) {
	case FLOW_SRC4:
	case FLOW_SRC6:
		flow_address(r, "/src_ip", v);
		break;
	case FLOW_DST4:
	case FLOW_DST6:
		flow_address(r, "/dest_ip", v);
		break;
	case FLOW_SRC_PORT:
		if (v.n == 2 && d4_get_be16(v.p) != 0)
			record_number(r, "/src_port", d4_get_be16(v.p));
		break;
	case FLOW_DST_PORT:
		if (v.n == 2 && d4_get_be16(v.p) != 0)
			record_number(r, "/dest_port", d4_get_be16(v.p));
		break;
	case FLOW_PROTO:
		if (v.n == 1)
			flow_proto(r, v.p[0]);
		break;
	case FLOW_START_S:
		if (v.n == 4)
			r->time_us = d4_get_be32(v.p) * UINT64_C(1000000);
		break;
	case FLOW_START_MS:
		if (v.n == 8 && d4_get_be64(v.p) < UINT64_MAX / 1000)
			r->time_us = d4_get_be64(v.p) * 1000;
		break;
	}
}

static void
flow_read(const struct flow_file *f, struct d4_slice data, struct record *out)
{
	struct d4_slice fields = f->fields, v;
	struct ipfix_field field;

	out->time_us = f->export_s * UINT64_C(1000000);
	while (ipfix_field_next(&fields, &field) &&
	       ipfix_value_next(&data, field.len, &v)) {
		if (field.enterprise == 0)
			flow_value(out, field.id, v);
	}
}

bool
flow_next(struct flow_file *f, struct record *out)
{
	struct d4_slice data;
	struct ipfix_set s;

	for (;;) {
		if (f->body.n > 0 &&
		    ipfix_record_next(f->fields, &f->body, &data)) {
			flow_read(f, data, out);
			return true;
		}
		f->body.n = 0;
		if (ipfix_set_next(&f->sets, &s))
			flow_set(f, &s);
		else if (!flow_message(f))
			return false;
	}
}
