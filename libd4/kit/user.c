#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "libd4/kit/sandbox.h"

enum d4_status
d4_user_drop(const char *user)
{
	const struct passwd *pw;

	if (user == NULL || user[0] == '\0' || geteuid() != 0)
		return D4_OK;
	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL)
		return errno == 0 || errno == ENOENT ? D4_ENOENT : D4_EIO;
	if (initgroups(pw->pw_name, pw->pw_gid) != 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return D4_EIO;
	/* There must be no way back, unless the user is root itself. */
	if (pw->pw_uid != 0 && setuid(0) == 0) {
		errno = EPERM;
		return D4_EIO;
	}
	return D4_OK;
}

enum d4_status
d4_die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return D4_EIO;
	/* It may have died before the call, which tells nobody then. */
	return getppid() == parent ? D4_OK : D4_ECLOSED;
}
