#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include "libd4/kit/sandbox_parts.h"

#if defined(__x86_64__)
#define SECCOMP_ARCH AUDIT_ARCH_X86_64
#define SECCOMP_X32  0x40000000u /* the x32 ABI has its own numbers */
#elif defined(__aarch64__)
#define SECCOMP_ARCH AUDIT_ARCH_AARCH64
#define SECCOMP_X32  0u
#else
#error "the seccomp filter knows x86-64 and arm64 only"
#endif

#define SECCOMP_MAX  250 /* instructions; a jump reaches 255 */
#define SECCOMP_DENY (SECCOMP_RET_ERRNO | EPERM)

/* Refused always: ways to other programs, processes, keys, mounts, time. */
static const int denied[] = {
    SYS_execve,
    SYS_execveat,
    /* rings do what the filter forbids, behind its back */
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    /* other processes */
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_kcmp,
    SYS_kill,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    /* the kernel */
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_syslog,
    SYS_acct,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_quotactl,
    SYS_personality,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    /* name spaces and mounts */
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    /* files by what landlock does not see, or not before ABI 3 */
    SYS_name_to_handle_at,
    SYS_open_by_handle_at,
    SYS_truncate,
    SYS_mknodat,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    /* sockets that nothing of ours makes after its start */
    SYS_socketpair,
    SYS_bind,
    SYS_listen,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_mknod,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_uselib,
    SYS__sysctl,
#endif
};

#define SECCOMP_NAMESPACES                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* A filter under way. */
struct seccomp_prog {
	struct sock_filter f[SECCOMP_MAX];
	unsigned short n;
};

static void
seccomp_put(struct seccomp_prog *p, struct sock_filter insn)
{
	assert(p->n < SECCOMP_MAX);
	p->f[p->n++] = insn;
}

static void
seccomp_ret(struct seccomp_prog *p, uint32_t what)
{
	seccomp_put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

static void
seccomp_load(struct seccomp_prog *p, size_t offset)
{
	seccomp_put(p, (struct sock_filter)BPF_STMT(
			   BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* The low 32 bits of an argument: the kernel takes these as int. */
static void
seccomp_load_arg(struct seccomp_prog *p, unsigned arg)
{
	/* Both machines are little-endian. */
	seccomp_load(
	    p, offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t));
}

static void
seccomp_jeq(struct seccomp_prog *p, uint32_t k, uint8_t jt, uint8_t jf)
{
	seccomp_put(p,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf));
}

static void
seccomp_and(struct seccomp_prog *p, uint32_t mask)
{
	seccomp_put(
	    p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
}

/* nr == sys: answer. The accumulator holds nr before and after. */
static void
seccomp_answer(struct seccomp_prog *p, int sys, uint32_t what)
{
	seccomp_jeq(p, (uint32_t)sys, 0, 1);
	seccomp_ret(p, what);
}

/*
 * One call that an argument decides: refused where (arg & mask) == value is
 * `refuse`, allowed otherwise.
 */
struct seccomp_rule {
	int sys;
	unsigned arg;
	uint32_t mask;
	uint32_t value;
	bool refuse;
};

static void
seccomp_by_arg(struct seccomp_prog *p, const struct seccomp_rule *r)
{
	seccomp_jeq(p, (uint32_t)r->sys, 0, 5);
	seccomp_load_arg(p, r->arg);
	seccomp_and(p, r->mask);
	seccomp_jeq(p, r->value, r->refuse ? 0 : 1, r->refuse ? 1 : 0);
	seccomp_ret(p, SECCOMP_DENY);
	seccomp_ret(p, SECCOMP_RET_ALLOW);
}

static void
seccomp_args(struct seccomp_prog *p)
{
	const struct seccomp_rule rules[] = {
	    /* threads yes, name spaces no */
	    {SYS_clone, 0, SECCOMP_NAMESPACES, 0, false},
	    /* abort() yes, signals to other processes no */
	    {SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid(), false},
	    /* not dumpable stays so */
	    {SYS_prctl, 0, UINT32_MAX, PR_SET_DUMPABLE, true},
	    /* typing into the terminal that we were started from */
	    {SYS_ioctl, 1, UINT32_MAX, TIOCSTI, true},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (SANDBOX_ASAN && rules[i].sys == SYS_prctl)
			continue;
		seccomp_by_arg(p, &rules[i]);
	}
}

/*
 * socket(): with `connect` only AF_INET and AF_INET6, of kind stream, or
 * datagram for name service. AF_UNIX never: it would open Redis.
 */
static void
seccomp_socket(struct seccomp_prog *p)
{
	seccomp_jeq(p, SYS_socket, 0, 9);
	seccomp_load_arg(p, 0);
	seccomp_jeq(p, AF_INET, 1, 0);
	seccomp_jeq(p, AF_INET6, 0, 4);
	seccomp_load_arg(p, 1);
	seccomp_and(p, 0xf); /* SOCK_TYPE_MASK of the kernel */
	seccomp_jeq(p, SOCK_STREAM, 2, 0);
	seccomp_jeq(p, SOCK_DGRAM, 1, 0);
	seccomp_ret(p, SECCOMP_DENY);
	seccomp_ret(p, SECCOMP_RET_ALLOW);
}

static void
seccomp_build(struct seccomp_prog *p, const struct d4_sandbox *box)
{
	seccomp_load(p, offsetof(struct seccomp_data, arch));
	seccomp_jeq(p, SECCOMP_ARCH, 1, 0);
	seccomp_ret(p, SECCOMP_RET_KILL_PROCESS);
	seccomp_load(p, offsetof(struct seccomp_data, nr));
	if (SECCOMP_X32 != 0) {
		seccomp_put(
		    p, (struct sock_filter)BPF_JUMP(
			   BPF_JMP | BPF_JGE | BPF_K, SECCOMP_X32, 0, 1));
		seccomp_ret(p, SECCOMP_DENY);
	}
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		seccomp_answer(p, denied[i], SECCOMP_DENY);
	if (!SANDBOX_ASAN)
		seccomp_answer(p, SYS_ptrace, SECCOMP_DENY);
	/* Its flags are out of sight; the C library falls back to clone. */
	seccomp_answer(p, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	if (!box->serve) {
		seccomp_answer(p, SYS_accept, SECCOMP_DENY);
		seccomp_answer(p, SYS_accept4, SECCOMP_DENY);
	}
	if (box->connect) {
		seccomp_socket(p);
	} else {
		seccomp_answer(p, SYS_socket, SECCOMP_DENY);
		seccomp_answer(p, SYS_connect, SECCOMP_DENY);
	}
	seccomp_args(p);
	seccomp_ret(p, SECCOMP_RET_ALLOW);
}

enum d4_status
sandbox_seccomp(const struct d4_sandbox *box, const char **why)
{
	struct seccomp_prog p = {.n = 0};
	struct sock_fprog prog;
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) {
		*why = "seccomp";
		return D4_ENOTSUP;
	}
	*why = "SECCOMP_SET_MODE_FILTER";
	seccomp_build(&p, box);
	prog = (struct sock_fprog){.len = p.n, .filter = p.f};
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_TSYNC, &prog) != 0)
		return D4_EIO;
	return D4_OK;
}
