/* The two mechanisms that sandbox.c puts together; nobody else calls them. */
#ifndef KIT_SANDBOX_PARTS_H
#define KIT_SANDBOX_PARTS_H

#include "libd4/kit/sandbox.h"

/*
 * Under AddressSanitizer its leak checker needs three things that are refused
 * otherwise: /proc/self, ptrace of our own threads and to be dumpable. A build
 * with it is never installed.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_ASAN 1
#endif
#endif
#ifndef SANDBOX_ASAN
#define SANDBOX_ASAN 0
#endif

/*
 * Both need PR_SET_NO_NEW_PRIVS. Errors: D4_ENOTSUP the kernel has none.
 * D4_EIO errno is set; *why names what failed.
 */
D4_USED enum d4_status sandbox_landlock(
    const struct d4_sandbox *box, const char **why);
D4_USED enum d4_status sandbox_seccomp(
    const struct d4_sandbox *box, const char **why);

#endif
