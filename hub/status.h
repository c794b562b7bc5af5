/* What a running hub says of itself, over its control socket. */
#ifndef HUB_STATUS_H
#define HUB_STATUS_H

#include "libd4/kit/ctl.h"

/* The commands; their argument is the struct hub. */
extern const struct d4_ctl_command hub_commands[];

#endif
