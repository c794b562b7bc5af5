#include <stdio.h>
#include <string.h>
#include "libd4/meta.h"
#include "libd4/type.h"
#include "relay/decide.h"
#include "relay/lane_id.h"

static void
decide_ask(struct gate *g, const struct decide_facts *f, struct pol_ask *ask,
    struct pol_verdict *v)
{
	*ask = (struct pol_ask){.partner = f->partner,
	    .sensor = f->sensor,
	    .type = f->type,
	    .meta = f->meta,
	    .now_s = f->now_s,
	    .minted = f->minted,
	    .keys = gate_keys(g, f->partner) != NULL ? POL_KEYS_PRESENT
	                                             : POL_KEYS_MISSING};
	pol_decide(gate_policy(g), ask, v);
}

static void
decide_copy(char *out, size_t n, const char *text)
{
	(void)snprintf(out, n, "%s", text != NULL ? text : "");
}

/*
 * The policy goes by the meta header, the chain by the entry's word for it: an
 * entry in which they differ is none of our hub's.
 */
static bool
decide_ext_is(const struct decide_facts *f)
{
	struct d4_meta m;
	bool same;

	if (f->type != D4_TYPE_EXTENDED)
		return f->ext[0] == '\0';
	if (d4_meta_parse(f->meta, &m) != D4_OK)
		return false;
	same = strcmp(m.type, f->ext) == 0;
	d4_meta_fini(&m);
	return same;
}

/* What is allowed needs a chain and keys: without them it is not. */
static void
decide_allowed(
    struct gate *g, const struct pol_verdict *v, struct decision *out)
{
	const struct pol_partner *to =
	    pol_partner_find(gate_policy(g), v->partner);

	out->share = v->share;
	out->chain = gate_chain_to(g, v->share, v->partner);
	out->keys = gate_keys(g, v->partner);
	out->shadow = v->shadow;
	out->max_age_s = v->max_age_s;
	out->pap = pol_pap_text(v->pap);
	out->no_sync = v->no_sync;
	out->allow = out->chain != NULL && out->keys != NULL && to != NULL;
	if (!out->allow)
		decide_copy(out->rule, sizeof(out->rule), "key.missing");
	else
		out->sink = to->sink;
}

void
decide(struct gate *g, const struct decide_facts *f, struct decision *out)
{
	struct pol_verdict v;
	struct pol_ask ask;

	decide_ask(g, f, &ask, &v);
	*out = (struct decision){.label = ""};
	decide_copy(out->rule, sizeof(out->rule), v.rule);
	decide_copy(out->source, sizeof(out->source), v.source);
	if (v.source != NULL)
		out->label = pol_tlp_text(v.label);
	if (!v.allow || v.share == NULL)
		return;
	if (decide_ext_is(f))
		decide_allowed(g, &v, out);
	else
		decide_copy(out->rule, sizeof(out->rule), "meta.invalid");
}

bool
decide_same(const struct decision *a, const struct decision *b)
{
	return a->allow == b->allow && a->shadow == b->shadow &&
	       a->sink == b->sink && a->share == b->share &&
	       a->chain == b->chain && a->label == b->label &&
	       a->max_age_s == b->max_age_s && a->pap == b->pap &&
	       a->no_sync == b->no_sync && strcmp(a->rule, b->rule) == 0 &&
	       strcmp(a->source, b->source) == 0;
}

/* The UUID stands for the source, or for the one sensor. */
static enum d4_status
decide_uuid(const struct decide_facts *f, const struct pol_verdict *v,
    const struct san_keys *keys, struct d4_spool_lane *out)
{
	char sensor[D4_UUID_TEXT];
	struct d4_slice id;

	d4_uuid_text(&f->sensor, sensor);
	id = d4_slice_str(
	    v->share->identity == POL_BY_SENSOR ? sensor : v->source);
	return d4_wire_uuid(keys->uuid, id, out->variant, &out->wire_uuid);
}

static void
decide_texts(struct gate *g, const struct pol_verdict *v,
    const struct san_chain *chain, struct d4_spool_lane *out)
{
	decide_copy(out->partner, sizeof(out->partner), v->partner);
	decide_copy(out->source, sizeof(out->source), v->source);
	decide_copy(out->rule, sizeof(out->rule), v->rule);
	decide_copy(out->label, sizeof(out->label), pol_tlp_text(v->label));
	decide_copy(out->pap, sizeof(out->pap), pol_pap_text(v->pap));
	(void)snprintf(
	    out->cls, sizeof(out->cls), "S%u", san_chain_class(chain) % 10);
	decide_copy(out->policy, sizeof(out->policy), pol_hash(gate_policy(g)));
	decide_copy(
	    out->pipeline, sizeof(out->pipeline), san_chain_hash(chain));
	decide_copy(out->engine, sizeof(out->engine), SAN_ENGINE);
	decide_copy(out->epoch, sizeof(out->epoch), san_chain_epoch(chain));
}

static enum d4_status
decide_name(struct d4_spool_lane *lane)
{
	const struct lane_name name = {
	    .partner = lane->partner,
	    .wire_uuid = lane->wire_uuid,
	    .type = lane->type,
	    .ext = lane->ext,
	    .meta = lane->meta,
	    .variant = lane->variant,
	};

	return lane_id(&name, lane->id);
}

enum d4_status
decide_head(struct gate *g, const struct decide_facts *f, uint32_t variant,
    struct d4_buf *meta, struct d4_spool_lane *out)
{
	struct d4_spool_lane head = {.type = f->type, .variant = variant};
	const struct san_chain *chain;
	const struct san_keys *keys;
	struct pol_verdict v;
	struct pol_ask ask;
	enum d4_status st;

	decide_ask(g, f, &ask, &v);
	if (!v.allow || v.share == NULL || v.source == NULL)
		return D4_EDENIED;
	chain = gate_chain_to(g, v.share, v.partner);
	keys = gate_keys(g, v.partner);
	if (chain == NULL || keys == NULL)
		return D4_EDENIED;
	decide_texts(g, &v, chain, &head);
	decide_copy(head.ext, sizeof(head.ext), f->ext);
	st = decide_uuid(f, &v, keys, &head);
	meta->n = 0;
	if (st == D4_OK && f->type == D4_TYPE_EXTENDED)
		st = pol_out_meta(
		    gate_policy(g), &ask, &v, &head.wire_uuid, meta);
	head.meta = d4_buf_slice(meta);
	if (st == D4_OK)
		st = decide_name(&head);
	if (st == D4_OK)
		*out = head;
	return st;
}
