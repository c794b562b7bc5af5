/* Wash without Redis: a policy, lanes, streams, a journal, and its entries. */
#ifndef SUPPORT_WASH_WORLD_H
#define SUPPORT_WASH_WORLD_H

#include "libd4/kit/file.h"
#include "relay/lanes_partner.h"
#include "relay/wash_path.h"
#include "test.h"
#include "tmpfixture.h"

/* All that an entry needs; spool: the airlock; now_us: the clock. */
struct world {
	char spool[96];
	struct gate *gate;
	struct lanes *lanes;
	struct streams *streams;
	struct journal *journal;
	struct d4_buf out;
	struct wash_common common;
	uint64_t id, now_us;
};

/* world_load -- a policy's text as a gate, without keys. */
static inline struct gate *
world_load(const char *text)
{
	struct d4_diag diag = {.file = NULL};
	struct gate *g = NULL;
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/policy.yaml", dir);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str(text), 0600), D4_OK);
	if (gate_load(path, &diag, &g) != D4_OK)
		fail_msg("%s", diag.what);
	return g;
}

/* world_gate -- with a master key; it is the world's from now on. */
static inline void
world_gate(struct world *w, struct gate *g)
{
	static const uint8_t master[D4_MASTER_LEN] = {1};

	gate_keys_set(g, master);
	streams_gate(w->streams, g);
	gate_free(w->gate);
	w->gate = g;
}

/* world_begin -- without a policy yet; setup() made the folder. */
static inline void
world_begin(struct world *w)
{
	static char state[96], cursors[96];
	struct lanes_dirs dirs = {w->spool, state, cursors, NULL, NULL};

	*w = (struct world){.id = 0};
	(void)snprintf(w->spool, sizeof(w->spool), "%s/spool", dir);
	(void)snprintf(state, sizeof(state), "%s/state", dir);
	(void)snprintf(cursors, sizeof(cursors), "%s/cursors", dir);
	assert_int_equal(d4_dir_make(w->spool, 0700), D4_OK);
	assert_int_equal(d4_dir_make(state, 0700), D4_OK);
	d4_buf_init(&w->out, D4_SPOOL_ENTRY);
	assert_int_equal(lanes_open(&dirs, &w->lanes), D4_OK);
	assert_int_equal(streams_new(state, &w->streams), D4_OK);
	assert_int_equal(journal_open(state, "d4:{8:0}:q", &w->journal), D4_OK);
}

static inline void
world_end(struct world *w)
{
	streams_free(w->streams);
	lanes_close(w->lanes);
	journal_close(w->journal);
	gate_free(w->gate);
	d4_buf_fini(&w->out);
	wash_common_fini(&w->common);
}

/* world_put -- an entry with one record, behind the last one. */
static inline void
world_put(struct world *w, struct d4_entry *e)
{
	struct wash_work work = {.gate = w->gate,
	    .streams = w->streams,
	    .lanes = w->lanes,
	    .journal = w->journal,
	    .out = &w->out,
	    .common = &w->common,
	    .origin = 7,
	    .id = {++w->id, 0},
	    .now_us = w->now_us};

	e->seq = w->id;
	e->n = 1;
	e->t_rx_us = work.now_us;
	e->sess = e->sensor;
	assert_int_equal(wash_entry(&work, e), D4_OK);
}

#endif
