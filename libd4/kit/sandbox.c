#include <sys/prctl.h>
#include <sys/resource.h>
#include "libd4/kit/sandbox_parts.h"

/* No core file and no debugger of the same user may read the keys. */
static enum d4_status
sandbox_no_dumps(const char **why)
{
	const struct rlimit none = {0, 0};

	*why = "no core files";
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return D4_EIO;
	*why = "PR_SET_DUMPABLE";
	/* Asked first: a sandbox inside a sandbox may not set it any more. */
	if (!SANDBOX_ASAN && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return D4_EIO;
	*why = "PR_SET_NO_NEW_PRIVS";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return D4_EIO;
	return D4_OK;
}

enum d4_status
d4_sandbox_enter(const struct d4_sandbox *box, const char **why)
{
	enum d4_status st = sandbox_no_dumps(why);

	/* landlock first: its calls would have to pass the filter. */
	if (st == D4_OK)
		st = sandbox_landlock(box, why);
	if (st == D4_ENOTSUP && box->best_effort)
		st = D4_OK;
	if (st == D4_OK)
		st = sandbox_seccomp(box, why);
	if (st == D4_ENOTSUP && box->best_effort)
		st = D4_OK;
	return st;
}
