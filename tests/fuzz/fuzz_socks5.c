/* Whatever a proxy says, in pieces: read in bounds, and no further. */
#include <assert.h>
#include "libd4/kit/socks5.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* data[0]: login or not, and the size of the pieces. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_socks5_to to = {"proxy.example", 4443, "user", "password"};
	struct d4_slice in = {data, size};
	enum d4_status st = D4_OK;
	const char *why = NULL;
	struct d4_socks5 s;
	size_t piece;

	if (size == 0)
		return 0;
	piece = 1 + (d4_slice_skip(&in, 1).p[0] >> 1);
	if ((data[0] & 1) == 0)
		to.user = to.password = NULL;
	if (d4_socks5_init(&s, &to, &why) != D4_OK)
		assert(0);
	while (st == D4_OK && !d4_socks5_done(&s) && in.n != 0) {
		size_t n;

		d4_socks5_sent(&s, d4_socks5_out(&s).n);
		n = d4_socks5_want(&s);
		assert(n != 0);
		n = n < piece ? n : piece;
		n = n < in.n ? n : in.n;
		st = d4_socks5_take(&s, d4_slice_skip(&in, n), &why);
	}
	assert((st == D4_OK) == (why == NULL));
	d4_socks5_fini(&s);
	return 0;
}
