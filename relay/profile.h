/*
 * What wash and post may access once they run (Decision 10). In one place, so
 * that the test enters the same sandboxes.
 */
#ifndef RELAY_PROFILE_H
#define RELAY_PROFILE_H

#include "libd4/kit/sandbox.h"
#include "relay/conf.h"

#define PROFILE_PATHS (8u + 2u * SOURCES_CONF + SINK_DIRECTORIES)

/* A sandbox, the lists that it points at, and what is read if it is there. */
struct profile {
	struct d4_sandbox box;
	const char *read[PROFILE_PATHS];
	const char *write[PROFILE_PATHS];
	char *policy_dir;
	const char *maybe;
};

/*
 * profile_wash -- no sockets at all; reads the policy's folder, post's
 * cursors, the hub's overflow and the folders of sources, writes the airlock,
 * its own folder and the folders of sources whose files it deletes or moves.
 * profile_post -- outgoing TCP (and name service); reads the airlock, writes
 * its own folder and those of data sets.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status profile_wash(
    const struct relay_conf *c, struct profile *out);
D4_USED enum d4_status profile_post(
    const struct relay_conf *c, struct profile *out);
void profile_fini(struct profile *p);

/*
 * profile_enter -- drops its privileges, makes sure that it dies with its
 * parent, and enters the sandbox, irrevocably. false: logged why; the process
 * must end.
 */
bool profile_enter(const char *user, pid_t supervisor, struct profile *p);

#endif
