#include <stdlib.h>
#include <string.h>
#include "libd4/fnv.h"
#include "relay/totals.h"

#define TOTALS_SLOTS 64u /* to begin with; a power of two */

void
totals_init(struct totals *t)
{
	*t = (struct totals){.n = 0};
}

void
totals_fini(struct totals *t)
{
	free(t->row);
	free(t->index);
	totals_init(t);
}

static uint32_t
totals_hash(uint32_t h, const char *s)
{
	return d4_fnv32(h, d4_slice_of(s, strlen(s) + 1));
}

static uint32_t
totals_key_hash(const struct totals_key *k)
{
	const uint8_t last[] = {k->type, (uint8_t)(k->allow | k->shadow << 1)};
	uint32_t h = D4_FNV32;

	h = totals_hash(h, k->partner);
	h = totals_hash(h, k->rule);
	h = totals_hash(h, k->source);
	h = totals_hash(h, k->lane);
	h = totals_hash(h, k->ext);
	h = totals_hash(h, k->label);
	return d4_fnv32(h, d4_slice_of(last, sizeof(last)));
}

static bool
totals_key_same(const struct totals_key *a, const struct totals_key *b)
{
	return a->type == b->type && a->allow == b->allow &&
	       a->shadow == b->shadow && strcmp(a->lane, b->lane) == 0 &&
	       strcmp(a->partner, b->partner) == 0 &&
	       strcmp(a->rule, b->rule) == 0 &&
	       strcmp(a->source, b->source) == 0 &&
	       strcmp(a->ext, b->ext) == 0 && strcmp(a->label, b->label) == 0;
}

/* The slot that has the key, or the free one where it belongs. */
static size_t
totals_slot(const struct totals *t, const struct totals_key *key)
{
	size_t at = totals_key_hash(key) & (t->slots - 1);

	while (t->index[at] != 0 &&
	       !totals_key_same(&t->row[t->index[at] - 1].key, key))
		at = (at + 1) & (t->slots - 1);
	return at;
}

static enum d4_status
totals_grow(struct totals *t)
{
	size_t cap = t->cap == 0 ? 16 : 2 * t->cap;
	struct totals_row *row;
	uint32_t *index;

	row = reallocarray(t->row, cap, sizeof(*row));
	if (row == NULL)
		return D4_ENOMEM;
	t->row = row;
	index = calloc(4 * cap, sizeof(*index));
	if (index == NULL)
		return D4_ENOMEM;
	free(t->index);
	t->index = index;
	t->cap = cap;
	t->slots = 4 * cap;
	for (size_t i = 0; i < t->n; i++)
		t->index[totals_slot(t, &t->row[i].key)] = (uint32_t)i + 1;
	return D4_OK;
}

enum d4_status
totals_row(struct totals *t, const struct totals_key *key, size_t *out)
{
	static const struct totals_key rest = {.rule = "other"};
	enum d4_status st;
	size_t at;

	if (t->n == t->cap) {
		st = totals_grow(t);
		if (st != D4_OK)
			return st;
	}
	at = totals_slot(t, key);
	if (t->index[at] == 0 && t->n >= TOTALS_ROWS - 1) {
		key = &rest;
		at = totals_slot(t, key);
	}
	if (t->index[at] == 0) {
		t->row[t->n] = (struct totals_row){.key = *key};
		t->index[at] = (uint32_t)++t->n;
	}
	*out = t->index[at] - 1;
	return D4_OK;
}

void
totals_count(struct totals *t, size_t row, const struct d4_tally *before,
    const struct d4_tally *after)
{
	struct totals_row *r = &t->row[row];

	r->touched = true;
	r->batch.entries++;
	r->batch.in += after->in - before->in;
	r->batch.quarantine += after->quarantined - before->quarantined;
	r->batch.forward +=
	    after->records[D4_R_NONE] - before->records[D4_R_NONE];
	for (unsigned i = D4_R_NONE + 1; i < D4_REASON_MAX; i++)
		r->batch.withheld[i] += after->records[i] - before->records[i];
	for (unsigned i = 0; i < D4_PARTS; i++)
		r->batch.parts[i] += after->parts[i] - before->parts[i];
}

void
totals_refuse(struct totals *t, size_t row, enum d4_reason why, uint64_t n)
{
	struct totals_row *r = &t->row[row];

	r->touched = true;
	r->batch.entries++;
	r->batch.in += n;
	r->batch.withheld[why] += n;
}

void
totals_pass(struct totals *t, size_t row, uint64_t n)
{
	struct totals_row *r = &t->row[row];

	r->touched = true;
	r->batch.entries++;
	r->batch.in += n;
	r->batch.forward += n;
}

static void
totals_counts_add(struct totals_counts *a, const struct totals_counts *b)
{
	a->entries += b->entries;
	a->in += b->in;
	a->forward += b->forward;
	a->quarantine += b->quarantine;
	for (unsigned i = 0; i < D4_REASON_MAX; i++)
		a->withheld[i] += b->withheld[i];
	for (unsigned i = 0; i < D4_PARTS; i++)
		a->parts[i] += b->parts[i];
}

static void
totals_end_batch(struct totals *t, bool durable)
{
	uint64_t *pair[] = {t->entries, t->malformed, t->duplicate, t->lost};

	for (size_t i = 0; i < 4; i++) {
		pair[i][0] += durable ? pair[i][1] : 0;
		pair[i][1] = 0;
	}
	for (size_t i = 0; i < t->n; i++) {
		struct totals_row *r = &t->row[i];

		if (!r->touched)
			continue;
		if (durable)
			totals_counts_add(&r->sum, &r->batch);
		r->batch = (struct totals_counts){.in = 0};
		r->touched = false;
	}
}

void
totals_commit(struct totals *t)
{
	totals_end_batch(t, true);
}

void
totals_drop(struct totals *t)
{
	totals_end_batch(t, false);
}
