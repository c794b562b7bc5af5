/* `d4-sensor enroll`: an enrolment line into a configuration directory. */
#ifndef SENSOR_ENROLL_H
#define SENSOR_ENROLL_H

#include <stdbool.h>

/*
 * enroll_run -- reads the line from a file ("-" or NULL: stdin) and writes
 * dir. A directory that has a key already is left as it is unless force.
 * Errors are printed. Returns an exit status.
 */
int enroll_run(const char *dir, const char *from, bool force);

#endif
