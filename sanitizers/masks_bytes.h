/* Bytes that a text's are compared with, each as often as a vector is long. */
#ifndef SAN_MASKS_BYTES_H
#define SAN_MASKS_BYTES_H

#include <stdint.h>

#define SAN_MASKS_LANE 64

/* X(name, byte); what is named _TO is a distance. */
#define MASKS_BYTE_LIST(X)    \
	X(MASKS_CASE, 0x20)   \
	X(MASKS_ZERO, '0')    \
	X(MASKS_ZERO_TO, 9)   \
	X(MASKS_TWO, '2')     \
	X(MASKS_TWO_TO, 2)    \
	X(MASKS_SIX, '6')     \
	X(MASKS_A, 'a')       \
	X(MASKS_A_TO_F, 5)    \
	X(MASKS_A_TO_Z, 25)   \
	X(MASKS_COLON, ':')   \
	X(MASKS_DASH, '-')    \
	X(MASKS_DOT, '.')     \
	X(MASKS_UNDER, '_')   \
	X(MASKS_EVEN, 0xfe)   \
	X(MASKS_PAREN, '(')   \
	X(MASKS_OPEN, '{')    \
	X(MASKS_SHUT, '}')    \
	X(MASKS_D, 'd')       \
	X(MASKS_O, 'o')       \
	X(MASKS_R, 'r')       \
	X(MASKS_P, 'p')       \
	X(MASKS_SLASH, '\\')  \
	X(MASKS_PERCENT, '%') \
	X(MASKS_AND, '&')     \
	X(MASKS_IS, '=')      \
	X(MASKS_FOURTH, 0xfc) \
	X(MASKS_L, 'L')

#define MASKS_ENUM(name, c) name,
enum masks_byte { MASKS_BYTE_LIST(MASKS_ENUM) MASKS_BYTE_N };

extern const uint8_t san_masks_byte[MASKS_BYTE_N][SAN_MASKS_LANE]
    __attribute__((aligned(SAN_MASKS_LANE)));

#endif
