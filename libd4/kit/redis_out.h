/*
 * Bytes on their way to Redis: small ones copied, large ones lent until the
 * command is answered, so that an entry's data is never copied again.
 */
#ifndef KIT_REDIS_OUT_H
#define KIT_REDIS_OUT_H

#include <sys/uio.h>
#include "libd4/slice.h"

struct redis_chunk;

struct redis_out {
	struct redis_chunk *first, *last;
	size_t bytes;
};

/* redis_out_add -- a copy of n bytes. Errors: D4_ENOMEM. */
D4_USED enum d4_status redis_out_add(struct redis_out *o, struct d4_slice s);

/* redis_out_lend -- s stays as it is until it is sent or o is freed. */
D4_USED enum d4_status redis_out_lend(struct redis_out *o, struct d4_slice s);

/* redis_out_iov -- what to send next; returns how many pieces. */
int redis_out_iov(const struct redis_out *o, struct iovec *iov, int max);

/* redis_out_sent -- n bytes of it are with the kernel. */
void redis_out_sent(struct redis_out *o, size_t n);

void redis_out_fini(struct redis_out *o);

#endif
