/* The command line of d4-sensor. */
#ifndef SENSOR_OPTIONS_H
#define SENSOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * struct options -- dir: of the configuration. enroll: the command, with its
 * FILE in `from` (NULL: stdin). tee: the frames go to stdout, too. tor: a
 * proxy on this host's port 9050. check: a rootCA.crt must be there. Sizes in
 * bytes, times in ms; dial_ms 0: the default.
 */
struct options {
	const char *dir;
	const char *from;
	bool enroll, force, verbose, json, tee;
	bool tor, check, daily, json_files;
	uint64_t ring, wait_ms, rotate_bytes, rotate_ms, idle_ms;
	uint64_t dial_ms, retry_ms, rate_ms, keepalive_ms;
	uint32_t retries;
};

/*
 * options_read -- fills *o. Returns -1 to go on, else the exit status: --help
 * or --version was printed (0), or what is wrong was (64).
 */
int options_read(int argc, char **argv, struct options *o);

#endif
