/*
 * Memory that peers can make us hold before a frame is authentic, or a record
 * whole (Decision 15). Pure arithmetic; sessions.c acts on it.
 */
#ifndef HUB_BUDGET_H
#define HUB_BUDGET_H

#include <stdint.h>

/*
 * enum budget_state -- OVER: who holds most is not read any more, until half
 * is free. HARD: a quarter above; the largest holders are closed.
 */
enum budget_state { BUDGET_FREE, BUDGET_OVER, BUDGET_HARD };

struct budget {
	uint64_t max;
	uint64_t held;
	enum budget_state state;
};

/* budget_change -- a holder has `now` bytes instead of `was`. */
enum budget_state budget_change(struct budget *b, uint64_t was, uint64_t now);

#endif
