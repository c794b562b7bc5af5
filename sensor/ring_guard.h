/*
 * What becomes of a mapped file that cannot be read (a disk error, or somebody
 * made it shorter): the kernel says SIGBUS at the page. Here that page becomes
 * one of zeros in memory, and is counted; whoever reads the mapping looks at
 * the count, and finds out what is missing (ring_broken).
 */
#ifndef SENSOR_RING_GUARD_H
#define SENSOR_RING_GUARD_H

#include <stddef.h>

/*
 * ring_guard -- from now on this mapping of fd, mem NULL: none. One a program.
 * A SIGBUS elsewhere ends the program as always.
 */
void ring_guard(void *mem, size_t n, int fd);

/* ring_guard_faults -- so often pages were lost since the program began. */
unsigned ring_guard_faults(void);

#endif
