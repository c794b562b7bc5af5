/* Sealed frames, and an intake that is asked nothing it cannot answer. */
#ifndef TESTS_INTAKE_SCRIPT_H
#define TESTS_INTAKE_SCRIPT_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "hub/intake.h"

#define SCRIPT_PAYLOAD 5000u

/* What a session did. hash: over all records, in order. */
struct script {
	struct intake in;
	struct admit_rules rules;
	struct d4_hmac *key, *before;
	enum d4_status known; /* what know() answers; D4_EDENIED with why */
	enum d4_reason why;
	uint64_t begun, records, bad, hash;
};

static const struct d4_uuid script_uuid = {{0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
    0x47, 0x77, 0x88, 0x88, 1, 2, 3, 4, 5, 6}};

static enum d4_status
script_know(void *arg, const struct d4_header *h, struct intake_keys *keys,
    enum d4_reason *why)
{
	struct script *s = arg;

	(void)h;
	*keys = (struct intake_keys){s->key, s->before};
	*why = s->why;
	return s->known;
}

static enum d4_reason
script_begin(void *arg, const struct d4_header *h)
{
	struct script *s = arg;

	(void)h;
	s->begun++;
	return D4_R_NONE;
}

static enum d4_reason
script_extended(void *arg, const char *type, const struct d4_type_row **row)
{
	(void)arg;
	if (strcmp(type, "good") != 0)
		return D4_R_EXT_TYPE;
	*row = d4_type_handler("lines");
	return D4_R_NONE;
}

static enum d4_status
script_run(void *arg, const struct d4_run *run)
{
	struct script *s = arg;

	if (run->reason != D4_R_NONE) {
		s->bad += run->n;
		s->hash = s->hash * 31 + run->bytes;
		return D4_OK;
	}
	s->records += run->n;
	for (size_t i = 0; i < run->data.n; i++)
		s->hash = (s->hash ^ run->data.p[i]) * 1099511628211u;
	return D4_OK;
}

static const struct intake_ops script_ops = {
    .know = script_know,
    .begin = script_begin,
    .extended = script_extended,
    .run = script_run,
};

static inline void
script_init(struct script *s)
{
	static const uint8_t types[] = {1, 2, 3, 6, 8, 254};

	*s = (struct script){.known = D4_OK};
	for (size_t i = 0; i < sizeof(types); i++)
		s->rules.accepted[types[i]] = true;
	if (d4_hmac_new(d4_slice_str("key"), &s->key) != D4_OK ||
	    intake_init(&s->in, &script_ops, s, &s->rules, SCRIPT_PAYLOAD) !=
		D4_OK)
		abort();
}

static inline void
script_fini(struct script *s)
{
	intake_fini(&s->in);
	d4_hmac_free(s->key);
	d4_hmac_free(s->before);
}

/* One sealed frame behind out->n. */
static inline void
script_frame(struct d4_buf *out, uint8_t type, struct d4_slice payload)
{
	struct d4_header h = {.version = 1,
	    .type = type,
	    .uuid = script_uuid,
	    .timestamp_s = 1,
	    .size = (uint32_t)payload.n};
	uint8_t wire[D4_HEADER_LEN];
	struct d4_hmac *key = NULL;

	d4_header_encode(&h, wire);
	if (d4_hmac_new(d4_slice_str("key"), &key) != D4_OK ||
	    d4_hmac_seal(key, wire, payload) != D4_OK ||
	    d4_buf_add(out, wire, sizeof(wire)) != D4_OK ||
	    d4_buf_add(out, payload.p, payload.n) != D4_OK)
		abort();
	d4_hmac_free(key);
}

#endif
