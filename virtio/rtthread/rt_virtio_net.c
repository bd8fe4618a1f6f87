/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device in RT-Thread: the eth_device, and its set-up. Frames are in rt_virtio_net_io.c.
 */
#include <rtthread.h>

#ifdef RT_USING_VIRTIO_NET

#include "rt_virtio_net.h"

#include <string.h>

#include <virtio.h>
#include <virtio/platform.h>
#include <virtio_net.h>

/* --- Class --- */

static struct rt_virtio_net *of(struct rt_virtio_device *device)
{
    return rt_container_of(device, struct rt_virtio_net, device);
}

static void config_changed(struct rt_virtio_device *device)
{
    struct rt_virtio_net *net = of(device);

    if (virtio_net_refresh(&net->engine))
    {
        eth_device_linkchange(&net->parent, net->engine.config.link_up ? RT_TRUE : RT_FALSE);
    }
    /* Also what an interrupt could not hand over. */
    eth_device_ready(&net->parent);
}

static struct virtio_queue *queue_at(struct rt_virtio_device *device, unsigned int index)
{
    struct virtio_net *engine = &of(device)->engine;
    unsigned int pairs = engine->pair_count;

    if (index < 2 * pairs)
    {
        return index % 2 == 0 ? &engine->rx[index / 2].ring : &engine->tx[index / 2].ring;
    }
    return index == 2 * pairs && engine->control.memory != RT_NULL ? &engine->control.ring : RT_NULL;
}

static void print_config(struct rt_virtio_device *device)
{
    struct rt_virtio_net *net = of(device);
    const struct virtio_net_config *config = &net->engine.config;

    rt_kprintf("mac: %02x:%02x:%02x:%02x:%02x:%02x%s\n", net->mac[0], net->mac[1], net->mac[2], net->mac[3],
               net->mac[4], net->mac[5], config->has_mac ? "" : " (made up)");
    rt_kprintf("link: %s\n", config->link_up ? "up" : "down");
    if (config->mtu != 0)
    {
        rt_kprintf("mtu: %u\n", (unsigned int)config->mtu);
    }
    rt_kprintf("header: %u bytes\n", (unsigned int)net->engine.header_size);
    rt_kprintf("received: %lu frames, %lu bytes, %lu malformed; %lu lent, %lu copied, %lu dropped\n",
               (unsigned long)net->engine.rx[0].packets, (unsigned long)net->engine.rx[0].bytes,
               (unsigned long)net->engine.rx[0].dropped, (unsigned long)net->counts.rx_lent,
               (unsigned long)net->counts.rx_copied, (unsigned long)net->counts.rx_dropped);
    rt_kprintf("sent: %lu frames, %lu bytes, %lu lost by resets; %lu lent, %lu copied, %lu dropped\n",
               (unsigned long)net->engine.tx[0].packets, (unsigned long)net->engine.tx[0].bytes,
               (unsigned long)net->engine.tx[0].dropped, (unsigned long)net->counts.tx_lent,
               (unsigned long)net->counts.tx_copied, (unsigned long)net->counts.tx_dropped);
}

static const struct rt_virtio_class net_class = {
    .prefix = "virtio-net",
    .id = VIRTIO_ID_NET,
    .features = virtio_net_features,
    .interrupt = rt_virtio_net_interrupt,
    .config_changed = config_changed,
    .recover = rt_virtio_net_recover,
    .queue = queue_at,
    .print_config = print_config,
};

static const struct virtio_net_callbacks callbacks = {
    .receive = rt_virtio_net_packet,
    .refused = rt_virtio_net_refused,
};

/* --- Device --- */

static rt_err_t net_control(rt_device_t dev, int command, void *args)
{
    struct rt_virtio_net *net = (struct rt_virtio_net *)dev;

    if (command != NIOCTL_GADDR || args == RT_NULL)
    {
        return -RT_EINVAL;
    }
    memcpy(args, net->mac, sizeof(net->mac));
    return RT_EOK;
}

#ifdef RT_USING_DEVICE_OPS
static const struct rt_device_ops net_ops = {
    .init = RT_NULL,
    .open = RT_NULL,
    .close = RT_NULL,
    .read = RT_NULL,
    .write = RT_NULL,
    .control = net_control,
};
#endif

/* --- Set-up --- */

/* The device's address, or one of our own making: random as far as the clock is, and locally administered. */
static void choose_mac(struct rt_virtio_net *net)
{
    rt_uint64_t random = virtio_platform_clock_us() * 0x9e3779b97f4a7c15u ^ (rt_uint64_t)(rt_ubase_t)net;
    unsigned int i;

    if (net->engine.config.has_mac)
    {
        memcpy(net->mac, net->engine.config.mac, sizeof(net->mac));
        return;
    }
    for (i = 0; i < sizeof(net->mac); i++)
    {
        net->mac[i] = (rt_uint8_t)(random >> (8 * i + 16));
    }
    net->mac[0] = (rt_uint8_t)((net->mac[0] & ~1u) | 2u);
}

static rt_err_t get_memory(struct rt_virtio_net *net)
{
    rt_uint32_t size = (virtio_net_buffer_size(&net->engine) + 63u) & ~63u;
    rt_uint32_t rx = net->engine.rx[0].ring.size / (net->engine.own_descriptor ? 2 : 1);
    rt_uint32_t tx = net->engine.tx[0].ring.size;
    rt_uint32_t i;

    net->buffers = rt_calloc(rx, sizeof(net->buffers[0]));
    net->memory = rt_malloc_align(rx * size, 64);
    net->frames = rt_calloc(tx, sizeof(net->frames[0]));
    if (net->buffers == RT_NULL || net->memory == RT_NULL || net->frames == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    net->buffer_count = rx;
    for (i = 0; i < rx; i++)
    {
        net->buffers[i].net = net;
        net->buffers[i].buffer.memory = net->memory + i * size;
        net->buffers[i].buffer.size = size;
    }
    for (i = 0; i < tx; i++)
    {
        net->frames[i].next = net->free;
        net->free = &net->frames[i];
    }
    return RT_EOK;
}

static rt_err_t start(struct rt_virtio_net *net)
{
    struct virtio_net_setup setup = {
        .pairs = 1,
        .rx_size = RT_VIRTIO_NET_RX_RING_SIZE,
        .tx_size = RT_VIRTIO_NET_TX_RING_SIZE,
        .callbacks = &callbacks,
        .context = net,
    };
    rt_err_t result;
    int error;

    rt_virtio_lock_init(&net->rx_lock);
    rt_virtio_lock_init(&net->tx_lock);
    rt_virtio_lock_init(&net->control_lock);
    rt_virtio_lock_init(&net->recovery_lock);
    rt_sem_init(&net->tx_room, net->device.name, 0, RT_IPC_FLAG_FIFO);
    error = virtio_net_start(&net->engine, &net->device.core, &setup);
    if (error != 0)
    {
        return rt_virtio_error(error);
    }
    result = get_memory(net);
    if (result != RT_EOK)
    {
        virtio_net_destroy(&net->engine);
        rt_free(net->buffers);
        rt_free(net->frames);
        if (net->memory != RT_NULL)
        {
            rt_free_align(net->memory);
        }
    }
    return result;
}

static rt_err_t register_device(struct rt_virtio_net *net)
{
    rt_err_t result;

    choose_mac(net);
#ifdef RT_USING_DEVICE_OPS
    net->parent.parent.ops = &net_ops;
#else
    net->parent.parent.control = net_control;
#endif
    net->parent.eth_rx = rt_virtio_net_receive;
    net->parent.eth_tx = rt_virtio_net_transmit;
    result = eth_device_init(&net->parent, net->device.name);
    if (result != RT_EOK)
    {
        return result;
    }
    if (net->parent.netif != RT_NULL && net->engine.config.mtu != 0 && net->engine.config.mtu < net->parent.netif->mtu)
    {
        net->parent.netif->mtu = net->engine.config.mtu;
    }
    return eth_device_linkchange(&net->parent, net->engine.config.link_up ? RT_TRUE : RT_FALSE);
}

rt_err_t rt_virtio_net_init(rt_ubase_t *mmio_base, rt_uint32_t irq)
{
    struct rt_virtio_net *net = rt_calloc(1, sizeof(*net));
    rt_err_t result;

    if (net == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    result = rt_virtio_attach(&net->device, &net_class, mmio_base, irq);
    if (result != RT_EOK)
    {
        rt_free(net);
        return result;
    }
    /* From here on the device is in the list, for the user to see what became of it. */
    result = start(net);
    if (result == RT_EOK)
    {
        rt_virtio_net_begin(net);
        rt_virtio_enable_interrupt(&net->device);
        result = register_device(net);
    }
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not registered, error %d\n", net->device.name, (int)result);
        return result;
    }
    net->device.state = "ok";
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_NET */
