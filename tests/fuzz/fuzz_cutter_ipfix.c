#include "fuzz_cutter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_cutter(&d4_cutter_ipfix, data, size);
	return 0;
}
