/*
 * What of compat's files may be removed, and which: by name and by hour. Pure.
 */
#ifndef HUB_COMPAT_KEEP_H
#define HUB_COMPAT_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEEP_TYPES 4u
#define KEEP_HOURS 17520u /* two years */

/* keep_types -- the items whose lists name files. */
extern const char *const keep_types[KEEP_TYPES];

/*
 * keep_type -- whose file this is, by its path in the folder of the files: an
 * index of keep_types; -1: none that this process makes.
 */
int keep_type(const char *path);

/*
 * keep_may_hold -- such files may be below this folder, by its path in the
 * folder of the files: an archive of other types is not walked through.
 */
bool keep_may_hold(const char *path);

/* keep_type_folder -- a year, month or day in a sensor's folder. */
bool keep_type_folder(const char *path, const char *data);

/* Bytes of files by the hour of their time, back from now_s. */
struct keep_hours {
	uint64_t now_s;
	uint64_t bytes[KEEP_HOURS];
};

void keep_hours_add(struct keep_hours *h, uint64_t t_s, uint64_t bytes);
uint64_t keep_hours_sum(const struct keep_hours *h);

/*
 * keep_hours_cut -- files of before that time (seconds) must go, so that not
 * more than max bytes stay; the newest hour stays in any case. 0: none. max 0:
 * no limit.
 */
uint64_t keep_hours_cut(const struct keep_hours *h, uint64_t max);

#endif
