/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The console UART as a character device. What arrives goes by interrupt into
 * a ring; what is written goes out polled, so that writing works everywhere.
 */

#include "hw.h"

#define RING_SIZE 1024u /* a power of two */

static struct
{
    struct rt_device device;
    hw_lock_t rx_lock;
    hw_lock_t tx_lock;
    uint32_t head; /* free-running; head - tail bytes are there */
    uint32_t tail;
    uint8_t ring[RING_SIZE];
} uart;

static void serial_isr(int vector, void *param)
{
    uint32_t there;
    rt_base_t level;
    int c;

    hw_uart_rx_ack();
    level = hw_lock_irqsave(&uart.rx_lock);
    while ((c = hw_uart_getc()) >= 0)
    {
        /* A full ring loses what comes last, like a UART does. */
        if (uart.head - uart.tail < RING_SIZE)
        {
            uart.ring[uart.head++ % RING_SIZE] = (uint8_t)c;
        }
    }
    there = uart.head - uart.tail;
    hw_unlock_irqrestore(&uart.rx_lock, level);

    if (there && uart.device.rx_indicate)
    {
        uart.device.rx_indicate(&uart.device, there);
    }
}

static rt_err_t serial_open(rt_device_t dev, rt_uint16_t oflag)
{
    int vector = hw_uart_rx_irq(1);

    rt_hw_interrupt_install(vector, serial_isr, RT_NULL, "uart0");
    rt_hw_interrupt_umask(vector);
    return RT_EOK;
}

static rt_err_t serial_close(rt_device_t dev)
{
    rt_hw_interrupt_mask(hw_uart_rx_irq(0));
    return RT_EOK;
}

static rt_ssize_t serial_read(rt_device_t dev, rt_off_t pos, void *buffer, rt_size_t size)
{
    uint8_t *to = buffer;
    rt_size_t n = 0;
    rt_base_t level = hw_lock_irqsave(&uart.rx_lock);

    while (n < size && uart.head != uart.tail)
    {
        to[n++] = uart.ring[uart.tail++ % RING_SIZE];
    }
    hw_unlock_irqrestore(&uart.rx_lock, level);
    return n;
}

static rt_ssize_t serial_write(rt_device_t dev, rt_off_t pos, const void *buffer, rt_size_t size)
{
    const char *from = buffer;
    rt_bool_t stream = (dev->open_flag & RT_DEVICE_FLAG_STREAM) ? RT_TRUE : RT_FALSE;
    rt_base_t level = rt_hw_local_irq_disable();
    uint64_t patience = hw_counter() + hw_counter_frequency() / 10;
    rt_bool_t locked = RT_TRUE;
    rt_size_t n;

    /*
     * The lock only keeps the lines of several CPUs apart. After a fault in
     * here it is never released, so it is not waited for without end.
     */
    while (__atomic_exchange_n(&uart.tx_lock.locked, 1, __ATOMIC_ACQUIRE))
    {
        if (hw_counter() > patience)
        {
            locked = RT_FALSE;
            break;
        }
    }
    for (n = 0; n < size; n++)
    {
        if (stream && from[n] == '\n')
        {
            hw_uart_putc('\r');
        }
        hw_uart_putc(from[n]);
    }
    if (locked)
    {
        __atomic_store_n(&uart.tx_lock.locked, 0, __ATOMIC_RELEASE);
    }
    rt_hw_local_irq_enable(level);
    return size;
}

static rt_err_t serial_control(rt_device_t dev, int cmd, void *args)
{
    /* Nothing can be set; callers that set a line speed must not fail. */
    return RT_EOK;
}

#ifdef RT_USING_DEVICE_OPS
static const struct rt_device_ops serial_ops = {
    .open = serial_open,
    .close = serial_close,
    .read = serial_read,
    .write = serial_write,
    .control = serial_control,
};
#endif

void hw_serial_init(void)
{
    uart.device.type = RT_Device_Class_Char;
#ifdef RT_USING_DEVICE_OPS
    uart.device.ops = &serial_ops;
#else
    uart.device.open = serial_open;
    uart.device.close = serial_close;
    uart.device.read = serial_read;
    uart.device.write = serial_write;
    uart.device.control = serial_control;
#endif
    rt_device_register(&uart.device, "uart0", RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX | RT_DEVICE_FLAG_STREAM);
}
