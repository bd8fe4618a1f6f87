/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some of the names that RT-Thread's input framework has, which are evdev's. Some versions write the numbers in
 * decimal, some in hexadecimal as our virtio_input_event_codes.h: here the former, which must not give a warning
 * either.
 */
#ifndef EVENT_CODES_H_
#define EVENT_CODES_H_

#define EV_SYN            0
#define EV_KEY            1
#define EV_REL            2
#define EV_ABS            3
#define EV_MSC            4
#define EV_SW             5
#define EV_LED            17
#define EV_SND            18
#define EV_REP            20
#define EV_FF             21
#define EV_PWR            22
#define EV_FF_STATUS      23
#define EV_MAX            31
#define EV_CNT            (EV_MAX + 1)

#define SYN_REPORT        0
#define SYN_CONFIG        1
#define SYN_MT_REPORT     2
#define SYN_DROPPED       3
#define SYN_MAX           15
#define SYN_CNT           (SYN_MAX + 1)

#define KEY_ESC           1
#define KEY_A             30
#define KEY_POWER         116
#define KEY_PLAY          207
#define KEY_BLUETOOTH     237
#define KEY_RESTART       408
#define KEY_MAX           767
#define KEY_CNT           (KEY_MAX + 1)

#define BTN_LEFT          272
#define BTN_TOUCH         330

#define REL_X             0
#define REL_WHEEL         8
#define REL_RESERVED      10
#define REL_WHEEL_HI_RES  11
#define REL_MAX           15
#define REL_CNT           (REL_MAX + 1)

#define ABS_X             0
#define ABS_PRESSURE      24
#define ABS_PROFILE       33
#define ABS_RESERVED      46
#define ABS_MT_SLOT       47
#define ABS_MT_POSITION_X 53
#define ABS_MT_TOOL_Y     61
#define ABS_MAX           63
#define ABS_CNT           (ABS_MAX + 1)

#endif /* EVENT_CODES_H_ */
