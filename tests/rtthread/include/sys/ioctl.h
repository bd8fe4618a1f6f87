/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of terminals that our driver knows. Declarations of our own, for tests; numbers as in RT-Thread. */
#ifndef SYS_IOCTL_H_
#define SYS_IOCTL_H_

struct winsize
{
    unsigned short ws_row;
    unsigned short ws_col;
    unsigned short ws_xpixel;
    unsigned short ws_ypixel;
};

#define FIONREAD   0x4004667f
#define FIONWRITE  0x40046679

#define TCGETS     0x5401
#define TCSETS     0x5402
#define TCSETSW    0x5403
#define TCSETSF    0x5404
#define TCGETA     0x5405
#define TCSETA     0x5406
#define TCSETAW    0x5407
#define TCSETAF    0x5408
#define TCFLSH     0x540b
#define TIOCGWINSZ 0x5413

#endif /* SYS_IOCTL_H_ */
