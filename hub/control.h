/* The commands of ctl_table.c, as the running hub answers them. */
#ifndef HUB_CONTROL_H
#define HUB_CONTROL_H

#include "hub/hub.h"
#include "hub/peers.h"
#include "libd4/kit/ctl.h"

struct control;

/* control_new -- takes the commands of c. Errors: D4_ENOMEM. */
D4_USED enum d4_status control_new(
    struct hub *h, struct d4_ctl *c, struct control **out);

/* control_peers -- the other workers, who are asked, too; NULL: none. */
void control_peers(struct control *c, struct peers *peers);

/* control_free -- when Redis has answered all, or is freed. */
void control_free(struct control *c);

/* control_done -- what became of a reload or upgrade; why: NULL when it is
 * done. */
void control_done(struct control *c, const char *why);

#endif
