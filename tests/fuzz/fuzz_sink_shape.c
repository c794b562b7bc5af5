/* Records as syslog messages: no record makes a second message or header. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "relay/sink_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
clean(struct d4_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		assert((s.p[i] >= ' ' && s.p[i] != 0x7f) || s.p[i] == '\t');
}

/* "LENGTH SP MESSAGE": the count is right, so the next one is found. */
static void
counted(struct d4_slice s, struct d4_slice message)
{
	size_t n = 0;

	while (s.n != 0 && s.p[0] >= '0' && s.p[0] <= '9')
		n = 10 * n + d4_slice_skip(&s, 1).p[0] - '0';
	assert(s.n != 0 && s.p[0] == ' ');
	(void)d4_slice_skip(&s, 1);
	assert(n == s.n && d4_slice_eq(s, message));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sink_settings set = {
	    .message_max = 2048, .pri = 14, .hostname = "h", .app = "d4"};
	struct sink_record r = {d4_slice_of(data, size), size * 1000003};
	struct d4_uuid uuid = {{0}};
	struct d4_buf one, two;
	struct sink_line line;
	enum d4_status st;

	sink_line_init(&line, &set, &uuid, "fuzz");
	d4_buf_init(&one, 1u << 20);
	d4_buf_init(&two, 1u << 20);
	st = sink_shape_syslog.put(&line, &r, &one);
	assert(st == D4_OK || (st == D4_ETOOBIG && one.n == 0));
	assert(one.n <= set.message_max);
	clean(d4_buf_slice(&one));
	assert(sink_shape_counted.put(&line, &r, &two) == st);
	if (st == D4_OK)
		counted(d4_buf_slice(&two), d4_buf_slice(&one));
	one.n = 0;
	if (sink_shape_local.put(&line, &r, &one) == D4_OK)
		clean(d4_buf_slice(&one));
	d4_buf_fini(&one);
	d4_buf_fini(&two);
	return 0;
}
