/* Replies of Redis, made of the protocol's own bytes. */
#ifndef TESTS_REPLY_H
#define TESTS_REPLY_H

#include <hiredis/hiredis.h>
#include <stddef.h>

/* Counts of six digits and more: hiredis would ask for gigabytes. */
static inline int
reply_is_huge(const char *bytes, size_t n)
{
	size_t digits = 0;

	for (size_t i = 0; i < n && digits < 6; i++)
		digits = bytes[i] >= '0' && bytes[i] <= '9' ? digits + 1 : 0;
	return digits == 6;
}

/* The first reply in the bytes, or NULL; freeReplyObject frees it. */
static inline redisReply *
reply_of(const char *bytes, size_t n)
{
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;

	if (reader == NULL || redisReaderFeed(reader, bytes, n) != REDIS_OK ||
	    redisReaderGetReply(reader, &reply) != REDIS_OK)
		reply = NULL;
	redisReaderFree(reader);
	return reply;
}

#endif
