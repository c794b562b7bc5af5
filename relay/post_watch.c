#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/spool.h"
#include "relay/post_watch.h"

#define WATCH_AGE_NS 50000000 /* a time this young may be given out again */

/*
 * Times of files have the grain of the timer tick: two changes in one tick
 * look like one. So a time counts only when it is older than that, and not
 * when it lies in the future.
 */
static bool
watch_settled(struct timespec t)
{
	struct timespec now;
	int64_t age;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	age = ((int64_t)now.tv_sec - t.tv_sec) * 1000000000 +
	      (now.tv_nsec - t.tv_nsec);
	return age > WATCH_AGE_NS;
}

static bool
watch_segment(int dirfd, uint64_t seq, struct stat *sb)
{
	char name[32];

	(void)snprintf(
	    name, sizeof(name), "%020llu.seg", (unsigned long long)seq);
	return fstatat(dirfd, name, sb, 0) == 0;
}

static uint64_t
watch_last(DIR *d)
{
	uint64_t last = 0, seq;
	struct dirent *e;

	while ((e = readdir(d)) != NULL) {
		if (d4_spool_name_seq(e->d_name, &seq) && seq > last)
			last = seq;
	}
	return last;
}

void
post_watch_take(struct post_watch *w, const char *dir)
{
	DIR *d = opendir(dir);
	struct stat own, seg = {.st_size = 0};

	*w = (struct post_watch){.on = false};
	if (d == NULL)
		return;
	/* The folder's time first: what comes later changes it again. */
	if (fstat(dirfd(d), &own) == 0) {
		w->last = watch_last(d);
		w->on =
		    w->last != 0 && watch_segment(dirfd(d), w->last, &seg) &&
		    watch_settled(own.st_mtim) && watch_settled(seg.st_mtim);
	}
	if (w->on) {
		w->dir_at = own.st_mtim;
		w->file_at = seg.st_mtim;
		w->size = seg.st_size;
	}
	(void)closedir(d);
}

static bool
watch_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool
post_watch_same(const struct post_watch *w, const char *dir)
{
	int fd = w->on ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct stat own, seg;
	bool same;

	if (fd < 0)
		return false;
	same = fstat(fd, &own) == 0 && watch_segment(fd, w->last, &seg) &&
	       watch_same_time(own.st_mtim, w->dir_at) &&
	       watch_same_time(seg.st_mtim, w->file_at) &&
	       seg.st_size == w->size;
	(void)close(fd);
	return same;
}
