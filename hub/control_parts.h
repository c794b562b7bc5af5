/* What control.c asks of the running hub, not of Redis. */
#ifndef HUB_CONTROL_PARTS_H
#define HUB_CONTROL_PARTS_H

#include "hub/ctl_args.h"
#include "hub/hub.h"
#include "hub/peers.h"
#include "libd4/kit/ctl.h"

/* control_answer -- a new object; NULL: *why (static) says so. */
json_t *control_answer(struct hub *h, const struct ctl_row *row,
    const struct ctl_given *given, const char **why);

/* control_json -- a text of Redis as a new value; NULL: none. */
json_t *control_json(const redisReply *reply);

/*
 * control_gather -- answers call with answer (taken) and what the other
 * workers say to request, in one; peers may be NULL. finish, if any, makes of
 * it what is answered: takes it, NULL out of memory.
 */
void control_gather(struct peers *peers, struct d4_ctl_call *call,
    const json_t *request, json_t *answer, json_t *(*finish)(json_t *answer));

/* control_metrics -- the page of metrics of a status; such a finish. */
json_t *control_metrics(json_t *status);

#endif
