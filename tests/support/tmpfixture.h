/* For test files of which every test has one folder: `dir`. */
#ifndef SUPPORT_TMPFIXTURE_H
#define SUPPORT_TMPFIXTURE_H

#include "tmpdir.h"

static char dir[64];

static inline int
setup(void **state)
{
	(void)state;
	tmpdir_make(dir, sizeof(dir));
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

/* in_dir -- the path of a name in the folder, until the next call. */
static inline const char *
in_dir(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

#endif
