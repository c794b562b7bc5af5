/*
 * A request of the control socket: what is let through fits into its limits,
 * and its texts can stand in a key of Redis and in a line of the log.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "hub/ctl_args.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_arg(const struct ctl_arg *a, const struct d4_buf *b)
{
	assert(b->n <= CTL_ARG_MAX);
	for (size_t i = 0; i < b->n; i++) {
		if (a->kind != CTL_IN)
			assert(b->p[i] >= ' ' && b->p[i] != 0x7f);
		if (a->kind != CTL_IN && a->kind != CTL_TEXT)
			assert(b->p[i] > ' ' && b->p[i] < 0x7f);
	}
	if (a->kind == CTL_UUID && b->n != 0)
		assert(b->n == D4_UUID_HEX - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *request =
	    json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(request, "cmd"));
	const struct ctl_row *row = name != NULL ? ctl_find(name) : NULL;
	char why[CTL_WHY] = "";
	struct ctl_given given;

	if (row != NULL && ctl_args_read(row, request, &given, why) == D4_OK) {
		for (size_t i = 0; i < ctl_args(row); i++)
			check_arg(&row->arg[i], &given.arg[i]);
		ctl_args_fini(&given);
	}
	json_decref(request);
	return 0;
}
