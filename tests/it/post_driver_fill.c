/* post_driver fill: numbered records into a spool. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/spool_keep.h"
#include "pcap.h"
#include "post_driver.h"

struct fill {
	uint64_t next, size, snaplen;
	uint8_t type;
	uint8_t *room;
	size_t n;
};

/* Record k, of at least size bytes: its number, then filling. */
static void
fill_record(struct fill *f, uint64_t k)
{
	char *p = (char *)f->room + f->n;
	size_t size = f->size < 16 ? 16 : f->size;
	struct pcap_out o = {.p = f->room, .n = f->n, .format = 1};

	if (f->type == 1) {
		pcap_put_packet(&o, (uint32_t)size, 'x');
		(void)snprintf(p + 16, 13, "%012llu", (unsigned long long)k);
		f->n = o.n;
		return;
	}
	memset(p, 'x', size);
	(void)snprintf(p, 13, "%012llu", (unsigned long long)k);
	p[12] = ' ';
	p[size - 1] = '\n';
	f->n += size;
}

static void
fill_entry(struct fill *f, uint32_t records, struct d4_spool_entry *e)
{
	struct pcap_out o = {.p = f->room, .format = 1};

	f->n = 0;
	if (f->type == 1) {
		pcap_put_opening(&o, 1);
		o.n = 16;
		pcap_put32(&o, (uint32_t)f->snaplen);
		f->n = 24;
	}
	e->opening = (uint32_t)f->n;
	e->n = records;
	for (uint32_t i = 0; i < records; i++)
		fill_record(f, f->next++);
	e->data = d4_slice_of(f->room, f->n);
}

static void
fill_lane(char **argv, struct d4_spool_lane *l)
{
	memset(l, 0, sizeof(*l));
	(void)snprintf(l->id, sizeof(l->id), "%s",
	    driver_value(argv, "lane", "00000000000000aa"));
	(void)snprintf(l->partner, sizeof(l->partner), "%s",
	    driver_value(argv, "partner", "acme"));
	(void)snprintf(l->source, sizeof(l->source), "src");
	(void)snprintf(
	    l->ext, sizeof(l->ext), "%s", driver_value(argv, "ext", ""));
	(void)snprintf(l->pipeline, sizeof(l->pipeline), "%s",
	    driver_value(argv, "pipeline", "p1"));
	(void)snprintf(
	    l->rule, sizeof(l->rule), "%s", driver_value(argv, "rule", ""));
	(void)snprintf(
	    l->cls, sizeof(l->cls), "%s", driver_value(argv, "cls", "S2"));
	l->type = (uint8_t)driver_number(argv, "type", 8);
	l->meta = d4_slice_str(driver_value(argv, "meta", ""));
	driver_need(d4_uuid_parse(driver_value(argv, "uuid",
				      "11111111-1111-4111-8111-111111111111"),
			&l->wire_uuid),
	    "uuid");
}

/* What wash does later: all is dropped, or the segment is closed. */
static void
fill_end(struct d4_spool_writer *w, const char *what)
{
	struct d4_spool_sent none = {.seq = 0};
	struct d4_spool_pick p;

	if (strcmp(what, "turn") == 0)
		driver_need(d4_spool_turn(w, 1), "turn");
	while (strcmp(what, "drop") == 0 && d4_spool_oldest(w, none, true, &p))
		driver_need(d4_spool_remove(w, &p), "remove");
}

int
driver_fill(char **argv)
{
	uint64_t entries = driver_number(argv, "entries", 1), torn;
	uint32_t records = (uint32_t)driver_number(argv, "records", 1);
	struct d4_spool_entry e = {.t_first_us = 0};
	struct d4_spool_writer *w = NULL;
	struct d4_spool_lane lane;
	struct fill f = {.size = driver_number(argv, "size", 64)};

	fill_lane(argv, &lane);
	f.type = lane.type;
	f.next = driver_number(argv, "first", 0);
	f.snaplen = driver_number(argv, "snaplen", 65535);
	f.room = malloc((size_t)(24 + records * (f.size + 64)));
	e.expires_s = driver_number(argv, "expires", 0);
	e.not_before_s = driver_number(argv, "not_before", 0);
	e.t_first_us = driver_number(argv, "t", 1700000000) * 1000000;
	if (f.room == NULL)
		driver_die("malloc");
	driver_need(d4_spool_writer_open(
			driver_value(argv, "spool", "spool"), &lane, &torn, &w),
	    "spool");
	for (uint64_t i = 0; i < entries; i++) {
		fill_entry(&f, records, &e);
		driver_need(d4_spool_append(w, &e), "append");
		if (i % 64 == 63)
			driver_need(d4_spool_commit(w), "commit");
	}
	driver_need(d4_spool_commit(w), "commit");
	fill_end(w, driver_value(argv, "end", ""));
	d4_spool_writer_close(w);
	free(f.room);
	return 0;
}
