/* What the exporter may touch once it runs, and as whom (ADR 0008). */
#ifndef MISP_PROFILE_H
#define MISP_PROFILE_H

#include <stdbool.h>
#include "misp-export/conf.h"

/* profile_user -- to the account, for good; false: logged why. */
bool profile_user(const struct misp_conf *c);

/*
 * profile_enter -- outgoing TCP and name service; reads the airlock and the
 * freezes, writes its own folders; nothing else. false: logged why.
 */
bool profile_enter(const struct misp_conf *c);

#endif
