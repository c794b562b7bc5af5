/* Replies of Redis, made of the protocol's own bytes. */
#ifndef TESTS_REPLY_H
#define TESTS_REPLY_H

#include <hiredis/hiredis.h>
#include <stddef.h>

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
