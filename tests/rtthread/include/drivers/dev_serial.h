/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's serial framework, version 1 (drivers/serial.h before 5.2), as far as it is used here. */
#ifndef __DEV_SERIAL_H__
#define __DEV_SERIAL_H__

#include <rtthread.h>

#ifndef RT_SERIAL_RB_BUFSZ
#define RT_SERIAL_RB_BUFSZ 64
#endif

#define RT_SERIAL_EVENT_RX_IND  0x01
#define RT_SERIAL_EVENT_TX_DONE 0x02

struct serial_configure
{
    rt_uint32_t baud_rate;

    rt_uint32_t data_bits : 4;
    rt_uint32_t stop_bits : 2;
    rt_uint32_t parity : 2;
    rt_uint32_t bit_order : 1;
    rt_uint32_t invert : 1;
    rt_uint32_t bufsz : 16;
    rt_uint32_t flowcontrol : 1;
    rt_uint32_t reserved : 5;
};

/* 115200 bits a second, 8 data bits, 1 stop bit, no parity, the lowest bit first, not inverted. */
#define RT_SERIAL_CONFIG_DEFAULT                         \
    {                                                    \
        115200, 8, 0, 0, 0, 0, RT_SERIAL_RB_BUFSZ, 0, 0, \
    }

struct rt_uart_ops;

struct rt_serial_device
{
    struct rt_device parent;

    const struct rt_uart_ops *ops;
    struct serial_configure config;
    void *serial_rx;
    void *serial_tx;
    struct rt_spinlock spinlock;
    struct rt_device_notify rx_notify;
};

struct rt_uart_ops
{
    rt_err_t (*configure)(struct rt_serial_device *serial, struct serial_configure *cfg);
    rt_err_t (*control)(struct rt_serial_device *serial, int cmd, void *arg);
    int (*putc)(struct rt_serial_device *serial, char c);
    int (*getc)(struct rt_serial_device *serial);
    rt_ssize_t (*dma_transmit)(struct rt_serial_device *serial, rt_uint8_t *buf, rt_size_t size, int direction);
};

void rt_hw_serial_isr(struct rt_serial_device *serial, int event);
rt_err_t rt_hw_serial_register(struct rt_serial_device *serial, const char *name, rt_uint32_t flag, void *data);

#endif
