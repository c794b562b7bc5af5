#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/queue.h"

static enum d4_status
shards_make(struct queue *q, unsigned n, struct queue_shard **out)
{
	struct queue_shard *all = calloc(n, sizeof(*all));
	enum d4_status st = D4_OK;

	if (all == NULL)
		return D4_ENOMEM;
	for (unsigned i = 0; i < n && st == D4_OK; i++) {
		all[i].queue = q;
		st = d4_queue_key(q->type, d4_slice_str(q->ext), i, all[i].key,
		    sizeof(all[i].key));
	}
	if (st != D4_OK) {
		free(all);
		return st;
	}
	*out = all;
	return D4_OK;
}

enum d4_status
queue_add(struct queue_list *list, uint8_t type, const char *ext,
    unsigned shards, struct queue **out)
{
	struct queue *q = calloc(1, sizeof(*q));
	enum d4_status st;
	int n;

	if (q == NULL)
		return D4_ENOMEM;
	q->type = type;
	(void)snprintf(q->ext, sizeof(q->ext), "%s", ext);
	n = snprintf(q->name, sizeof(q->name), "%u%s%s", type,
	    ext[0] != '\0' ? "." : "", ext);
	st = n > 0 && (size_t)n < sizeof(q->name) ? D4_OK : D4_ETOOBIG;
	if (st == D4_OK)
		st = queue_reshard(q, shards);
	if (st != D4_OK) {
		free(q);
		return st;
	}
	STAILQ_INSERT_TAIL(list, q, link);
	*out = q;
	return D4_OK;
}

enum d4_status
queue_reshard(struct queue *q, unsigned shards)
{
	struct queue_shard *all;
	enum d4_status st = shards_make(q, shards, &all);

	if (st != D4_OK)
		return st;
	free(q->shard);
	q->shard = all;
	q->n_shards = shards;
	return D4_OK;
}

struct queue *
queue_find(const struct queue_list *list, uint8_t type, const char *ext)
{
	struct queue *q;

	STAILQ_FOREACH(q, list, link)
	{
		if (q->type == type && strcmp(q->ext, ext) == 0)
			return q;
	}
	return NULL;
}

uint64_t
queue_bytes(const struct queue *q)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < q->n_shards; i++)
		sum += q->shard[i].bytes;
	return sum;
}

uint64_t
queue_disk(const struct queue *q)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < q->n_shards; i++)
		sum += q->shard[i].disk_bytes;
	return sum;
}

void
queue_list_fini(struct queue_list *list)
{
	struct queue *q;

	while ((q = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		free(q->shard);
		free(q);
	}
}

/* Decimal digits at *text, which moves behind them. */
static bool
read_u64(const char **text, uint64_t *out)
{
	const char *p = *text;
	uint64_t v = 0;

	while (*p >= '0' && *p <= '9') {
		unsigned d = (unsigned)(*p - '0');

		if (v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
		p++;
	}
	if (p == *text)
		return false;
	*text = p;
	*out = v;
	return true;
}

enum d4_status
queue_id_parse(const char *text, struct queue_id *out)
{
	struct queue_id id = {0, 0};

	if (!read_u64(&text, &id.ms))
		return D4_EMALFORMED;
	if (*text == '-') {
		text++;
		if (!read_u64(&text, &id.n))
			return D4_EMALFORMED;
	}
	if (*text != '\0')
		return D4_EMALFORMED;
	*out = id;
	return D4_OK;
}

int
queue_id_cmp(const struct queue_id *a, const struct queue_id *b)
{
	if (a->ms != b->ms)
		return a->ms < b->ms ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return 0;
}

struct queue_id
queue_id_next(const struct queue_id *id)
{
	struct queue_id next = *id;

	if (++next.n == 0)
		next.ms++;
	return next;
}
