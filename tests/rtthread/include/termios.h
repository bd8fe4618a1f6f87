/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals. Declarations of our own, for tests. */
#ifndef TERMIOS_H_
#define TERMIOS_H_

struct termios
{
    unsigned int c_iflag;
    unsigned int c_oflag;
    unsigned int c_cflag;
    unsigned int c_lflag;
    unsigned char c_cc[32];
};

#define OPOST  0x0001
#define ONLCR  0x0004
#define CS8    0x0030
#define CREAD  0x0080
#define CLOCAL 0x0800

#endif /* TERMIOS_H_ */
