/* The segment files of the test's lane, in the test's folder. */
#ifndef UNIT_SPOOL_FILES_H
#define UNIT_SPOOL_FILES_H

#include <sys/stat.h>
#include "spool_make.h"
#include "tmpfixture.h"

static inline void
segment_path(uint64_t first, char *out, size_t n)
{
	char name[32];

	(void)snprintf(
	    name, sizeof(name), "%020llu.seg", (unsigned long long)first);
	lane_path(dir, name, out, n);
}

/* -1: there is none. */
static inline off_t
segment_size(uint64_t first)
{
	struct stat sb;
	char path[256];

	segment_path(first, path, sizeof(path));
	return stat(path, &sb) == 0 ? sb.st_size : -1;
}

#endif
