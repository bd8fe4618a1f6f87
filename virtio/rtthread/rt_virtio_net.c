/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device in RT-Thread: the eth_device, and its set-up. Frames are in rt_virtio_net_rx.c and _tx.c, the control
 * queue and the link in _control.c, checksums in _checksum.c.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)

#include "rt_virtio_net.h"

#include <stdlib.h>
#include <string.h>

#include <virtio.h>
#include <virtio/platform.h>
#include <virtio_net.h>

/* Receive buffers start on a cache line. */
#define BUFFER_ALIGN 64u

/* When what could not be done now, or has not been answered, is looked at again. */
#define RETRY_MS 20

/* How long others may take to let go of a device that is being removed. */
#define PATIENCE_MS 1000

/* --- Class --- */

void rt_virtio_net_wake(struct rt_virtio_net *net)
{
    /* Not before: RT-Thread would hand frames to an interface that lwIP does not know yet. */
    if (net->attached && rt_virtio_net_ready(&net->parent) != RT_EOK)
    {
        /* No room in the mailbox, after which RT-Thread believes that it has been told. */
        net->parent.rx_notice = RT_FALSE;
        rt_virtio_net_look_again(net);
    }
}

static rt_bool_t interrupt(struct rt_virtio_device *device)
{
    struct rt_virtio_net *net = rt_virtio_net_of(device);
    rt_bool_t answer = rt_virtio_net_control_interrupt(net);
    rt_bool_t work = RT_FALSE;
    rt_uint16_t i;

    for (i = 0; i < net->engine.pair_count; i++)
    {
        work = rt_virtio_net_claim_rx(&net->pairs[i]) || work;
        work = rt_virtio_net_claim_tx(&net->pairs[i]) || work;
    }
    if (work)
    {
        rt_virtio_net_wake(net);
    }
    return work || answer;
}

static struct virtio_queue *queue_at(struct rt_virtio_device *device, unsigned int index)
{
    struct virtio_net *engine = &rt_virtio_net_of(device)->engine;
    unsigned int pairs = engine->pair_count;

    if (index < 2 * pairs)
    {
        return index % 2 == 0 ? &engine->rx[index / 2].ring : &engine->tx[index / 2].ring;
    }
    return index == 2 * pairs && engine->control.memory != RT_NULL ? &engine->control.ring : RT_NULL;
}

/* --- Counters --- */

#define OF_RX(member)   0, offsetof(struct virtio_net_rx, member)
#define OF_TX(member)   1, offsetof(struct virtio_net_tx, member)
#define OF_PAIR(member) 2, offsetof(struct rt_virtio_net_pair, counts.member)

static const struct
{
    const char *name;
    unsigned int where;
    rt_size_t offset;
} counters[] = {
    {"rx_packets", OF_RX(packets)},          {"rx_bytes", OF_RX(bytes)},
    {"rx_malformed", OF_RX(dropped)},        {"rx_dropped", OF_PAIR(rx_dropped)},
    {"rx_copies_avoided", OF_PAIR(rx_lent)}, {"rx_copies_made", OF_PAIR(rx_copied)},
    {"rx_merged", OF_PAIR(rx_merged)},       {"rx_checksums_trusted", OF_PAIR(rx_trusted)},
    {"tx_packets", OF_TX(packets)},          {"tx_bytes", OF_TX(bytes)},
    {"tx_lost_by_resets", OF_TX(dropped)},   {"tx_dropped", OF_PAIR(tx_dropped)},
    {"tx_copies_avoided", OF_PAIR(tx_lent)}, {"tx_copies_made", OF_PAIR(tx_copied)},
    {"tx_ring_full", OF_PAIR(tx_waits)},     {"tx_checksums_offloaded", OF_PAIR(tx_offload)},
};

/* The sum over all pairs. */
static rt_bool_t counter(struct rt_virtio_device *device, unsigned int index, const char **name, rt_uint64_t *value)
{
    struct rt_virtio_net *net = rt_virtio_net_of(device);
    const rt_uint8_t *base;
    rt_uint16_t i;

    if (net->pairs == RT_NULL || index > RT_ARRAY_SIZE(counters))
    {
        return RT_FALSE;
    }
    if (index == RT_ARRAY_SIZE(counters))
    {
        *name = "control_refused";
        *value = net->engine.control.refused;
        return RT_TRUE;
    }
    *name = counters[index].name;
    *value = 0;
    for (i = 0; i < net->engine.pair_count; i++)
    {
        base = counters[index].where == 0   ? (const rt_uint8_t *)&net->engine.rx[i]
               : counters[index].where == 1 ? (const rt_uint8_t *)&net->engine.tx[i]
                                            : (const rt_uint8_t *)&net->pairs[i];
        *value += *(const rt_uint64_t *)(const void *)(base + counters[index].offset);
    }
    return RT_TRUE;
}

static void print_config(struct rt_virtio_device *device)
{
    struct rt_virtio_net *net = rt_virtio_net_of(device);
    const struct virtio_net_config *config = &net->engine.config;
    unsigned int groups = 0;
    unsigned int i;

    rt_kprintf("mac: %02x:%02x:%02x:%02x:%02x:%02x%s\n", net->mac[0], net->mac[1], net->mac[2], net->mac[3],
               net->mac[4], net->mac[5], config->has_mac ? "" : " (made up)");
    rt_kprintf("link: %s", config->link_up ? "up" : "down");
    if (config->speed != UINT32_MAX)
    {
        rt_kprintf(", %u Mbit/s%s", (unsigned int)config->speed,
                   config->duplex == 0   ? ", half duplex"
                   : config->duplex == 1 ? ", full duplex"
                                         : "");
    }
    rt_kprintf("\n");
    if (config->mtu != 0)
    {
        rt_kprintf("mtu: %u\n", (unsigned int)config->mtu);
    }
    rt_kprintf("header: %u bytes\n", (unsigned int)net->engine.header_size);
    rt_kprintf("queue pairs: %u, %u in use\n", (unsigned int)net->engine.pair_count,
               (unsigned int)net->engine.pairs_in_use);
    rt_kprintf("checksums: sent by %s, received by %s\n", net->offload ? "the device (TCP)" : "lwIP",
               net->checks ? "the device" : "lwIP");
    for (i = 0; i < VIRTIO_NET_FILTER_MAX; i++)
    {
        groups += net->groups[i].members != 0;
    }
    rt_kprintf("filter: %u groups%s%s\n", groups,
               (net->user_mode & VIRTIO_NET_MODE_PROMISCUOUS) != 0 ? ", promiscuous" : "",
               net->too_many_groups || (net->user_mode & VIRTIO_NET_MODE_ALL_MULTI) != 0 ? ", all multicast" : "");
}

/* --- Removal --- */

/* RT-Thread's receive thread has done what it had to do for us, or a second is over. */
static void wait_for_rt_thread(struct rt_virtio_net *net)
{
    const volatile struct eth_device *eth = &net->parent;
    unsigned int ms;

    for (ms = 0; ms < PATIENCE_MS && (eth->rx_notice || eth->link_changed); ms += RETRY_MS)
    {
        rt_thread_mdelay(RETRY_MS);
    }
    rt_thread_mdelay(RETRY_MS); /* it has said so before it did it */
}

static rt_err_t withdraw(struct rt_virtio_device *device)
{
    struct rt_virtio_net *net = rt_virtio_net_of(device);

    if (net->registered)
    {
        net->attached = RT_FALSE;
        wait_for_rt_thread(net);
        eth_device_deinit(&net->parent);
        net->registered = RT_FALSE;
    }
    return net->pairs != RT_NULL ? rt_virtio_error(rt_virtio_net_end(net)) : RT_EOK;
}

/* lwIP's thread: all that it was asked for before is done. */
static void passed(void *argument)
{
    rt_sem_release(argument);
}

static void wait_for_lwip(void)
{
    struct rt_semaphore done;

    rt_sem_init(&done, "virtio", 0, RT_IPC_FLAG_FIFO);
    if (tcpip_callback(passed, &done) == ERR_OK)
    {
        rt_sem_take(&done, RT_WAITING_FOREVER);
    }
    rt_sem_detach(&done);
}

/* Frames that lwIP has not given back, after some time for that. */
static rt_uint32_t wait_for_frames(struct rt_virtio_net *net)
{
    rt_uint32_t lent;
    unsigned int ms;
    rt_uint16_t i;

    for (ms = 0;; ms += RETRY_MS)
    {
        for (i = 0, lent = 0; i < net->engine.pair_count; i++)
        {
            lent += rt_virtio_net_lent(&net->pairs[i]);
        }
        if (lent == 0 || ms >= PATIENCE_MS)
        {
            return lent;
        }
        rt_thread_mdelay(RETRY_MS);
    }
}

static void free_memory(struct rt_virtio_net *net, rt_uint16_t pairs)
{
    rt_uint16_t i;

    for (i = 0; i < pairs; i++)
    {
        rt_free(net->pairs[i].buffers);
        rt_free(net->pairs[i].frames);
        if (net->pairs[i].memory != RT_NULL)
        {
            rt_free_align(net->pairs[i].memory);
        }
        rt_sem_detach(&net->pairs[i].tx_room);
    }
    rt_free(net->pairs);
    net->pairs = RT_NULL;
}

static void destroy(struct rt_virtio_device *device)
{
    struct rt_virtio_net *net = rt_virtio_net_of(device);
    rt_uint16_t pairs;
    rt_uint32_t lent;

    if (net->pairs != RT_NULL)
    {
        rt_virtio_quit_timer(&net->timer);
        lent = wait_for_frames(net);
        wait_for_lwip();
        if (lent != 0)
        {
            rt_kprintf("virtio: %s: removed, but %u of its frames are still in use, and their memory is lost\n",
                       device->name, (unsigned int)lent);
            return;
        }
        if (net->later != RT_NULL)
        {
            tcpip_callbackmsg_delete(net->later);
        }
        pairs = net->engine.pair_count;
        virtio_net_destroy(&net->engine);
        free_memory(net, pairs);
    }
    rt_free(net);
}

static const struct rt_virtio_class net_class = {
    .prefix = RT_VIRTIO_NAME("virtio-net", "vnet"),
    .id = VIRTIO_ID_NET,
    .features = virtio_net_features,
    .interrupt = interrupt,
    .config_changed = rt_virtio_net_config_changed,
    .recover = rt_virtio_net_recover,
    .withdraw = withdraw,
    .destroy = destroy,
    .queue = queue_at,
    .counter = counter,
    .print_config = print_config,
};

static const struct virtio_net_callbacks callbacks = {
    .receive = rt_virtio_net_packet,
    .refused = rt_virtio_net_refused,
};

/* --- Device --- */

/*
 * lwIP's interface gets the first two letters of the device's name, and RT-Thread looks interfaces up by these two
 * letters alone: with a second device that finds the first. So the second and further ones get a digit instead. This is
 * the last moment before the interface is registered.
 */
static void rename_interface(struct rt_virtio_net *net)
{
    const char *number = net->device.name + strlen(net_class.prefix);

    if (net->parent.netif != RT_NULL && rt_strcmp(number, "0") != 0)
    {
        net->parent.netif->name[1] = number[strlen(number) - 1];
    }
}

/* lwIP's thread, inside of netif_add(). */
static rt_err_t net_init(rt_device_t dev)
{
    struct rt_virtio_net *net = (struct rt_virtio_net *)dev;
    struct netif *netif = net->parent.netif;

    if (netif != RT_NULL)
    {
        rt_virtio_net_divide_checksums(net, netif);
        rt_virtio_net_follow_groups(net, netif);
        net->attached = RT_TRUE;
    }
    return RT_EOK;
}

static rt_err_t net_control(rt_device_t dev, int command, void *args)
{
    struct rt_virtio_net *net = (struct rt_virtio_net *)dev;

    if (command != NIOCTL_GADDR)
    {
        return rt_virtio_net_set(net, command, args);
    }
    if (args == RT_NULL)
    {
        return -RT_EINVAL;
    }
    memcpy(args, net->mac, sizeof(net->mac));
    rename_interface(net);
    return RT_EOK;
}

static const struct rt_virtio_ops net_ops = {
    .init = net_init,
    .open = RT_NULL,
    .close = RT_NULL,
    .read = RT_NULL,
    .write = RT_NULL,
    .control = net_control,
};

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
    (void)virtio_net_set_mac(&net->engine, net->mac); /* for its filter, if it has one */
}

static rt_err_t get_memory(struct rt_virtio_net *net, struct rt_virtio_net_pair *pair)
{
    rt_uint32_t size = (virtio_net_buffer_size(&net->engine) + BUFFER_ALIGN - 1) & ~(BUFFER_ALIGN - 1);
    rt_uint32_t rx = net->engine.rx[pair->index].ring.size / (net->engine.own_descriptor ? 2 : 1);
    rt_uint32_t tx = net->engine.tx[pair->index].ring.size;
    rt_uint32_t i;

    pair->buffers = rt_calloc(rx, sizeof(pair->buffers[0]));
    pair->memory = rt_malloc_align(rx * size, BUFFER_ALIGN);
    pair->frames = rt_calloc(tx, sizeof(pair->frames[0]));
    if (pair->buffers == RT_NULL || pair->memory == RT_NULL || pair->frames == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    pair->buffer_count = rx;
    for (i = 0; i < rx; i++)
    {
        pair->buffers[i].pair = pair;
        pair->buffers[i].buffer.memory = pair->memory + i * size;
        pair->buffers[i].buffer.size = size;
        pair->buffers[i].missing = RT_TRUE;
    }
    for (i = 0; i < tx; i++)
    {
        pair->frames[i].next = pair->free;
        pair->free = &pair->frames[i];
    }
    return RT_EOK;
}

static rt_err_t create_pairs(struct rt_virtio_net *net)
{
    rt_uint16_t count = net->engine.pair_count;
    struct rt_virtio_net_pair *pair;
    rt_err_t result = RT_EOK;
    rt_uint16_t i;

    net->pairs = rt_calloc(count, sizeof(net->pairs[0]));
    if (net->pairs == RT_NULL)
    {
        return -RT_ENOMEM;
    }
    for (i = 0; i < count && result == RT_EOK; i++)
    {
        pair = &net->pairs[i];
        pair->net = net;
        pair->index = i;
        rt_virtio_lock_init(&pair->rx_lock);
        rt_virtio_lock_init(&pair->tx_lock);
        rt_sem_init(&pair->tx_room, net->device.name, 0, RT_IPC_FLAG_FIFO);
        result = get_memory(net, pair);
    }
    if (result != RT_EOK)
    {
        free_memory(net, i);
    }
    return result;
}

/* lwIP's thread: what was put off. */
static void do_later(void *argument)
{
    struct rt_virtio_net *net = argument;
    rt_uint16_t i;

    for (i = 0; i < net->engine.pair_count; i++)
    {
        if (net->pairs[i].flush_posted)
        {
            rt_virtio_net_flush(&net->pairs[i]);
        }
        if (net->pairs[i].refill_posted)
        {
            rt_virtio_net_refill(&net->pairs[i]);
        }
    }
}

static rt_err_t start(struct rt_virtio_net *net)
{
    const struct virtio_net_setup setup = {
        .pairs = RT_VIRTIO_NET_PAIRS,
        .rx_size = RT_VIRTIO_NET_RX_RING_SIZE,
        .tx_size = RT_VIRTIO_NET_TX_RING_SIZE,
#if LWIP_SUPPORT_CUSTOM_PBUF && defined(RT_VIRTIO_NET_MERGE) && LWIP_CHECKSUM_CTRL_PER_NETIF
        .large_frames = true,
#endif
        .callbacks = &callbacks,
        .context = net,
    };
    rt_err_t result;
    int error;

    rt_virtio_lock_init(&net->control_lock);
    rt_virtio_lock_init(&net->recovery_lock);
    error = virtio_net_start(&net->engine, &net->device.core, &setup);
    if (error != 0)
    {
        return rt_virtio_error(error);
    }
    result = create_pairs(net);
    if (result != RT_EOK)
    {
        virtio_net_destroy(&net->engine);
        return result;
    }
    rt_timer_init(&net->timer, net->device.name, rt_virtio_net_timeout, net, rt_tick_from_millisecond(RETRY_MS),
                  RT_TIMER_FLAG_ONE_SHOT);
    /* Without it, as when lwIP's pool of them is too small for so many devices, the device is told of everything at
     * once. */
    net->later = tcpip_callbackmsg_new(do_later, net);
    choose_mac(net);
    return RT_EOK;
}

/* Post all buffers, and tell the device what it has to be told. */
static void begin(struct rt_virtio_net *net)
{
    rt_uint16_t i;

    for (i = 0; i < net->engine.pair_count; i++)
    {
        rt_virtio_net_begin_rx(&net->pairs[i]);
    }
    net->asked = rt_tick_get();
    rt_virtio_net_say(net);
}

/* lwIP's thread: the interface is there, with Ethernet's MTU. */
static void set_mtu(void *argument)
{
    struct rt_virtio_net *net = argument;

    rt_virtio_set_mtu(net->parent.netif, net->engine.config.mtu);
#if LWIP_IPV6 && LWIP_ND6_ALLOW_RA_UPDATES
    net->parent.netif->mtu6 = net->engine.config.mtu;
#endif
}

static rt_err_t register_device(struct rt_virtio_net *net)
{
    rt_err_t result;

    rt_virtio_set_ops(&net->parent.parent, &net_ops);
    net->parent.eth_rx = rt_virtio_net_receive;
    net->parent.eth_tx = rt_virtio_net_transmit;
    result = eth_device_init(&net->parent, net->device.name);
    if (result != RT_EOK)
    {
        return result;
    }
    net->registered = RT_TRUE;
    if (net->engine.config.mtu != 0 && net->parent.netif != RT_NULL)
    {
        (void)tcpip_callback(set_mtu, net);
    }
    return RT_EOK;
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
        result = rt_virtio_net_begin();
    }
    if (result == RT_EOK)
    {
        result = register_device(net);
        if (result != RT_EOK)
        {
            (void)rt_virtio_net_end(net);
        }
    }
    if (result != RT_EOK)
    {
        rt_kprintf("virtio: %s: not registered, error %d\n", net->device.name, (int)result);
        return result;
    }
    begin(net);
    rt_virtio_enable_interrupt(&net->device);
    /* The link, an announcement that is asked for, frames that have come. */
    rt_virtio_net_tell_link(net);
    rt_virtio_post(&net->device, RT_VIRTIO_EVENT_CONFIG);
    net->device.state = "ok";
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_NET && RT_USING_LWIP */

#if defined(RT_USING_VIRTIO_NET) && !defined(RT_USING_LWIP)

#include <virtio.h>
#include <virtio_net.h>

/* Board packages select RT_USING_VIRTIO_NET without a look at lwIP. */
rt_err_t rt_virtio_net_init(rt_ubase_t *mmio_base, rt_uint32_t irq)
{
    rt_kprintf("virtio window 0x%lx: a network device needs lwIP to be driven; menuconfig: switch RT_USING_LWIP on\n",
               (unsigned long)mmio_base);
    return rt_virtio_unclaimed_init(mmio_base, irq);
}

#endif /* RT_USING_VIRTIO_NET && !RT_USING_LWIP */
