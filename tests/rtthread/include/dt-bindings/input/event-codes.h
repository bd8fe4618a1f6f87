/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some of the names that RT-Thread's input framework has, which are evdev's, written as there: together with our
 * virtio_input_event_codes.h they must not give a warning.
 */
#ifndef EVENT_CODES_H_
#define EVENT_CODES_H_

#define EV_SYN            0x00
#define EV_KEY            0x01
#define EV_REL            0x02
#define EV_ABS            0x03
#define EV_MSC            0x04
#define EV_SW             0x05
#define EV_LED            0x11
#define EV_SND            0x12
#define EV_REP            0x14
#define EV_FF             0x15
#define EV_PWR            0x16
#define EV_FF_STATUS      0x17
#define EV_MAX            0x1f
#define EV_CNT            (EV_MAX + 1)

#define SYN_REPORT        0
#define SYN_CONFIG        1
#define SYN_MT_REPORT     2
#define SYN_DROPPED       3
#define SYN_MAX           0xf
#define SYN_CNT           (SYN_MAX + 1)

#define KEY_ESC           1
#define KEY_A             30
#define KEY_POWER         116
#define KEY_PLAY          207
#define KEY_BLUETOOTH     237
#define KEY_RESTART       408
#define KEY_MAX           0x2ff
#define KEY_CNT           (KEY_MAX + 1)

#define REL_X             0x00
#define REL_WHEEL         0x08
#define REL_RESERVED      0x0a
#define REL_WHEEL_HI_RES  0x0b
#define REL_MAX           0x0f
#define REL_CNT           (REL_MAX + 1)

#define ABS_X             0x00
#define ABS_PRESSURE      0x18
#define ABS_PROFILE       0x21
#define ABS_RESERVED      0x2e
#define ABS_MT_SLOT       0x2f
#define ABS_MT_POSITION_X 0x35
#define ABS_MT_TOOL_Y     0x3d
#define ABS_MAX           0x3f
#define ABS_CNT           (ABS_MAX + 1)

#endif /* EVENT_CODES_H_ */
