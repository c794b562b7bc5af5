#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "hub/compat_gzip.h"
#include "libd4/kit/pack.h"

#define PIECE 65536u

static enum d4_status
gzip_copy(int from, struct d4_pack *to)
{
	uint8_t in[PIECE];
	enum d4_status st = D4_OK;
	ssize_t n = 1;

	while (st == D4_OK && n != 0) {
		n = read(from, in, sizeof(in));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return D4_EIO;
		st = d4_pack_write(to, d4_slice_of(in, (size_t)n));
	}
	return st;
}

enum d4_status
compat_gzip(const char *from, const char *to)
{
	char part[1100], sum[D4_PACK_SUM];
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct d4_pack *out = NULL;
	enum d4_status st;
	uint64_t bytes;

	if (in < 0)
		return D4_EIO;
	(void)snprintf(part, sizeof(part), "%s.part", to);
	(void)unlink(part);
	st = d4_pack_open(part, D4_PACK_GZIP, &out);
	if (st == D4_OK)
		st = gzip_copy(in, out);
	if (st == D4_OK)
		st = d4_pack_finish(out, 0640, &bytes, sum);
	d4_pack_close(out);
	(void)close(in);
	if (st == D4_OK && rename(part, to) < 0)
		st = D4_EIO;
	if (st != D4_OK)
		(void)unlink(part);
	return st;
}
