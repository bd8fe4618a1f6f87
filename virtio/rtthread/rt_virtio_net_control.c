/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device in RT-Thread: what the device is told (which frames to let through, how to notify), and what it tells
 * (link, announcement).
 *
 * Nobody waits for the answers of the control queue. A timer looks whether they come; a device that gives none in a
 * second gets no more commands until it is reset, and works on with what it was told before.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)

#include "rt_virtio_net.h"

#include <string.h>

#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/mld6.h>

#include <virtio_net.h>

#define ANSWER_MS 1000

/* --- Commands and answers --- */

/* From the engine, under control_lock. */
void rt_virtio_net_refused(void *context, const char *what)
{
    ((struct rt_virtio_net *)context)->refused = what;
}

rt_bool_t rt_virtio_net_control_interrupt(struct rt_virtio_net *net)
{
    rt_base_t level = rt_virtio_lock(&net->control_lock);
    rt_uint16_t before = net->engine.control.ring.used_idx;
    int result = virtio_net_poll_control(&net->engine);
    rt_bool_t answer = net->engine.control.ring.used_idx != before;
    rt_bool_t refused = net->refused != RT_NULL;

    if (answer)
    {
        net->engine.control.ring.stats.interrupts++;
        net->engine.control.ring.stats.batches++;
    }
    rt_virtio_unlock(&net->control_lock, level);
    if (result == 1)
    {
        virtio_net_notify_control(&net->engine);
    }
    if (result < 0)
    {
        rt_virtio_post(&net->device, RT_VIRTIO_EVENT_BROKEN);
    }
    if (refused)
    {
        rt_virtio_post(&net->device, RT_VIRTIO_EVENT_CONFIG);
    }
    return answer || result < 0;
}

void rt_virtio_net_timeout(void *argument)
{
    struct rt_virtio_net *net = argument;
    rt_uint16_t i;

    net->timer_runs = RT_FALSE;
    for (i = 0; i < net->engine.pair_count; i++)
    {
        rt_virtio_net_nudge_rx(&net->pairs[i]);
        rt_virtio_net_doubt_tx(&net->pairs[i]);
    }
    if (net->attention)
    {
        net->attention = RT_FALSE;
        rt_virtio_post(&net->device, RT_VIRTIO_EVENT_CONFIG);
    }
    rt_virtio_net_wake(net);
}

/* Two at once start it twice, which only makes it later. */
void rt_virtio_net_look_later(struct rt_virtio_net *net)
{
    if (!net->timer_runs)
    {
        net->timer_runs = RT_TRUE;
        rt_timer_start(&net->timer);
    }
}

void rt_virtio_net_look_again(struct rt_virtio_net *net)
{
    net->attention = RT_TRUE;
    rt_virtio_net_look_later(net);
}

void rt_virtio_net_say(struct rt_virtio_net *net)
{
    rt_base_t level = rt_virtio_lock(&net->control_lock);
    rt_bool_t busy = net->engine.control.busy;
    int notify = virtio_net_sync(&net->engine);

    if (!busy)
    {
        net->asked = rt_tick_get();
    }
    busy = virtio_net_control_busy(&net->engine);
    rt_virtio_unlock(&net->control_lock, level);
    if (notify == 1)
    {
        virtio_net_notify_control(&net->engine);
    }
    if (busy)
    {
        rt_virtio_net_look_again(net);
    }
}

/* Service thread: tell what the device refused, and see whether it answers at all. */
static void look_after_control(struct rt_virtio_net *net)
{
    const char *refused;
    rt_bool_t late = RT_FALSE;
    rt_bool_t busy;
    rt_base_t level;

    level = rt_virtio_lock(&net->control_lock);
    refused = net->refused;
    net->refused = RT_NULL;
    busy = virtio_net_control_busy(&net->engine);
    if (busy && net->answers == net->engine.control.ring.stats.batches &&
        rt_tick_get() - net->asked >= rt_tick_from_millisecond(ANSWER_MS))
    {
        late = RT_TRUE;
        virtio_net_abandon_control(&net->engine);
    }
    else if (net->answers != net->engine.control.ring.stats.batches)
    {
        net->answers = net->engine.control.ring.stats.batches;
        net->asked = rt_tick_get();
    }
    rt_virtio_unlock(&net->control_lock, level);

    if (refused != RT_NULL)
    {
        rt_kprintf("virtio: %s: the device refused %s\n", net->device.name, refused);
    }
    if (late)
    {
        rt_kprintf("virtio: %s: no answer on the control queue; its receive filters stay as they are until `virtio "
                   "reset %s`\n",
                   net->device.name, net->device.name);
    }
    else if (busy)
    {
        rt_virtio_net_look_again(net);
    }
}

/* --- Filters --- */

/* Tell the device what is let through: by groups, or everything. With lwIP's core locked, or in the service thread. */
static void apply_filter(struct rt_virtio_net *net)
{
    rt_uint8_t list[VIRTIO_NET_FILTER_MAX][VIRTIO_NET_MAC_BYTES];
    rt_uint8_t mode = net->user_mode;
    unsigned int count = 0;
    rt_base_t level;
    unsigned int i;

    for (i = 0; i < VIRTIO_NET_FILTER_MAX; i++)
    {
        if (net->groups[i].members != 0)
        {
            memcpy(list[count++], net->groups[i].mac, VIRTIO_NET_MAC_BYTES);
        }
    }
    if (net->too_many_groups)
    {
        mode |= VIRTIO_NET_MODE_ALL_MULTI;
    }
    level = rt_virtio_lock(&net->control_lock);
    /* A device that has no filters lets everything through, which does no harm. */
    (void)virtio_net_set_filter(&net->engine, RT_NULL, 0, list[0], count);
    (void)virtio_net_set_receive_mode(&net->engine, mode);
    rt_virtio_unlock(&net->control_lock, level);
    rt_virtio_net_say(net);
}

/* Add a group's address, or take one away. With lwIP's core locked. */
static void change_group(struct rt_virtio_net *net, const rt_uint8_t mac[VIRTIO_NET_MAC_BYTES], rt_bool_t add)
{
    struct rt_virtio_net_group *group = RT_NULL;
    unsigned int i;

    for (i = 0; i < VIRTIO_NET_FILTER_MAX; i++)
    {
        if (net->groups[i].members != 0 && memcmp(net->groups[i].mac, mac, VIRTIO_NET_MAC_BYTES) == 0)
        {
            net->groups[i].members = (rt_uint16_t)(net->groups[i].members + (add ? 1 : -1));
            if (net->groups[i].members == 0)
            {
                apply_filter(net);
            }
            return;
        }
        if (group == RT_NULL && net->groups[i].members == 0)
        {
            group = &net->groups[i];
        }
    }
    if (!add)
    {
        return; /* one of those that there was no room for */
    }
    if (group == RT_NULL)
    {
        net->too_many_groups = RT_TRUE;
    }
    else
    {
        memcpy(group->mac, mac, VIRTIO_NET_MAC_BYTES);
        group->members = 1;
    }
    apply_filter(net);
}

#if LWIP_IGMP

static err_t igmp_filter(struct netif *netif, const ip4_addr_t *group, enum netif_mac_filter_action action)
{
    const rt_uint8_t *ip = (const rt_uint8_t *)group;
    rt_uint8_t mac[VIRTIO_NET_MAC_BYTES] = {0x01, 0x00, 0x5e};

    mac[3] = ip[1] & 0x7f;
    mac[4] = ip[2];
    mac[5] = ip[3];
    change_group((struct rt_virtio_net *)netif->state, mac, action == NETIF_ADD_MAC_FILTER);
    return ERR_OK;
}

#endif

#if LWIP_IPV6 && LWIP_IPV6_MLD

static err_t mld_filter(struct netif *netif, const ip6_addr_t *group, enum netif_mac_filter_action action)
{
    rt_uint8_t mac[VIRTIO_NET_MAC_BYTES] = {0x33, 0x33};

    memcpy(mac + 2, (const rt_uint8_t *)group->addr + 12, 4);
    change_group((struct rt_virtio_net *)netif->state, mac, action == NETIF_ADD_MAC_FILTER);
    return ERR_OK;
}

#endif

void rt_virtio_net_follow_groups(struct rt_virtio_net *net, struct netif *netif)
{
#if LWIP_IGMP
    netif->igmp_mac_filter = igmp_filter;
#endif
#if LWIP_IPV6 && LWIP_IPV6_MLD
    /* Every node is a member of this one, without joining it (RFC 4861, 7.2.1). */
    static const rt_uint8_t all_nodes[VIRTIO_NET_MAC_BYTES] = {0x33, 0x33, 0, 0, 0, 1};

    netif->mld_mac_filter = mld_filter;
    change_group(net, all_nodes, RT_TRUE);
#elif LWIP_IPV6
    net->too_many_groups = RT_TRUE; /* lwIP does not say which */
#endif
    (void)netif;
    apply_filter(net);
}

/* --- Announcement, link --- */

/* Make this interface known to the network again. lwIP's thread. */
static void make_known(struct netif *netif)
{
#if LWIP_ARP
    if (netif_is_up(netif) && netif_is_link_up(netif) && !ip4_addr_isany(netif_ip4_addr(netif)))
    {
        etharp_gratuitous(netif);
    }
#endif
#if LWIP_IGMP
    igmp_report_groups(netif);
#endif
#if LWIP_IPV6 && LWIP_IPV6_MLD
    mld6_report_groups(netif);
#endif
}

/* lwIP's thread: the device wants it, as after a migration (5.1.6.5.4). */
static void announce(void *argument)
{
    struct rt_virtio_net *net = argument;
    rt_base_t level;

    make_known(net->parent.netif);
    level = rt_virtio_lock(&net->control_lock);
    (void)virtio_net_announced(&net->engine);
    rt_virtio_unlock(&net->control_lock, level);
    rt_virtio_net_say(net);
}

/* Service thread. */
static void start_announcement(struct rt_virtio_net *net)
{
    rt_tick_t now = rt_tick_get();

    if (!net->engine.config.announce)
    {
        net->announcing = RT_FALSE;
        return;
    }
    /* A device that does not take its wish back is not worth more than one announcement in this time (DP-NET-08). */
    if (net->announcing && now - net->announced < rt_tick_from_millisecond(ANSWER_MS))
    {
        return;
    }
    net->announcing = tcpip_callback_with_block(announce, net, 0) == ERR_OK;
    net->announced = now;
    if (!net->announcing)
    {
        rt_virtio_net_look_again(net);
    }
}

void rt_virtio_net_tell_link(struct rt_virtio_net *net)
{
    net->link_told = net->engine.config.link_up ? RT_TRUE : RT_FALSE;
    if (eth_device_linkchange(&net->parent, net->link_told) != RT_EOK)
    {
        rt_virtio_net_look_again(net); /* no room in the mailbox; the next message brings it */
    }
}

void rt_virtio_net_config_changed(struct rt_virtio_device *device)
{
    struct rt_virtio_net *net = rt_virtio_net_of(device);

    if (!net->attached)
    {
        return; /* looked at again when it is */
    }
    (void)virtio_net_refresh(&net->engine);
    if (net->engine.config.link_up != (net->link_told != RT_FALSE))
    {
        rt_virtio_net_tell_link(net); /* it may have changed while the device was reset, too */
    }
    start_announcement(net);
    look_after_control(net);
    /* Also what an interrupt could not hand over. */
    rt_virtio_net_wake(net);
}

/* --- Commands of the user --- */

static rt_err_t set_offloads(struct rt_virtio_net *net, rt_uint32_t wanted)
{
    static const unsigned int merging[] = {VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6};
    rt_uint64_t offloads = 0;
    unsigned int i;

    if ((wanted & ~(RT_VIRTIO_NET_RX_CHECKSUM | RT_VIRTIO_NET_RX_MERGE)) != 0 || wanted == RT_VIRTIO_NET_RX_MERGE)
    {
        return -RT_EINVAL;
    }
    if ((wanted & RT_VIRTIO_NET_RX_CHECKSUM) != 0)
    {
        offloads |= (rt_uint64_t)1 << VIRTIO_NET_F_GUEST_CSUM;
    }
    for (i = 0; i < 2 && (wanted & RT_VIRTIO_NET_RX_MERGE) != 0; i++)
    {
        if (virtio_device_has(&net->device.core, merging[i]))
        {
            offloads |= (rt_uint64_t)1 << merging[i];
        }
    }
    return rt_virtio_error(virtio_net_set_offloads(&net->engine, offloads));
}

/* Under control_lock. */
static rt_err_t set(struct rt_virtio_net *net, int command, void *args)
{
    const struct rt_virtio_net_coalescing *coalescing = args;

    switch (command)
    {
    case RT_VIRTIO_NET_CTRL_ADD_VLAN:
    case RT_VIRTIO_NET_CTRL_REMOVE_VLAN:
        return rt_virtio_error(
            virtio_net_set_vlan(&net->engine, *(rt_uint16_t *)args, command == RT_VIRTIO_NET_CTRL_ADD_VLAN));
    case RT_VIRTIO_NET_CTRL_SET_MAC:
        return rt_virtio_error(virtio_net_set_mac(&net->engine, args));
    case RT_VIRTIO_NET_CTRL_SET_OFFLOADS:
        return set_offloads(net, *(rt_uint32_t *)args);
    case RT_VIRTIO_NET_CTRL_SET_COALESCING:
        return rt_virtio_error(virtio_net_set_coalescing(&net->engine, coalescing->transmit,
                                                         coalescing->max_microseconds, coalescing->max_frames));
    default:
        return -RT_EINVAL;
    }
}

/* lwIP's thread. */
static void mac_changed(void *argument)
{
    struct rt_virtio_net *net = argument;

    memcpy(net->parent.netif->hwaddr, net->mac, sizeof(net->mac));
    make_known(net->parent.netif);
}

/* lwIP's thread. */
static void mode_changed(void *argument)
{
    apply_filter(argument);
}

static rt_err_t set_mode(struct rt_virtio_net *net, rt_uint32_t mode)
{
    if ((mode & ~(RT_VIRTIO_NET_PROMISCUOUS | RT_VIRTIO_NET_ALL_MULTICAST)) != 0)
    {
        return -RT_EINVAL;
    }
    if (!virtio_device_has(&net->device.core, VIRTIO_NET_F_CTRL_RX))
    {
        return -RT_ENOSYS;
    }
    net->user_mode = (rt_uint8_t)mode; /* the bits are the engine's */
    return tcpip_callback(mode_changed, net) == ERR_OK ? RT_EOK : -RT_ENOMEM;
}

rt_err_t rt_virtio_net_set(struct rt_virtio_net *net, int command, void *args)
{
    rt_err_t result;
    rt_base_t level;

    if (args == RT_NULL)
    {
        return -RT_EINVAL;
    }
    if (command == RT_VIRTIO_NET_CTRL_SET_MODE)
    {
        return set_mode(net, *(rt_uint32_t *)args);
    }
    if (command == RT_VIRTIO_NET_CTRL_SET_MAC && (*(rt_uint8_t *)args & 1) != 0)
    {
        return -RT_EINVAL;
    }
    level = rt_virtio_lock(&net->control_lock);
    result = set(net, command, args);
    rt_virtio_unlock(&net->control_lock, level);
    if (result != RT_EOK)
    {
        return result;
    }
    rt_virtio_net_say(net);
    if (command == RT_VIRTIO_NET_CTRL_SET_MAC)
    {
        memcpy(net->mac, args, sizeof(net->mac));
        return tcpip_callback(mac_changed, net) == ERR_OK ? RT_EOK : -RT_ENOMEM;
    }
    return RT_EOK;
}

#endif /* RT_USING_VIRTIO_NET && RT_USING_LWIP */
