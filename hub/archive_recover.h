/* What an archive that was killed left behind. */
#ifndef HUB_ARCHIVE_RECOVER_H
#define HUB_ARCHIVE_RECOVER_H

#include "hub/archive_parts.h"
#include "hub/archive_seen.h"
#include "libd4/kit/account.h"

/*
 * archive_recover -- part files are ended ones, whose records are in `seen`;
 * a torn end is cut off, and accounted; one that is damaged at its front is
 * kept as NUMBER.bad, and accounted.
 * Errors: D4_EIO, D4_ENOSPC errno is set; D4_ENOMEM.
 */
D4_USED enum d4_status archive_recover(
    struct parts *p, struct archive_seen *seen, struct d4_account *account);

#endif
