/*
 * After a start: what an earlier process wrote, and whether the stream refers
 * to it. What it does not refer to was never confirmed to a sensor (its
 * session ended without our close_notify), which sends it again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/overflow_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

const struct overflow_known *
overflow_known_find(
    const struct overflow_known *list, size_t n, uint64_t number)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].number == number)
			return &list[i];
	}
	return NULL;
}

static int
segment_compare(const void *a, const void *b)
{
	const struct overflow_segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void
dir_list(struct overflow_shard *d)
{
	DIR *dir = opendir(d->dir);
	const struct dirent *e;
	struct stat sb;
	uint64_t number;

	if (dir == NULL)
		return; /* nothing was ever written */
	while ((e = readdir(dir)) != NULL) {
		if (!d4_overflow_name_seq(e->d_name, &number) ||
		    !overflow_owns(d->room, number) ||
		    fstatat(dirfd(dir), e->d_name, &sb, AT_SYMLINK_NOFOLLOW) !=
			0 ||
		    !S_ISREG(sb.st_mode))
			continue;
		if (segment_add(d, number, (uint64_t)sb.st_size) != D4_OK)
			break;
		if (number >= d->next)
			d->next = overflow_number(d->room, number + 1);
	}
	(void)closedir(dir);
	if (d->n > 1)
		qsort(d->seg, d->n, sizeof(*d->seg), segment_compare);
}

static void
account(const struct overflow_shard *d, const char *event, uint64_t segment,
    const struct d4_overflow_sum *sum, const char *why)
{
	char from[D4_TIME_TEXT] = "", to[D4_TIME_TEXT] = "";

	if (sum->entries != 0) {
		d4_time_text(sum->t_first_us, from);
		d4_time_text(sum->t_last_us, to);
	}
	d4_warnx("queue=%s %s segment=%llu entries=%llu records=%llu"
		 " bytes=%llu why=\"%s\"",
	    d->shard->key, event, (unsigned long long)segment,
	    (unsigned long long)sum->entries, (unsigned long long)sum->records,
	    (unsigned long long)sum->bytes + sum->torn, why);
	if (d4_account_write(d->room->hub->account, true, event,
		json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:s,s:s,s:s}", "queue",
		    d->shard->key, "segment", (json_int_t)segment, "entries",
		    (json_int_t)sum->entries, "records",
		    (json_int_t)sum->records, "bytes", (json_int_t)sum->bytes,
		    "torn_bytes", (json_int_t)sum->torn, "received_first", from,
		    "received_last", to, "why", why)) != D4_OK)
		d4_warn("account");
}

/* What stands behind the last reference; then it is cut off. */
static void
tail_recover(struct overflow_shard *d, struct overflow_segment *g,
    const struct overflow_known *k)
{
	char *path = segment_path(d, g->number);
	struct d4_overflow_sum sum = {0};
	int fd = -1;

	if (path == NULL || g->bytes <= k->end)
		goto out;
	if (d4_overflow_count(path, k->end, &sum) != D4_OK)
		sum.torn = g->bytes - k->end;
	account(d, d4_reason_name(D4_R_OVERFLOW_ORPHAN), g->number, &sum,
	    "not in the queue and not confirmed; the sensor sends it again");
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || ftruncate(fd, (off_t)k->end) != 0)
		goto out; /* accounted again next time, and no other harm */
	d->shard->disk_bytes -= g->bytes - k->end;
	g->bytes = k->end;
out:
	if (fd >= 0)
		(void)close(fd);
	free(path);
}

/* Nothing refers to it. */
static void
file_recover(struct overflow_shard *d, struct overflow_segment *g)
{
	char *path = segment_path(d, g->number);
	struct d4_overflow_sum sum = {0};

	if (path != NULL && d4_overflow_count(path, 0, &sum) != D4_OK)
		sum.torn = g->bytes;
	free(path);
	if (sum.entries != 0 || sum.torn != 0)
		account(d, d4_reason_name(D4_R_OVERFLOW_ORPHAN), g->number,
		    &sum,
		    "not in the queue and not confirmed; the sensor sends it "
		    "again");
	segment_delete(d, g);
}

void
overflow_missing(struct overflow_shard *d, const struct overflow_known *k)
{
	const struct d4_overflow_sum none = {0};

	account(d, d4_reason_name(D4_R_OVERFLOW_GONE), k->number, &none,
	    "the queue refers to it and the file is not there; its readers "
	    "count each entry");
}

void
overflow_recover(
    struct overflow_shard *d, const struct overflow_known *known, size_t n)
{
	dir_list(d);
	for (size_t i = 0; i < n; i++) {
		if (known[i].number >= d->next)
			d->next = overflow_number(d->room, known[i].number + 1);
	}
	for (size_t i = d->n; i-- > 0;) {
		struct overflow_segment *g = &d->seg[i];
		const struct overflow_known *k =
		    overflow_known_find(known, n, g->number);

		if (k == NULL)
			file_recover(d, g);
		else if (g->bytes < k->end)
			account(d, d4_reason_name(D4_R_OVERFLOW_DAMAGED),
			    g->number,
			    &(struct d4_overflow_sum){
				.torn = k->end - g->bytes},
			    "shorter than what the queue refers to; its "
			    "readers count each entry");
		else
			tail_recover(d, g, k);
	}
	if (d->n != 0)
		d4_info("queue=%s overflow segments=%zu bytes=%llu",
		    d->shard->key, d->n,
		    (unsigned long long)d->shard->disk_bytes);
}
