/* The forms of MISP's types, one function each; for value.c only. */
#ifndef MISP_VALUE_FORM_H
#define MISP_VALUE_FORM_H

#include "misp-export/value.h"

/*
 * Each takes a trimmed UTF-8 text and appends its normal form to an empty
 * buffer. n: digits of hex, else 0.
 */
enum value_why value_form_as(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_bool(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_float(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_hex(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_ip(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_mac(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_mail(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_name(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_number(
    struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_port(struct d4_slice in, size_t n, struct d4_buf *b);
enum value_why value_form_time(struct d4_slice in, size_t n, struct d4_buf *b);

#endif
