#include <string.h>
#include "sensor/source.h"

/* One line per kind; "pcap" is what d4-goclient calls a file of that name. */
static const struct source_row source_rows[] = {
    {.name = "stdin", .make = source_stdin_make, .stream = true},
    {.name = "file", .make = source_file_make, .file = "file"},
    {.name = "pcap", .make = source_file_make, .path = "capture.pcap"},
    {.name = "fifo",
	.make = source_fifo_make,
	.file = "fifo",
	.many = true,
	.stream = true},
    {.name = "unix",
	.make = source_unix_make,
	.file = "socket",
	.many = true,
	.stream = true},
    {.name = "unix-dgram",
	.make = source_dgram_make,
	.file = "socket",
	.many = true,
	.stream = true},
    {.name = "folder",
	.make = source_folder_make,
	.file = "folder",
	.many = true},
    {.name = "d4server",
	.make = source_redis_make,
	.file = "redis_queue",
	.many = true,
	.redis = true},
};

const struct source_row *
source_find(const char *name)
{
	for (size_t i = 0; i < sizeof(source_rows) / sizeof(source_rows[0]);
	     i++) {
		if (strcmp(source_rows[i].name, name) == 0)
			return &source_rows[i];
	}
	return NULL;
}

enum d4_status
source_new(const struct source_conf *conf, const struct source_owner *to,
    struct source **out)
{
	return conf->kind->make(conf, to, out);
}

void
source_free(struct source *s)
{
	if (s != NULL)
		s->ops->destroy(s);
}

void
source_want(struct source *s, uint64_t mark)
{
	s->mark = mark;
	s->ops->want(s);
}

void
source_settled(struct source *s, uint64_t settled)
{
	if (settled == s->settled)
		return;
	s->settled = settled;
	if (s->ops->settled != NULL)
		s->ops->settled(s);
}
