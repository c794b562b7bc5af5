/*
 * The supervisor: starts wash and post, gives wash its Redis connections, and
 * answers on the control socket. It holds no key and parses no payload.
 */
#ifndef RELAY_SUPERVISOR_H
#define RELAY_SUPERVISOR_H

#include "relay/conf.h"

/*
 * supervisor_run -- the program's life; its exit status. conf is taken; path
 * is where it came from, for SIGHUP.
 */
int supervisor_run(struct relay_conf *conf_taken, const char *path);

#endif
