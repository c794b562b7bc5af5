/* A relay.yaml in the test's folder, loaded. */
#ifndef UNIT_RELAY_CONF_LOAD_H
#define UNIT_RELAY_CONF_LOAD_H

#include "libd4/kit/file.h"
#include "relay/conf.h"
#include "test.h"
#include "tmpfixture.h"

#define CONF_NAME "relay.yaml"

static inline enum d4_status
conf_load(const char *text, struct d4_diag *diag, struct relay_conf **out)
{
	assert_int_equal(
	    d4_file_replace(in_dir(CONF_NAME), d4_slice_str(text), 0644),
	    D4_OK);
	*diag = (struct d4_diag){.file = NULL};
	return relay_conf_load(in_dir(CONF_NAME), diag, out);
}

#endif
