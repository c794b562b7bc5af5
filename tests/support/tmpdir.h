/* A folder for one test, removed with all that is in it. */
#ifndef SUPPORT_TMPDIR_H
#define SUPPORT_TMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int
tmpdir_remove_one(
    const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	(void)sb;
	(void)kind;
	(void)at;
	return remove(path);
}

static inline void
tmpdir_remove(const char *dir)
{
	(void)nftw(dir, tmpdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* tmpdir_make -- a new folder under /tmp; exits when there is none. */
static inline void
tmpdir_make(char *out, size_t n)
{
	(void)snprintf(out, n, "/tmp/d4-test.XXXXXX");
	if (mkdtemp(out) == NULL) {
		perror(out);
		exit(1);
	}
}

#endif
