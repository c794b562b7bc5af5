/* A spool that anybody may have written: taken up in bounds, or refused. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sensor/ring_file.h"
#include "sensor/ring_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t owner[32];
static char dir[64];

static bool
check(void *arg, struct d4_slice wire)
{
	(void)arg;
	return wire.p[0] != 0; /* read to its end by the sanitizer */
}

static void
at_exit(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, RING_FILE_NAME);
	(void)unlink(path);
	(void)rmdir(dir);
}

/* The data over the start and the end of an empty file of the right size. */
static void
make(const uint8_t *data, size_t size)
{
	off_t bytes = RING_MIN + RING_HEAD;
	struct ring_head h = {.room = 0};
	char path[128];
	int fd;

	memcpy(&h, data, size < sizeof(h) ? size : sizeof(h));
	bytes += h.room == D4_OPENING_MAX ? D4_OPENING_MAX : 0;
	(void)snprintf(path, sizeof(path), "%s/%s", dir, RING_FILE_NAME);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert(fd >= 0);
	if (ftruncate(fd, bytes) < 0 ||
	    pwrite(fd, data, size, 0) != (ssize_t)size ||
	    pwrite(fd, data, size, RING_HEAD) != (ssize_t)size)
		abort();
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ring_file_conf conf = {dir, RING_MIN, owner, check, NULL};
	struct ring_found found;
	struct ring *r = NULL;

	if (dir[0] == '\0') {
		(void)snprintf(dir, sizeof(dir), "/tmp/d4-fuzz.XXXXXX");
		if (mkdtemp(dir) == NULL)
			abort();
		(void)atexit(at_exit);
	}
	if (size > RING_MIN)
		return 0;
	make(data, size);
	if (ring_open(&conf, &found, &r) != D4_OK)
		return 0;
	for (uint64_t i = 0; i < found.held.frames; i++) {
		struct d4_slice s = ring_bytes(ring_next(r));

		assert(s.n != 0 && s.n <= RING_WIRE);
		ring_sent(r, 1);
		ring_release(r);
	}
	assert(ring_next(r) == NULL);
	ring_free(r);
	return 0;
}
