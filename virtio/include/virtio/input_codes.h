/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event types and codes (5.8.1: those of evdev), as many as the engine, its bindings and a demo need. The numbers are
 * those of Linux; RT-Thread applications find the complete list, with Linux's names, in <virtio_input_event_codes.h>.
 */
#ifndef VIRTIO_INPUT_CODES_H
#define VIRTIO_INPUT_CODES_H

/* Types. */
#define VIRTIO_INPUT_EV_SYN 0x00
#define VIRTIO_INPUT_EV_KEY 0x01
#define VIRTIO_INPUT_EV_REL 0x02
#define VIRTIO_INPUT_EV_ABS 0x03
#define VIRTIO_INPUT_EV_MSC 0x04
#define VIRTIO_INPUT_EV_SW  0x05
#define VIRTIO_INPUT_EV_LED 0x11
#define VIRTIO_INPUT_EV_SND 0x12
#define VIRTIO_INPUT_EV_REP 0x14
#define VIRTIO_INPUT_EV_FF  0x15

/* EV_SYN. */
#define VIRTIO_INPUT_SYN_REPORT    0x00
#define VIRTIO_INPUT_SYN_CONFIG    0x01
#define VIRTIO_INPUT_SYN_MT_REPORT 0x02
#define VIRTIO_INPUT_SYN_DROPPED   0x03

/* EV_MSC. */
#define VIRTIO_INPUT_MSC_SCAN      0x04
#define VIRTIO_INPUT_MSC_TIMESTAMP 0x05

/* EV_LED; there are 16. */
#define VIRTIO_INPUT_LED_NUML    0x00
#define VIRTIO_INPUT_LED_CAPSL   0x01
#define VIRTIO_INPUT_LED_SCROLLL 0x02
#define VIRTIO_INPUT_LED_CNT     0x10

/* EV_SND; there are 8. */
#define VIRTIO_INPUT_SND_CLICK 0x00
#define VIRTIO_INPUT_SND_BELL  0x01
#define VIRTIO_INPUT_SND_TONE  0x02
#define VIRTIO_INPUT_SND_CNT   0x08

/* EV_REP: milliseconds. */
#define VIRTIO_INPUT_REP_DELAY  0x00
#define VIRTIO_INPUT_REP_PERIOD 0x01
#define VIRTIO_INPUT_REP_CNT    0x02

/* EV_REL. */
#define VIRTIO_INPUT_REL_X      0x00
#define VIRTIO_INPUT_REL_Y      0x01
#define VIRTIO_INPUT_REL_HWHEEL 0x06
#define VIRTIO_INPUT_REL_WHEEL  0x08

/* EV_ABS. */
#define VIRTIO_INPUT_ABS_X              0x00
#define VIRTIO_INPUT_ABS_Y              0x01
#define VIRTIO_INPUT_ABS_PRESSURE       0x18
#define VIRTIO_INPUT_ABS_MT_SLOT        0x2f
#define VIRTIO_INPUT_ABS_MT_POSITION_X  0x35
#define VIRTIO_INPUT_ABS_MT_POSITION_Y  0x36
#define VIRTIO_INPUT_ABS_MT_TRACKING_ID 0x39
#define VIRTIO_INPUT_ABS_CNT            0x40

/* EV_KEY: buttons. Keys are below BTN_MISC, and some again from KEY_OK on. */
#define VIRTIO_INPUT_BTN_MISC     0x100
#define VIRTIO_INPUT_BTN_LEFT     0x110 /* the first of a mouse */
#define VIRTIO_INPUT_BTN_RIGHT    0x111
#define VIRTIO_INPUT_BTN_MIDDLE   0x112
#define VIRTIO_INPUT_BTN_JOYSTICK 0x120 /* the first of joysticks and gamepads, up to BTN_DIGI */
#define VIRTIO_INPUT_BTN_DIGI     0x140
#define VIRTIO_INPUT_BTN_TOOL_PEN 0x140
#define VIRTIO_INPUT_BTN_TOUCH    0x14a

/* EV_KEY: a US keyboard. */
#define VIRTIO_INPUT_KEY_ESC        1
#define VIRTIO_INPUT_KEY_1          2 /* 1 to 9 are 2 to 10 */
#define VIRTIO_INPUT_KEY_0          11
#define VIRTIO_INPUT_KEY_MINUS      12
#define VIRTIO_INPUT_KEY_EQUAL      13
#define VIRTIO_INPUT_KEY_BACKSPACE  14
#define VIRTIO_INPUT_KEY_TAB        15
#define VIRTIO_INPUT_KEY_Q          16
#define VIRTIO_INPUT_KEY_W          17
#define VIRTIO_INPUT_KEY_E          18
#define VIRTIO_INPUT_KEY_R          19
#define VIRTIO_INPUT_KEY_T          20
#define VIRTIO_INPUT_KEY_Y          21
#define VIRTIO_INPUT_KEY_U          22
#define VIRTIO_INPUT_KEY_I          23
#define VIRTIO_INPUT_KEY_O          24
#define VIRTIO_INPUT_KEY_P          25
#define VIRTIO_INPUT_KEY_LEFTBRACE  26
#define VIRTIO_INPUT_KEY_RIGHTBRACE 27
#define VIRTIO_INPUT_KEY_ENTER      28
#define VIRTIO_INPUT_KEY_LEFTCTRL   29
#define VIRTIO_INPUT_KEY_A          30
#define VIRTIO_INPUT_KEY_S          31
#define VIRTIO_INPUT_KEY_D          32
#define VIRTIO_INPUT_KEY_F          33
#define VIRTIO_INPUT_KEY_G          34
#define VIRTIO_INPUT_KEY_H          35
#define VIRTIO_INPUT_KEY_J          36
#define VIRTIO_INPUT_KEY_K          37
#define VIRTIO_INPUT_KEY_L          38
#define VIRTIO_INPUT_KEY_SEMICOLON  39
#define VIRTIO_INPUT_KEY_APOSTROPHE 40
#define VIRTIO_INPUT_KEY_GRAVE      41
#define VIRTIO_INPUT_KEY_LEFTSHIFT  42
#define VIRTIO_INPUT_KEY_BACKSLASH  43
#define VIRTIO_INPUT_KEY_Z          44
#define VIRTIO_INPUT_KEY_X          45
#define VIRTIO_INPUT_KEY_C          46
#define VIRTIO_INPUT_KEY_V          47
#define VIRTIO_INPUT_KEY_B          48
#define VIRTIO_INPUT_KEY_N          49
#define VIRTIO_INPUT_KEY_M          50
#define VIRTIO_INPUT_KEY_COMMA      51
#define VIRTIO_INPUT_KEY_DOT        52
#define VIRTIO_INPUT_KEY_SLASH      53
#define VIRTIO_INPUT_KEY_RIGHTSHIFT 54
#define VIRTIO_INPUT_KEY_LEFTALT    56
#define VIRTIO_INPUT_KEY_SPACE      57
#define VIRTIO_INPUT_KEY_CAPSLOCK   58
#define VIRTIO_INPUT_KEY_RIGHTCTRL  97
#define VIRTIO_INPUT_KEY_RIGHTALT   100
#define VIRTIO_INPUT_KEY_UP         103
#define VIRTIO_INPUT_KEY_LEFT       105
#define VIRTIO_INPUT_KEY_RIGHT      106
#define VIRTIO_INPUT_KEY_DOWN       108
#define VIRTIO_INPUT_KEY_OK         0x160
#define VIRTIO_INPUT_KEY_CNT        0x300

/* Properties (5.8.4, PROP_BITS). */
#define VIRTIO_INPUT_PROP_POINTER 0x00 /* it moves something on the screen */
#define VIRTIO_INPUT_PROP_DIRECT  0x01 /* it is touched where the screen shows */

#endif /* VIRTIO_INPUT_CODES_H */
