#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "misp-export/tidy.h"

#define TIDY_TAIL 7u /* bytes of ".XXXXXX" */

static bool
tidy_left(const char *name)
{
	static const char *const ends[] = {".json", ".jsonl", ".csv"};
	size_t n = strlen(name), len;

	if (n <= TIDY_TAIL || name[n - TIDY_TAIL] != '.')
		return false;
	n -= TIDY_TAIL;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		len = strlen(ends[i]);
		if (n > len && memcmp(name + n - len, ends[i], len) == 0)
			return true;
	}
	return false;
}

void
tidy(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (tidy_left(e->d_name) &&
		    unlinkat(dirfd(d), e->d_name, 0) != 0)
			d4_warn("dir=%s file=%s", dir, e->d_name);
	}
	if (d != NULL)
		(void)closedir(d);
}
