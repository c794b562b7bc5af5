#include "hub/admit.h"
#include "libd4/type.h"

/* The first frame says what the session is. */
static enum d4_reason
admit_first(const struct admit_rules *rules, const struct d4_header *h)
{
	if (!rules->any_uuid && !d4_uuid_is_v4(&h->uuid))
		return D4_R_HDR_UUID;
	if (!rules->accepted[h->type])
		return D4_R_HDR_TYPE;
	if (h->type == D4_TYPE_EXTENDED)
		return D4_R_META_FIRST;
	return D4_R_NONE;
}

/* After type 2: more of it, or 254 behind a whole meta header. */
static enum d4_reason
admit_after_meta(const struct admit_rules *rules,
    const struct admit_state *state, const struct d4_header *h)
{
	if (h->type == D4_TYPE_META)
		return D4_R_NONE;
	if (h->type != D4_TYPE_EXTENDED)
		return D4_R_TYPE_CHANGE;
	if (!rules->accepted[D4_TYPE_EXTENDED])
		return D4_R_HDR_TYPE;
	return state->meta_done ? D4_R_NONE : D4_R_META_FIRST;
}

enum d4_reason
admit_header(const struct admit_rules *rules, const struct admit_state *state,
    const struct d4_header *h)
{
	if (state->stage != ADMIT_FIRST && !d4_uuid_eq(&state->uuid, &h->uuid))
		return D4_R_UUID_CHANGE;
	switch (state->stage) {
	case ADMIT_FIRST:
		return admit_first(rules, h);
	case ADMIT_PLAIN:
	case ADMIT_EXTENDED:
		return h->type == state->type ? D4_R_NONE : D4_R_TYPE_CHANGE;
	case ADMIT_META:
		return admit_after_meta(rules, state, h);
	}
	return D4_R_INTERNAL;
}

/* Who it is. */
static enum d4_reason
admit_standing(const struct admit_sensor *s)
{
	if (s->revoked)
		return D4_R_REVOKED;
	if (s->registered || s->shared)
		return D4_R_NONE;
	return s->pending ? D4_R_PENDING : D4_R_UNREGISTERED;
}

/* What stops one who is known. */
static enum d4_reason
admit_known(const struct admit_sensor *s)
{
	if (s->broken)
		return D4_R_SENSOR_BROKEN;
	if (!s->has_key)
		return D4_R_NO_KEY;
	if (s->overdue)
		return D4_R_QUARANTINE;
	if (s->kicked)
		return D4_R_KICKED;
	if (s->foreign)
		return D4_R_ADDRESS;
	return s->cloned ? D4_R_CLONE : D4_R_NONE;
}

enum d4_reason
admit_sensor(const struct admit_sensor *s)
{
	enum d4_reason why;

	if (s->address_blocked)
		return D4_R_BLOCKED_IP;
	if (s->trap)
		return D4_R_BLOCKED_TRAP;
	if (s->blocked)
		return D4_R_BLOCKED_UUID;
	why = admit_standing(s);
	return why != D4_R_NONE ? why : admit_known(s);
}

void
admit_advance(struct admit_state *state, const struct d4_header *h)
{
	if (state->stage == ADMIT_FIRST) {
		state->uuid = h->uuid;
		state->stage =
		    h->type == D4_TYPE_META ? ADMIT_META : ADMIT_PLAIN;
	} else if (state->stage == ADMIT_META && h->type == D4_TYPE_EXTENDED) {
		state->stage = ADMIT_EXTENDED;
	}
	state->type = h->type;
}

enum d4_reason
admit_status(enum d4_status st)
{
	if (st == D4_EVERSION)
		return D4_R_HDR_VERSION;
	if (st == D4_EMALFORMED)
		return D4_R_HDR_TYPE; /* the reserved type 0 */
	if (st == D4_ETOOBIG)
		return D4_R_HDR_SIZE;
	return D4_R_INTERNAL;
}
