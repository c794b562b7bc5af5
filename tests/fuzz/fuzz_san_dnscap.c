/*
 * The text of dnscap: what leaves is read again as it is, and holds no address
 * of the scope in any spelling that we know.
 */
#include "fuzz_san.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ADDR                                                             \
	"- addr: {scope: x, method: pnat, others: keep, require_scope: " \
	"any, into: [198.18.0.0/16, 2001:db8:fffe::/48]}\n"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const steps[2] = {ADDR "- dnscap: {}",
	    ADDR "- dnscap: {deny_suffix: [org], rrtypes: "
		 "[A, TXT, SVCB]}\n- time: 1h"};
	struct d4_buf out;

	if (size < 1)
		return 0;
	d4_buf_init(&out, FUZZ_OUT);
	(void)fuzz_chosen(steps, 2, 4, d4_slice_of(data, size), &out);
	fuzz_hidden(&out);
	d4_buf_fini(&out);
	return 0;
}
