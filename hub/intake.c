#include <string.h>
#include "hub/intake.h"

/* The first chunk waits here while the registry is asked. */
#define INTAKE_FIRST (512u << 10)

enum d4_status
intake_init(struct intake *in, const struct intake_ops *ops, void *arg,
    const struct admit_rules *rules, size_t payload_max)
{
	*in = (struct intake){.ops = ops, .arg = arg, .rules = rules};
	d4_buf_init(&in->first, INTAKE_FIRST);
	d4_meta_gather_init(&in->gather);
	return d4_parser_new(payload_max, &in->parser);
}

void
intake_fini(struct intake *in)
{
	d4_parser_free(in->parser);
	d4_cutter_free(in->cutter);
	d4_meta_gather_fini(&in->gather);
	d4_buf_fini(&in->first);
	in->parser = NULL;
	in->cutter = NULL;
}

static enum d4_status
intake_refuse(struct intake *in, enum d4_reason why)
{
	if (in->refused == D4_R_NONE)
		in->refused = why;
	return D4_EDENIED;
}

static enum d4_status
intake_failed(struct intake *in, enum d4_status st)
{
	return intake_refuse(in, st == D4_ENOMEM ? D4_R_BUDGET : D4_R_INTERNAL);
}

/* A first frame of a wrong type: whose it is, is asked, so that it counts. */
static bool
intake_asks(const struct intake *in, enum d4_reason why)
{
	return in->state.stage == ADMIT_FIRST &&
	       (why == D4_R_HDR_TYPE || why == D4_R_META_FIRST);
}

/* Everything that can be said before the payload is there. */
static enum d4_status
intake_look(
    struct intake *in, const struct d4_header *h, struct intake_keys *keys)
{
	enum d4_reason why = admit_header(in->rules, &in->state, h);
	enum d4_reason unknown = D4_R_NONE;
	enum d4_status st;

	if (why != D4_R_NONE && !intake_asks(in, why))
		return intake_refuse(in, why);
	st = in->ops->know(in->arg, h, keys, &unknown);
	if (st != D4_AGAIN && why != D4_R_NONE)
		return intake_refuse(in, why);
	why = unknown;
	if (st == D4_OK)
		in->looked = true;
	else if (st != D4_AGAIN)
		return intake_refuse(
		    in, why != D4_R_NONE ? why : D4_R_INTERNAL);
	return st;
}

static enum d4_status
intake_cutter(struct intake *in, const struct d4_type_row *row)
{
	enum d4_status st;

	if (row == NULL || row->cutter == NULL)
		return intake_refuse(in, D4_R_HDR_TYPE);
	st = d4_cutter_new(row->cutter, &in->cutter);
	return st == D4_OK ? D4_OK : intake_failed(in, st);
}

/* The meta header is whole: its type decides about all that follows. */
static enum d4_status
intake_meta_whole(struct intake *in)
{
	const struct d4_type_row *row = NULL;
	struct d4_meta meta;
	enum d4_reason why;

	if (d4_meta_parse(d4_buf_slice(&in->gather.json), &meta) != D4_OK)
		return intake_refuse(in, D4_R_META_INVALID);
	memcpy(in->ext, meta.type, sizeof(in->ext));
	d4_meta_fini(&meta);
	why = in->ops->extended(in->arg, in->ext, &row);
	if (why != D4_R_NONE)
		return intake_refuse(in, why);
	in->state.meta_done = true;
	return intake_cutter(in, row);
}

static enum d4_status
intake_meta(struct intake *in, struct d4_slice payload)
{
	enum d4_status st;

	if (in->state.meta_done)
		return D4_OK; /* later type-2 frames before 254 are ignored */
	st = d4_meta_gather_add(&in->gather, payload);
	if (st == D4_AGAIN)
		return D4_OK;
	if (st == D4_OK)
		return intake_meta_whole(in);
	if (st == D4_ENOMEM)
		return intake_failed(in, st);
	return intake_refuse(in, D4_R_META_INVALID);
}

static enum d4_status
intake_data(struct intake *in, struct d4_slice payload)
{
	struct d4_run run = {0};
	enum d4_status st;

	while ((st = d4_cutter_feed(in->cutter, &payload, &run)) == D4_OK) {
		st = in->ops->run(in->arg, &run);
		if (st != D4_OK)
			return intake_failed(in, st);
	}
	if (st == D4_AGAIN)
		return D4_OK;
	if (st == D4_ENOMEM)
		return intake_failed(in, st);
	return intake_refuse(in, in->cutter->failed);
}

/* The first authentic frame: the session may be superseding another one. */
static enum d4_status
intake_begin(struct intake *in, const struct d4_header *h)
{
	enum d4_reason why = in->ops->begin(in->arg, h);

	if (why != D4_R_NONE)
		return intake_refuse(in, why);
	if (h->type == D4_TYPE_META)
		return D4_OK;
	return intake_cutter(in, d4_type_find(h->type));
}

/*
 * By the key of now, then by the one before: the one that fitted last comes
 * first, so that a sensor that was not changed yet costs no second HMAC.
 */
static bool
intake_authentic(
    struct intake *in, const struct intake_keys *keys, const struct d4_frame *f)
{
	struct d4_hmac *const key[2] = {keys->now, keys->before};
	unsigned first = in->before && keys->before != NULL;

	for (unsigned i = 0; i < 2; i++) {
		unsigned k = first ^ i;

		if (key[k] == NULL ||
		    d4_hmac_check(key[k], f->wire, f->payload) != D4_OK)
			continue;
		in->before = k == 1;
		return true;
	}
	return false;
}

static enum d4_status
intake_frame(struct intake *in, const struct d4_frame *f)
{
	bool begins = in->state.stage == ADMIT_FIRST;
	struct intake_keys keys = {NULL, NULL};
	enum d4_status st = intake_look(in, &f->header, &keys);

	in->looked = false;
	if (st != D4_OK)
		return st == D4_AGAIN ? intake_refuse(in, D4_R_INTERNAL) : st;
	if (!intake_authentic(in, &keys, f))
		return intake_refuse(in, D4_R_HMAC);
	if (begins) {
		st = intake_begin(in, &f->header);
		if (st != D4_OK)
			return st;
	}
	admit_advance(&in->state, &f->header);
	in->t_hdr_s = f->header.timestamp_s;
	in->frames++;
	in->bytes += f->payload.n;
	if (in->ops->frame != NULL && !in->ops->frame(in->arg, f))
		return D4_OK;
	if (f->header.type == D4_TYPE_META) {
		in->metas++;
		return intake_meta(in, f->payload);
	}
	return intake_data(in, f->payload);
}

/* The sensor is known: whole frames, as many as there are. */
static enum d4_status
intake_frames(struct intake *in, struct d4_slice *bytes)
{
	const struct d4_header *h;
	struct intake_keys keys = {NULL, NULL};
	struct d4_frame f;
	enum d4_status st;

	while ((st = d4_parser_feed(in->parser, bytes, &f)) == D4_OK) {
		st = intake_frame(in, &f);
		if (st != D4_OK)
			return st;
	}
	h = d4_parser_header(in->parser);
	if (st == D4_ETOOBIG && h != NULL) {
		/* Who it is comes first: a stranger's size is no news. */
		st = intake_look(in, h, &keys);
		return st == D4_EDENIED ? st : intake_refuse(in, D4_R_HDR_SIZE);
	}
	if (st != D4_AGAIN)
		return intake_refuse(
		    in, st == D4_ENOMEM ? D4_R_BUDGET : admit_status(st));
	if (h == NULL || in->looked)
		return D4_OK;
	/* Refuse before the payload is held, not after. */
	st = intake_look(in, h, &keys);
	return st == D4_AGAIN ? D4_OK : st;
}

/* The sensor of the first header in bytes: known, not yet, or refused. */
static enum d4_status
intake_who(struct intake *in, struct d4_slice bytes)
{
	struct intake_keys keys = {NULL, NULL};
	struct d4_header h;
	enum d4_status st;

	st = d4_header_decode(bytes.p, &h);
	if (st != D4_OK)
		return intake_refuse(in, admit_status(st));
	st = intake_look(in, &h, &keys);
	in->looked = false;
	return st;
}

enum d4_status
intake_feed(struct intake *in, struct d4_slice bytes)
{
	struct d4_slice all = bytes;
	enum d4_status st;

	if (in->refused != D4_R_NONE)
		return D4_EDENIED;
	if (in->known)
		return intake_frames(in, &bytes);
	if (in->first.n != 0) {
		if (d4_buf_add(&in->first, bytes.p, bytes.n) != D4_OK)
			return intake_refuse(in, D4_R_BUDGET);
		all = d4_buf_slice(&in->first);
	}
	st = all.n < D4_HEADER_LEN ? D4_OK : intake_who(in, all);
	if (st == D4_EDENIED)
		return st;
	if (st == D4_AGAIN || all.n < D4_HEADER_LEN) {
		if (in->first.n == 0 &&
		    d4_buf_add(&in->first, bytes.p, bytes.n) != D4_OK)
			return intake_refuse(in, D4_R_BUDGET);
		return st;
	}
	in->known = true;
	st = intake_frames(in, &all);
	d4_buf_fini(&in->first);
	return st;
}

size_t
intake_finish(struct intake *in)
{
	size_t held = d4_parser_held(in->parser) + in->first.n;
	struct d4_run run = {0};

	if (in->cutter != NULL && in->refused == D4_R_NONE &&
	    d4_cutter_finish(in->cutter, &run) == D4_ETRUNC &&
	    in->ops->run(in->arg, &run) != D4_OK)
		in->refused = D4_R_BUDGET;
	return held;
}

size_t
intake_held(const struct intake *in)
{
	size_t held =
	    d4_parser_held(in->parser) + in->first.n + in->gather.json.n;

	return in->cutter != NULL ? held + d4_cutter_held(in->cutter) : held;
}
