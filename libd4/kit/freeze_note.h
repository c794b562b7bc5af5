/* What freeze.c and freeze_list.c share. */
#ifndef KIT_FREEZE_NOTE_H
#define KIT_FREEZE_NOTE_H

#include <stdbool.h>

#define FREEZE_NOTE 4096u /* bytes of a note that are read */

/* freeze_id -- an id of the policy, or ALL; never a path or temporary file. */
bool freeze_id(const char *id);

/* freeze_plain -- goes to terminals: one line, not too long. */
bool freeze_plain(const char *s);

#endif
