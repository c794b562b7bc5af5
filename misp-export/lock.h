/* One process at a time writes in a state folder: DIR/lock. */
#ifndef MISP_LOCK_H
#define MISP_LOCK_H

#include <stdbool.h>
#include "misp-export/conf.h"

/* lock_take -- *out: keep it open. false: somebody has it; logged who. */
bool lock_take(const struct misp_conf *c, int *out);
void lock_leave(int fd); /* -1: nothing */

#endif
