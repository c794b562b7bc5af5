/* State files: any bytes; what is taken is written and read the same. */
#include <assert.h>
#include "misp-export/event_file.h"
#include "misp-export/event_json.h"
#include "misp-export/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same_again(const struct event *e)
{
	struct event *back = NULL;
	struct d4_buf one, two;
	uint64_t lost;

	d4_buf_init(&one, EVENT_FILE_MAX);
	d4_buf_init(&two, EVENT_FILE_MAX);
	if (event_write(e, &one) == D4_OK) {
		assert(event_read(d4_buf_slice(&one), NULL, &lost, &back) ==
		       D4_OK);
		assert(event_write(back, &two) == D4_OK);
		assert(d4_slice_eq(d4_buf_slice(&one), d4_buf_slice(&two)));
	}
	event_free(back);
	d4_buf_fini(&one);
	d4_buf_fini(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_slice text = {data, size};
	struct event_file_head head;
	struct event_may all = {.lanes = UINT64_MAX};
	struct event *e = NULL;
	struct request q;
	uint64_t lost;

	(void)!event_read_head(text, &head);
	(void)!request_parse(text, &q);
	if (event_read(text, NULL, &lost, &e) != D4_OK)
		return 0;
	for (size_t i = 0; i < e->n; i++)
		json_decref(item_json(e->items[i]));
	json_decref(event_sightings(e, &all, 10));
	same_again(e);
	event_free(e);
	return 0;
}
