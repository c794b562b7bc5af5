#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/landlock.h>
#include "libd4/kit/sandbox_parts.h"

/* Rights of kernels that are newer than Debian 12's headers. */
#define LL_TRUNCATE  (1ULL << 14) /* ABI 3 */
#define LL_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define LL_BIND_TCP  (1ULL << 0)  /* ABI 4 */
#define LL_CONN_TCP  (1ULL << 1)
#define LL_ABSTRACT  (1ULL << 0) /* ABI 6 */
#define LL_SIGNAL    (1ULL << 1)

#define LL_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LL_WRITE                                                             \
	(LL_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                           \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |      \
	    LANDLOCK_ACCESS_FS_REFER | LL_TRUNCATE)
/* What may be granted on a path that is no folder. */
#define LL_FILE                                                         \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    LL_TRUNCATE)

/* struct landlock_ruleset_attr as of ABI 6; older kernels take its head. */
struct landlock_attr {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

/* The file rights that a kernel of this ABI knows (bits 0..12 from ABI 1). */
static uint64_t
landlock_rights(long abi)
{
	uint64_t all = LANDLOCK_ACCESS_FS_REFER - 1;

	if (abi >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all |= LL_TRUNCATE;
	if (abi >= 5)
		all |= LL_IOCTL_DEV;
	return all;
}

static int
landlock_ruleset(long abi, const struct d4_sandbox *box)
{
	struct landlock_attr attr = {.fs = landlock_rights(abi)};
	size_t size = sizeof(attr.fs);

	if (abi >= 4) {
		attr.net = LL_BIND_TCP | (box->connect ? 0 : LL_CONN_TCP);
		size += sizeof(attr.net);
	}
	if (abi >= 6) {
		attr.scoped = LL_ABSTRACT | LL_SIGNAL;
		size += sizeof(attr.scoped);
	}
	return (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
}

static enum d4_status
landlock_add(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights};
	enum d4_status st = D4_OK;
	struct stat sb;
	int saved;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return D4_EIO;
	if (fstat(rule.parent_fd, &sb) != 0)
		st = D4_EIO;
	else if (!S_ISDIR(sb.st_mode))
		rule.allowed_access &= LL_FILE;
	if (st == D4_OK && syscall(SYS_landlock_add_rule, ruleset,
			       LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		st = D4_EIO;
	saved = errno;
	(void)close(rule.parent_fd);
	errno = saved;
	return st;
}

static enum d4_status
landlock_paths(
    int ruleset, const char *const *path, uint64_t rights, const char **why)
{
	for (; path != NULL && *path != NULL; path++) {
		*why = *path;
		if (landlock_add(ruleset, *path, rights) != D4_OK)
			return D4_EIO;
	}
	return D4_OK;
}

static enum d4_status
landlock_fill(
    int ruleset, const struct d4_sandbox *box, uint64_t known, const char **why)
{
	static const char *const asan[] = {"/proc/self", NULL};
	enum d4_status st;

	st = landlock_paths(ruleset, box->read, LL_READ & known, why);
	if (st == D4_OK)
		st = landlock_paths(ruleset, box->write, LL_WRITE & known, why);
	if (st == D4_OK && SANDBOX_ASAN)
		st = landlock_paths(ruleset, asan, LL_READ & known, why);
	return st;
}

enum d4_status
sandbox_landlock(const struct d4_sandbox *box, const char **why)
{
	enum d4_status st;
	int ruleset, saved;
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		*why = "landlock";
		return D4_ENOTSUP;
	}
	*why = "landlock_create_ruleset";
	ruleset = landlock_ruleset(abi, box);
	if (ruleset < 0)
		return D4_EIO;
	st = landlock_fill(ruleset, box, landlock_rights(abi), why);
	if (st == D4_OK) {
		*why = "landlock_restrict_self";
		if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
			st = D4_EIO;
	}
	saved = errno;
	(void)close(ruleset);
	errno = saved;
	return st;
}
