/*
 * Allocation failures: the n-th malloc, calloc or realloc of the code under
 * test answers NULL. Add alloc_fail.c to the test's SOURCES and
 * OPTIONS -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#ifndef ALLOC_FAIL_H
#define ALLOC_FAIL_H

#include <stdbool.h>

/* alloc_fail_at -- fail the n-th allocation from now on, from 1; 0: none. */
void alloc_fail_at(unsigned long n);

/* alloc_failed -- whether it was reached since alloc_fail_at. */
bool alloc_failed(void);

#endif
