/* Who asked for what about keys, on disk before anything is done. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/account.h"
#include "tools/policy_tool.h"

#define AUDIT_FOLDER "/var/lib/d4/audit"

/* Who asks: the account that logged in, and the one that runs it. */
static json_t *
audit_who(void)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *sudo = getenv("SUDO_USER");
	json_t *who = json_object();

	(void)json_object_set_new(who, "uid", json_integer(getuid()));
	(void)json_object_set_new(
	    who, "user", json_string(pw != NULL ? pw->pw_name : "?"));
	if (sudo != NULL)
		(void)json_object_set_new(who, "sudo_user", json_string(sudo));
	return who;
}

enum d4_status
policy_audit(const struct policy_args *a, const char *what, json_t *o)
{
	const char *dir = a->audit != NULL ? a->audit : AUDIT_FOLDER;
	struct d4_account *log = NULL;
	enum d4_status st = D4_EIO;

	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		st = d4_account_open(dir, "d4-policy", &log);
	if (st != D4_OK) {
		json_decref(o);
		return st;
	}
	(void)json_object_set_new(o, "who", audit_who());
	(void)json_object_set_new(o, "because", json_string(a->because));
	(void)json_object_set_new(o, "policy", json_string(a->policy));
	(void)json_object_set_new(o, "partner", json_string(a->partner));
	st = d4_account_write(log, true, what, o);
	d4_account_close(log);
	return st;
}
