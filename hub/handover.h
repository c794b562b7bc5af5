/*
 * Another version takes over: the supervisor becomes it (exec, so its pid and
 * its children stay), and gives it descriptors and workers as a short text.
 *   d4-hub-handover 1
 *   rows N              sockets of each address
 *   socket ROW PLACE FD one that listens
 *   ctl FD PATH         the control socket
 *   worker PID FD WANTS a worker, the socket to it, whether it wants Redis
 */
#ifndef HUB_HANDOVER_H
#define HUB_HANDOVER_H

#include "hub/crew.h"

#define HANDOVER_VERSION 1u

/*
 * struct handover -- Shape: taken: there was one. ctl: -1 when it has none.
 * worker: n of them. Owns: ctl_path; descriptors are whoever's takes them.
 */
struct handover {
	bool taken;
	struct listeners listeners;
	int ctl;
	char *ctl_path;
	struct crew_member worker[CREW_MAX];
	unsigned n;
};

/*
 * handover_write, handover_read -- the text. Errors: D4_ENOMEM;
 * D4_EMALFORMED another version's, or a number that is not a descriptor of
 * ours.
 */
D4_USED enum d4_status handover_write(
    const struct handover *h, struct d4_buf *out);
D4_USED enum d4_status handover_read(
    struct d4_slice text, struct handover *out);
void handover_fini(struct handover *h);

/*
 * handover_take -- what the version before us left, if that is how we were
 * started. Errors: as handover_read.
 */
D4_USED enum d4_status handover_take(struct handover *out);

/*
 * handover_check -- starts `program -n -c conf` to see whether it would start;
 * its pid, or -1 with errno.
 */
pid_t handover_check(const char *program, const char *conf);

/*
 * handover_exec -- becomes program, with argv. Returns only on an error, with
 * everything as before: D4_EIO errno is set, D4_ENOMEM.
 */
D4_USED enum d4_status handover_exec(
    const char *program, char *const *argv, const struct handover *h);

/* handover_program -- the file to start: argv[0], or what runs. */
D4_USED enum d4_status handover_program(const char *name, char **out);

#endif
