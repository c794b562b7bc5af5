#include <stdlib.h>
#include "libd4/ipfix_number.h"
#include "libd4/wire.h"

#define NUMBER_GROW 8u

void
ipfix_number_init(struct ipfix_number *x)
{
	*x = (struct ipfix_number){.n = 0};
	ipfix_templates_init(&x->known);
}

void
ipfix_number_fini(struct ipfix_number *x)
{
	ipfix_templates_fini(&x->known);
	free(x->count);
	ipfix_number_init(x);
}

/* The domain's count; NULL: there is no room for one more. */
static struct ipfix_count *
number_count(struct ipfix_number *x, uint32_t domain)
{
	struct ipfix_count *count;
	size_t i = 0;

	while (i < x->n && x->count[i].domain != domain)
		i++;
	if (i < x->n)
		return &x->count[i];
	if (i == IPFIX_NUMBER_DOMAINS)
		return NULL;
	if (i == x->cap) {
		count =
		    realloc(x->count, (x->cap + NUMBER_GROW) * sizeof(*count));
		if (count == NULL)
			return NULL;
		x->count = count;
		x->cap += NUMBER_GROW;
	}
	x->count[i] = (struct ipfix_count){.domain = domain};
	x->n++;
	return &x->count[i];
}

static uint32_t
number_set(
    const struct ipfix_number *x, uint32_t domain, const struct ipfix_set *s)
{
	const struct ipfix_template *t =
	    ipfix_templates_find(&x->known, domain, s->id);

	return t != NULL
	           ? ipfix_records(ipfix_fields(t->record, t->set), s->body)
	           : 0;
}

/* One message of n bytes; answers whether it has templates and data. */
static bool
number_message(struct ipfix_number *x, uint8_t *m, size_t n)
{
	uint32_t domain = d4_get_be32(m + 12), sent = 0;
	struct ipfix_count *c = number_count(x, domain);
	struct d4_slice sets = d4_slice_of(m, n);
	bool opens = false, data = false;
	struct ipfix_set s;

	(void)d4_slice_skip(&sets, IPFIX_HEADER);
	while (ipfix_set_next(&sets, &s)) {
		if (s.id >= IPFIX_DATA) {
			data = true;
			sent += number_set(x, domain, &s);
			continue;
		}
		opens = true;
		if (ipfix_templates_learn_set(&x->known, m, &s) != D4_OK)
			ipfix_templates_forget(&x->known);
	}
	if (c != NULL) {
		d4_put_be32(m + 8, c->sent);
		c->sent += sent;
	}
	return opens && data;
}

bool
ipfix_number(struct ipfix_number *x, uint8_t *messages, size_t n)
{
	bool opens = false;

	while (n >= IPFIX_HEADER) {
		size_t len = d4_get_be16(messages + 2);

		if (len < IPFIX_HEADER || len > n)
			break;
		opens = number_message(x, messages, len) || opens;
		messages += len;
		n -= len;
	}
	return opens;
}
