/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device in RT-Thread: who computes and checks the checksums of TCP and UDP.
 *
 * With CSUM, those of TCP segments that are sent are left to the device (5.1.6.2). UDP's are lwIP's: a datagram may
 * have to be cut into fragments, and no device adds up over several frames.
 *
 * With GUEST_CSUM, frames come in whose checksum the device has verified, or that have none yet because they never left
 * the host (5.1.6.4). lwIP can only be told not to check anything, so the others are checked here. A fragment's
 * checksum can only be checked when the datagram is whole again, which is done in lwIP: with the first fragment that
 * comes, lwIP is told to check everything from then on, and missing checksums are put in.
 *
 * All this takes LWIP_CHECKSUM_CTRL_PER_NETIF. Without it lwIP computes and checks everything, and what is missing in
 * received frames is put in.
 */
#include <rtthread.h>

#if defined(RT_USING_VIRTIO_NET) && defined(RT_USING_LWIP)

#include "rt_virtio_net.h"

#include <string.h>

#include <lwip/inet_chksum.h>
#include <lwip/ip6.h>

#if !CHECKSUM_GEN_IP || !CHECKSUM_GEN_TCP || !CHECKSUM_GEN_UDP || !CHECKSUM_GEN_ICMP
#error "VirtIO NET: RT_LWIP_USING_HW_CHECKSUM leaves work to the driver that no VirtIO device does; switch it off"
#endif

#define ETHERTYPE_IPV4  0x0800u
#define ETHERTYPE_VLAN  0x8100u
#define ETHERTYPE_IPV6  0x86ddu

#define PROTOCOL_TCP    6u
#define PROTOCOL_UDP    17u

#define CHECKSUM_IN_TCP 16u
#define CHECKSUM_IN_UDP 6u

/* Where in a frame there is a checksum, and over what. */
struct segment
{
    enum
    {
        SEGMENT_NONE, /* neither TCP nor UDP */
        SEGMENT_WHOLE,
        SEGMENT_PART, /* may be: a fragment, or behind headers that are not looked through */
    } kind;
    rt_uint8_t protocol;
    rt_uint16_t start;  /* of TCP's or UDP's header in the frame */
    rt_uint16_t length; /* from there, without what Ethernet padded */
    ip_addr_t from;
    ip_addr_t to;
};

/*
 * Move the beginning of a frame: behind headers, and back. By hand: in a pbuf around memory that is not lwIP's,
 * pbuf_header() does not find the way back.
 */
static void move(struct pbuf *p, int by)
{
    p->payload = (rt_uint8_t *)p->payload + by;
    p->len = (u16_t)(p->len - by);
    p->tot_len = (u16_t)(p->tot_len - by);
}

#if LWIP_CHECKSUM_CTRL_PER_NETIF

static rt_uint16_t get16(const rt_uint8_t *at)
{
    return (rt_uint16_t)(at[0] << 8 | at[1]);
}

static void look_at_ipv4(const struct pbuf *p, const rt_uint8_t *ip, struct segment *segment)
{
    rt_uint16_t header = (rt_uint16_t)((ip[0] & 15) * 4);
    rt_uint16_t total = get16(ip + 2);
    ip4_addr_t address;

    segment->protocol = ip[9];
    if (header < 20 || VIRTIO_NET_FRAME_HEADER + header > p->len || total < header ||
        total > p->tot_len - VIRTIO_NET_FRAME_HEADER)
    {
        return; /* lwIP refuses it */
    }
    segment->kind = (get16(ip + 6) & 0x3fff) != 0 ? SEGMENT_PART : SEGMENT_WHOLE;
    segment->start = (rt_uint16_t)(VIRTIO_NET_FRAME_HEADER + header);
    segment->length = (rt_uint16_t)(total - header);
    memcpy(&address, ip + 12, 4);
    ip_addr_copy_from_ip4(segment->from, address);
    memcpy(&address, ip + 16, 4);
    ip_addr_copy_from_ip4(segment->to, address);
}

#if LWIP_IPV6

/* Behind options, which hosts put into their multicast reports, there may be a segment, or a fragment of one. */
static void look_at_ipv6(const struct pbuf *p, const rt_uint8_t *ip, struct segment *segment)
{
    rt_uint32_t end = VIRTIO_NET_FRAME_HEADER + 40u + get16(ip + 4);
    rt_uint32_t at = VIRTIO_NET_FRAME_HEADER + 40u;
    const rt_uint8_t *data = p->payload;
    rt_uint8_t next = ip[6];
    ip6_addr_t address;

    if (end > p->tot_len)
    {
        return; /* lwIP refuses it */
    }
    segment->kind = SEGMENT_WHOLE;
    while (next == IP6_NEXTH_HOPBYHOP || next == IP6_NEXTH_DESTOPTS || next == IP6_NEXTH_ROUTING ||
           next == IP6_NEXTH_FRAGMENT)
    {
        if (at + 8 > p->len || at + 8 > end)
        {
            segment->kind = SEGMENT_PART;
            segment->protocol = PROTOCOL_TCP;
            return;
        }
        if (next == IP6_NEXTH_ROUTING || next == IP6_NEXTH_FRAGMENT)
        {
            segment->kind = SEGMENT_PART;
        }
        next = data[at];
        at += segment->kind == SEGMENT_PART ? 8u : 8u * (data[at + 1] + 1u);
    }
    segment->protocol = next;
    if (at > end || at > p->len)
    {
        segment->kind = SEGMENT_NONE; /* refused, too */
        return;
    }
    segment->start = (rt_uint16_t)at;
    segment->length = (rt_uint16_t)(end - at);
    memset(&address, 0, sizeof(address));
    memcpy(address.addr, ip + 8, 16);
    ip_addr_copy_from_ip6(segment->from, address);
    memcpy(address.addr, ip + 24, 16);
    ip_addr_copy_from_ip6(segment->to, address);
}

#endif

/* What is in the first pbuf counts: headers that are scattered are lwIP's business. */
static void look(const struct pbuf *p, struct segment *segment)
{
    const rt_uint8_t *data = p->payload;

    memset(segment, 0, sizeof(*segment));
    if (p->len >= VIRTIO_NET_FRAME_HEADER && get16(data + 12) == ETHERTYPE_VLAN)
    {
        segment->kind = SEGMENT_PART;
        segment->protocol = PROTOCOL_TCP;
    }
    else if (p->len >= VIRTIO_NET_FRAME_HEADER + 20 && get16(data + 12) == ETHERTYPE_IPV4)
    {
        look_at_ipv4(p, data + VIRTIO_NET_FRAME_HEADER, segment);
    }
#if LWIP_IPV6
    else if (p->len >= VIRTIO_NET_FRAME_HEADER + 40 && get16(data + 12) == ETHERTYPE_IPV6)
    {
        look_at_ipv6(p, data + VIRTIO_NET_FRAME_HEADER, segment);
    }
#endif
    if (segment->protocol != PROTOCOL_TCP && segment->protocol != PROTOCOL_UDP)
    {
        segment->kind = SEGMENT_NONE;
    }
}

/* --- Sending --- */

/* The sum of the pseudo header, not inverted: what stands in the field that the device completes (5.1.6.2). */
static rt_uint16_t pseudo_sum(const struct segment *segment)
{
    rt_uint8_t pseudo[40];
    unsigned int size = 8;

    memset(pseudo, 0, sizeof(pseudo));
#if LWIP_IPV6
    if (IP_IS_V6_VAL(segment->from))
    {
        memcpy(pseudo, ip_2_ip6(&segment->from)->addr, 16);
        memcpy(pseudo + 16, ip_2_ip6(&segment->to)->addr, 16);
        size = 32;
    }
    else
#endif
    {
        memcpy(pseudo, ip_2_ip4(&segment->from), 4);
        memcpy(pseudo + 4, ip_2_ip4(&segment->to), 4);
    }
    /* The length in two bytes and the protocol in one add up the same wherever they stand, if at even places. */
    pseudo[size] = (rt_uint8_t)(segment->length >> 8);
    pseudo[size + 1] = (rt_uint8_t)segment->length;
    pseudo[size + 3] = segment->protocol;
    return (rt_uint16_t)~inet_chksum(pseudo, (u16_t)(size + 4));
}

void rt_virtio_net_leave_checksum(struct rt_virtio_net *net, struct pbuf *p, struct virtio_net_frame *frame)
{
    struct segment segment;
    rt_uint16_t sum;

    if (!net->offload)
    {
        return;
    }
    look(p, &segment);
    if (segment.kind != SEGMENT_WHOLE || segment.protocol != PROTOCOL_TCP || p->len < segment.start + 20u)
    {
        return;
    }
    sum = pseudo_sum(&segment);
    memcpy((rt_uint8_t *)p->payload + segment.start + CHECKSUM_IN_TCP, &sum, sizeof(sum));
    frame->checksum = VIRTIO_NET_CHECKSUM_PARTIAL;
    frame->checksum_start = segment.start;
    frame->checksum_offset = CHECKSUM_IN_TCP;
}

/* --- Receiving --- */

/* True if the checksum is right. The pbuf is cut to what the IP header says, as lwIP would do. */
static rt_bool_t is_right(struct pbuf *p, const struct segment *segment)
{
    rt_uint16_t sum;

    if (segment->protocol == PROTOCOL_UDP)
    {
        if (segment->length < 8 || p->len < segment->start + 8u)
        {
            return RT_FALSE;
        }
        memcpy(&sum, (rt_uint8_t *)p->payload + segment->start + CHECKSUM_IN_UDP, sizeof(sum));
        if (sum == 0)
        {
            return RT_TRUE; /* the sender has computed none */
        }
    }
    pbuf_realloc(p, (u16_t)(segment->start + segment->length));
    move(p, segment->start);
    sum = ip_chksum_pseudo(p, segment->protocol, segment->length, &segment->from, &segment->to);
    move(p, -(int)segment->start);
    return sum == 0;
}

static void let_lwip_check(struct rt_virtio_net *net)
{
    struct netif *netif = net->parent.netif;

    netif->chksum_flags |= NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
    net->checks = RT_FALSE;
}

#else

void rt_virtio_net_leave_checksum(struct rt_virtio_net *net, struct pbuf *p, struct virtio_net_frame *frame)
{
    (void)net;
    (void)p;
    (void)frame; /* lwIP has computed it */
}

#endif /* LWIP_CHECKSUM_CTRL_PER_NETIF */

void rt_virtio_net_divide_checksums(struct rt_virtio_net *net, struct netif *netif)
{
#if LWIP_CHECKSUM_CTRL_PER_NETIF
    u16_t flags = NETIF_CHECKSUM_ENABLE_ALL;

    net->offload = virtio_device_has(&net->device.core, VIRTIO_NET_F_CSUM);
    /* What is forwarded needs its checksums. */
    net->checks = virtio_device_has(&net->device.core, VIRTIO_NET_F_GUEST_CSUM) && !IP_FORWARD && !LWIP_IPV6_FORWARD;
    if (net->offload)
    {
        flags &= (u16_t)~NETIF_CHECKSUM_GEN_TCP;
    }
    if (net->checks)
    {
        flags &= (u16_t) ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
    }
    NETIF_SET_CHECKSUM_CTRL(netif, flags);
#else
    (void)net;
    (void)netif;
#endif
}

/*
 * Put in the checksum that the sender left to us. Where it goes was checked by the engine; within the first pbuf, as
 * the headers that it is about always are, or else it is left for lwIP to refuse.
 */
static void complete(struct pbuf *p, rt_uint16_t start, rt_uint16_t offset)
{
    rt_uint16_t sum;

    if (start >= p->len)
    {
        return;
    }
    move(p, start);
    sum = inet_chksum_pbuf(p);
    pbuf_take_at(p, &sum, sizeof(sum), offset);
    move(p, -(int)start);
}

rt_bool_t rt_virtio_net_check(struct rt_virtio_net_pair *pair, struct pbuf *p, const struct virtio_net_packet *packet)
{
#if LWIP_CHECKSUM_CTRL_PER_NETIF
    struct rt_virtio_net *net = pair->net;
    struct segment segment;

    if (net->checks)
    {
        look(p, &segment);
        if (segment.kind != SEGMENT_PART)
        {
            if (packet->checksum == VIRTIO_NET_CHECKSUM_NONE && segment.kind == SEGMENT_WHOLE)
            {
                return is_right(p, &segment);
            }
            pair->counts.rx_trusted += segment.kind == SEGMENT_WHOLE;
            return RT_TRUE;
        }
        let_lwip_check(net);
    }
#endif
    if (packet->checksum == VIRTIO_NET_CHECKSUM_PARTIAL)
    {
        complete(p, packet->checksum_start, packet->checksum_offset);
    }
    (void)pair;
    return RT_TRUE;
}

#endif /* RT_USING_VIRTIO_NET && RT_USING_LWIP */
