/* The inside of http.c and http_open.c. */
#ifndef MISP_HTTP_ROOM_H
#define MISP_HTTP_ROOM_H

#include <curl/curl.h>
#include "misp-export/http.h"

#define HTTP_SEND (128u << 20) /* bytes of a request */

/*
 * struct http
 * Shape:  plain, packed, get: headers of the three kinds of requests. stop:
 *         readable when we are to stop, -1 never. pin: SHA-256.
 */
struct http {
	const struct misp_conf *conf;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *plain, *packed, *get;
	struct d4_buf request;
	int stop;
	bool gzip;
	uint8_t pin[32];
};

#endif
