/* Events of a day for the tests of d4-misp-export. */
#ifndef TEST_MISP_EVENT_H
#define TEST_MISP_EVENT_H

#include "test.h"
#include "misp-export/event_json.h"

static const struct d4_uuid space = {{7}};

/* An event of that name which holds findings of one lane. */
static inline struct event *
event_made(const struct event_name *name)
{
	struct event_lane of = {.id = "0123456789abcdef", .pipeline = "p"};
	struct event *e = NULL;
	uint64_t seq;

	assert_int_equal(event_new(&space, name, &e), D4_OK);
	assert_int_equal(event_lane(e, &of, &seq), 0);
	return e;
}

#endif
