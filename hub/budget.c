#include <assert.h>
#include <stdbool.h>
#include "hub/budget.h"

enum budget_state
budget_change(struct budget *b, uint64_t was, uint64_t now)
{
	bool over;

	assert(b->held >= was);
	b->held = b->held - was + now;
	/* Once over, half must be free before it is over. */
	over = b->held > (b->state == BUDGET_FREE ? b->max : b->max / 2);
	b->state = over ? BUDGET_OVER : BUDGET_FREE;
	if (b->held > b->max + b->max / 4)
		b->state = BUDGET_HARD;
	return b->state;
}
