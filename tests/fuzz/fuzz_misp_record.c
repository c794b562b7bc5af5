/* Records of the airlock: any bytes in each format, through each mapper. */
#include <assert.h>
#include "misp-export/finding.h"
#include "misp-export/flow.h"
#include "misp-export/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
find(struct finding_maker *m, struct record *r)
{
	struct terms_lane lane = {.id = ""};
	const struct mapper *mapper;
	struct finding f;

	for (size_t i = 0; (mapper = mapper_builtin(i)) != NULL; i++) {
		const struct finding_ask ask = {mapper, &lane, MAPPER_RELS};

		if (mapper_takes(mapper, r))
			(void)finding_make(m, &ask, r, &f);
	}
}

static void
flows(struct finding_maker *m, struct d4_slice file)
{
	struct flow_file f;
	struct record r;

	flow_open(&f, file);
	record_init(&r);
	while (flow_next(&f, &r)) {
		find(m, &r);
		record_init(&r);
	}
	flow_close(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const readers[] = {
	    "pdns", "json", "sshd", "maltrail"};
	struct finding_maker m;
	struct packet_file f;
	struct terms t = {.n = 0};
	struct record r;

	if (finding_init(&m) != D4_OK)
		return 0;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		record_init(&r);
		if (record_reader_find(readers[i])
			->line(d4_slice_of(data, size), &r))
			find(&m, &r);
		record_fini(&r);
	}
	record_init(&r);
	if (packet_open(d4_slice_of(data, size), &f)) {
		while (packet_next(&f, &r)) {
			find(&m, &r);
			record_init(&r);
		}
	}
	flows(&m, d4_slice_of(data, size));
	(void)!terms_parse(d4_slice_of(data, size), &t);
	terms_fini(&t);
	finding_fini(&m);
	return 0;
}
