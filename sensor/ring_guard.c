#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "sensor/ring_guard.h"

#define GUARD_FAULTS 1024u /* then all that is behind is taken for lost */

/*
 * A signal handler is told nothing but the address: what it needs can only be
 * global (rule zero). Written while no page of the mapping is touched. last:
 * where it was mended; a fault that stays there is none that we can mend
 * (emulators tell wrong addresses).
 */
static struct {
	uintptr_t from, to, page, last;
	int fd;
	volatile sig_atomic_t faults;
} guard = {.fd = -1};

/*
 * How much of the mapping is lost from the page on: that page; behind the end
 * of the file, or when there are too many, all. Async-signal-safe.
 */
static size_t
guard_lost(uintptr_t at)
{
	struct stat sb;

	if (guard.faults >= (sig_atomic_t)GUARD_FAULTS ||
	    fstat(guard.fd, &sb) != 0 ||
	    (uint64_t)sb.st_size <= (uint64_t)(at - guard.from))
		return guard.to - at;
	return guard.page;
}

static void
guard_on_sigbus(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	int saved = errno;
	void *mem = MAP_FAILED;

	(void)context;
	at -= (at - guard.from) % guard.page;
	if (at >= guard.from && at < guard.to && at != guard.last) {
		guard.last = at;
		mem = mmap((void *)at, guard_lost(at), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		    0);
	}
	if (mem == MAP_FAILED) /* not ours: it comes again, and ends us */
		(void)signal(sig, SIG_DFL);
	else
		guard.faults++;
	errno = saved;
}

void
ring_guard(void *mem, size_t n, int fd)
{
	struct sigaction act = {.sa_flags = SA_SIGINFO};

	guard.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	guard.last = 0;
	guard.from = (uintptr_t)mem;
	guard.to = guard.from + n;
	guard.fd = fd;
	act.sa_sigaction = guard_on_sigbus;
	(void)sigemptyset(&act.sa_mask);
	if (mem != NULL)
		(void)sigaction(SIGBUS, &act, NULL);
}

unsigned
ring_guard_faults(void)
{
	return (unsigned)guard.faults;
}
