/*
 * A session's bytes to records: frames, guard, HMAC, meta header, cutter.
 * Pure: no I/O, no clock; the caller answers its queries.
 */
#ifndef HUB_INTAKE_H
#define HUB_INTAKE_H

#include "hub/admit.h"
#include "libd4/cutter.h"
#include "libd4/frame.h"
#include "libd4/hmac.h"
#include "libd4/meta.h"
#include "libd4/type.h"

/* A sensor's keys; during a rotation `before` is valid, too, else NULL. */
struct intake_keys {
	struct d4_hmac *now, *before;
};

/*
 * struct intake_ops -- what an intake asks.
 * know:     who is this sensor? D4_OK with its keys (borrowed until the next
 *           question), D4_AGAIN not known yet (intake_feed is called again
 *           when it is), D4_EDENIED with *why. Asked for every frame.
 * begin:    the first frame was authentic; may still refuse the session.
 * extended: may this extended type in, and how is it cut?
 * frame:    an authentic frame, before what is in it; false: it is not taken.
 *           May be NULL.
 * run:      records, or why some were not usable. D4_ENOMEM ends the session.
 */
struct intake_ops {
	enum d4_status (*know)(void *arg, const struct d4_header *h,
	    struct intake_keys *keys, enum d4_reason *why);
	enum d4_reason (*begin)(void *arg, const struct d4_header *h);
	enum d4_reason (*extended)(
	    void *arg, const char *type, const struct d4_type_row **row);
	bool (*frame)(void *arg, const struct d4_frame *f);
	enum d4_status (*run)(void *arg, const struct d4_run *run);
};

/*
 * struct intake -- one session.
 * Shape:  first: bytes held until the sensor is known. type: the payload's
 *         (254 from the meta header on). t_hdr_s: timestamp of the frame
 *         in progress. cutter is NULL until the payload's framing is known.
 *         metas: frames of type 2. before: the last frame had the key from
 * before the rotation.
 */
struct intake {
	const struct intake_ops *ops;
	void *arg;
	const struct admit_rules *rules;
	struct d4_parser *parser;
	struct d4_buf first;
	bool known;
	bool looked; /* the header of the frame in progress was admitted */
	bool before;
	struct admit_state state;
	struct d4_meta_gather gather;
	char ext[D4_META_TYPE];
	struct d4_cutter *cutter;
	uint64_t t_hdr_s;
	uint64_t frames, metas, bytes;
	enum d4_reason refused;
};

/* Errors: D4_ENOMEM. */
D4_USED enum d4_status intake_init(struct intake *in,
    const struct intake_ops *ops, void *arg, const struct admit_rules *rules,
    size_t payload_max);
void intake_fini(struct intake *in);

/*
 * intake_feed -- takes all of bytes.
 * Errors: D4_AGAIN the sensor is not known yet: call again, with no bytes,
 *         when it is; until then no other bytes.  D4_EDENIED in->refused
 *         says why; final.
 */
D4_USED enum d4_status intake_feed(struct intake *in, struct d4_slice bytes);

/*
 * intake_finish -- the session ended: an unfinished record is reported to
 * run. Returns bytes of an unfinished frame (0: it ended at a frame border).
 */
size_t intake_finish(struct intake *in);

/* intake_held -- bytes held for what is unfinished, for the budget. */
size_t intake_held(const struct intake *in);

#endif
