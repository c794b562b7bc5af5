/* Whatever is read as an enrolment line is written and read back the same. */
#include <assert.h>
#include <string.h>
#include "libd4/enroll.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_enroll a = {.port = 0}, b = {.port = 0};
	char line[D4_ENROLL_LINE];
	const char *why;

	if (d4_enroll_parse(d4_slice_of(data, size), &a, &why) != D4_OK) {
		assert(why != NULL);
		return 0;
	}
	if (d4_enroll_format(&a, line) != D4_OK)
		return 0; /* spaces at the limit can make it one too long */
	if (d4_enroll_parse(d4_slice_str(line), &b, &why) != D4_OK)
		assert(0);
	assert(a.port == b.port && a.type == b.type);
	assert(strcmp(a.host, b.host) == 0 && strcmp(a.key, b.key) == 0);
	assert(strcmp(a.ext, b.ext) == 0);
	assert(memcmp(a.pin, b.pin, sizeof(a.pin)) == 0);
	assert(d4_uuid_eq(&a.uuid, &b.uuid));
	return 0;
}
