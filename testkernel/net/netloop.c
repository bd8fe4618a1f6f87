/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With -DTESTKERNEL_NETLOOP: an Ethernet device of software, to test lwIP's port without a driver. Behind it is the
 * host 10.9.0.2, who answers ARP and ping.
 */

#ifdef TESTKERNEL_NETLOOP

#include <stdlib.h>
#include <string.h>

#include <finsh.h>
#include <lwip/pbuf.h>
#include <lwip/tcpip.h>
#include <netif/ethernetif.h>

#define RING 64

struct netloop
{
    struct eth_device parent;
    struct pbuf *ring[RING];
    unsigned int head;
    unsigned int tail;
    unsigned int sent;
    unsigned int lost;
};

static struct netloop *loop;

static const rt_uint8_t host_mac[6] = {0x02, 0, 0, 0, 0, 2};
static const rt_uint8_t own_mac[6] = {0x02, 0, 0, 0, 0, 1};

static void swap(rt_uint8_t *a, rt_uint8_t *b, int length)
{
    for (; length-- > 0; a++, b++)
    {
        rt_uint8_t byte = *a;

        *a = *b;
        *b = byte;
    }
}

/* Makes the answer of a frame in place; false if it gets none. */
static rt_bool_t answer(rt_uint8_t *frame, int length)
{
    if (length >= 42 && frame[12] == 0x08 && frame[13] == 0x06 && frame[21] == 1 && frame[41] == 2)
    {
        frame[21] = 2;
        memcpy(frame + 32, frame + 22, 6);
        swap(frame + 28, frame + 38, 4);
        memcpy(frame + 22, host_mac, 6);
    }
    else if (length >= 42 && frame[12] == 0x08 && frame[13] == 0x00 && frame[14] == 0x45 && frame[23] == 1 &&
             frame[34] == 8)
    {
        rt_uint32_t sum = (rt_uint32_t)(frame[36] << 8 | frame[37]) + 0x0800;

        sum = (sum & 0xffff) + (sum >> 16);
        frame[34] = 0;
        frame[36] = (rt_uint8_t)(sum >> 8);
        frame[37] = (rt_uint8_t)sum;
        swap(frame + 26, frame + 30, 4);
    }
    else
    {
        return RT_FALSE;
    }
    memcpy(frame, frame + 6, 6);
    memcpy(frame + 6, host_mac, 6);

    return RT_TRUE;
}

static rt_err_t loop_tx(rt_device_t dev, struct pbuf *p)
{
    struct netloop *self = (struct netloop *)dev;
    struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
    rt_base_t level;

    if (copy == NULL)
    {
        return -RT_ENOMEM;
    }
    if (!answer((rt_uint8_t *)copy->payload, copy->len))
    {
        pbuf_free(copy);
        return RT_EOK;
    }
    level = rt_hw_interrupt_disable();
    self->sent++;
    if (self->tail - self->head < RING)
    {
        self->ring[self->tail++ % RING] = copy;
        copy = RT_NULL;
    }
    rt_hw_interrupt_enable(level);
    if (copy != RT_NULL)
    {
        self->lost++;
        pbuf_free(copy);
    }

    return eth_device_ready(&self->parent);
}

static struct pbuf *loop_rx(rt_device_t dev)
{
    struct netloop *self = (struct netloop *)dev;
    struct pbuf *p = RT_NULL;
    rt_base_t level = rt_hw_interrupt_disable();

    if (self->head != self->tail)
    {
        p = self->ring[self->head++ % RING];
    }
    rt_hw_interrupt_enable(level);

    return p;
}

static rt_err_t loop_control(rt_device_t dev, int cmd, void *args)
{
    RT_UNUSED(dev);
    if (cmd != NIOCTL_GADDR)
    {
        return -RT_ENOSYS;
    }
    memcpy(args, own_mac, sizeof(own_mac));

    return RT_EOK;
}

#ifdef RT_USING_DEVICE_OPS
static const struct rt_device_ops loop_ops = {.control = loop_control};
#endif

static int loop_add(void)
{
    ip4_addr_t ip;
    ip4_addr_t mask;
    ip4_addr_t none;
    rt_err_t result;

    loop = (struct netloop *)rt_calloc(1, sizeof(*loop));
    if (loop == RT_NULL)
    {
        return -1;
    }
#ifdef RT_USING_DEVICE_OPS
    loop->parent.parent.ops = &loop_ops;
#else
    loop->parent.parent.control = loop_control;
#endif
    loop->parent.eth_rx = loop_rx;
    loop->parent.eth_tx = loop_tx;
    result = eth_device_init(&loop->parent, "s0");
    if (result != RT_EOK)
    {
        rt_kprintf("netloop: error %d\n", (int)result);
        rt_free(loop);
        loop = RT_NULL;
        return -1;
    }
    IP4_ADDR(&ip, 10, 9, 0, 1);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    ip4_addr_set_zero(&none);
    LOCK_TCPIP_CORE();
    netif_set_addr(loop->parent.netif, &ip, &mask, &none);
    UNLOCK_TCPIP_CORE();

    return eth_device_linkchange(&loop->parent, RT_TRUE) == RT_EOK ? 0 : -1;
}

static int loop_remove(void)
{
    struct pbuf *p;

    eth_device_deinit(&loop->parent);
    while ((p = loop_rx(&loop->parent.parent)) != RT_NULL)
    {
        pbuf_free(p);
    }
    rt_free(loop);
    loop = RT_NULL;

    return 0;
}

/* Added and removed over and over, with its link going up and down; the heap must be the same in the end. */
static int loop_cycle(int times)
{
    rt_size_t before;
    rt_size_t after;
    int i;

    rt_memory_info(RT_NULL, &before, RT_NULL);
    for (i = 0; i < times; i++)
    {
        if (loop_add() != 0)
        {
            return -1;
        }
        while (eth_device_linkchange(&loop->parent, i % 2 == 0) != -RT_EFULL && i % 3 == 0)
        {
            rt_thread_yield();
            if (rt_tick_get() % 8 == 0)
            {
                break;
            }
        }
        loop_remove();
    }
    rt_memory_info(RT_NULL, &after, RT_NULL);
    rt_kprintf("netloop: %d times, heap %lu before, %lu after\n", times, before, after);

    return 0;
}

static int netloop(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "add") == 0 && loop == RT_NULL)
    {
        return loop_add();
    }
    if (strcmp(what, "cycle") == 0 && loop == RT_NULL)
    {
        return loop_cycle(argc > 2 ? atoi(argv[2]) : 100);
    }
    if (loop != RT_NULL && strcmp(what, "remove") == 0)
    {
        return loop_remove();
    }
    if (loop != RT_NULL && (strcmp(what, "up") == 0 || strcmp(what, "down") == 0))
    {
        return (int)eth_device_linkchange(&loop->parent, strcmp(what, "up") == 0);
    }
    if (loop != RT_NULL && strcmp(what, "stats") == 0)
    {
        rt_kprintf("netloop: answered %u, lost %u\n", loop->sent, loop->lost);
        return 0;
    }
    rt_kprintf("usage: netloop add|remove|up|down|stats|cycle [TIMES]\n");

    return -1;
}
MSH_CMD_EXPORT(netloop, an Ethernet device of software);

#endif /* TESTKERNEL_NETLOOP */
