/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device (5.1): receiving.
 *
 * A frame is handed on when all its buffers have come. Header fields are read once, into memory of our own, and checked
 * against what was negotiated and against each other; the frame's contents are anybody's.
 */
#include <string.h>

#include <virtio/byteorder.h>
#include <virtio/net.h>
#include <virtio/platform.h>

#include "virtio_net_internal.h"

/* 5.1.6.3.1: without MRG_RXBUF and offloads, and without MTU. */
#define ETHERNET_MTU 1500u

/* With MRG_RXBUF a buffer may be smaller than a frame; this size wastes little on either end. */
#define MERGEABLE_BYTES 2048u

/* A frame that the device has merged is one IP packet. 4 more than Ethernet's header, for a VLAN tag. */
#define MERGED_MAX (65535u + VIRTIO_NET_FRAME_HEADER + 4u)

/* Buffers that it takes, and those that are to be there for other frames before it has been handled. */
#define MERGED_BUFFERS ((MERGED_MAX + sizeof(struct virtio_net_header) + MERGEABLE_BYTES - 1) / MERGEABLE_BYTES)
#define SPARE_BUFFERS  8u

static bool mergeable(const struct virtio_net *net)
{
    return virtio_device_has(net->dev, VIRTIO_NET_F_MRG_RXBUF);
}

bool virtio_net_merges(const struct virtio_net *net)
{
    return virtio_device_has(net->dev, VIRTIO_NET_F_GUEST_TSO4) || virtio_device_has(net->dev, VIRTIO_NET_F_GUEST_TSO6);
}

bool virtio_net_holds_merged(uint16_t ring_size, bool own_descriptor)
{
    return ring_size / (own_descriptor ? 2u : 1u) >= MERGED_BUFFERS + SPARE_BUFFERS;
}

/* The largest packet that may be in a frame as it was on the wire. */
static uint32_t mtu(const struct virtio_net *net)
{
    return net->config.mtu > ETHERNET_MTU ? net->config.mtu : ETHERNET_MTU;
}

/* Bytes of the largest such frame, with a VLAN tag. */
static uint32_t frame_max(const struct virtio_net *net)
{
    return mtu(net) + VIRTIO_NET_FRAME_HEADER + 4u;
}

uint32_t virtio_net_buffer_size(const struct virtio_net *net)
{
    uint32_t whole = (virtio_net_merges(net) ? MERGED_MAX : frame_max(net)) + net->header_size;

    return mergeable(net) && whole > MERGEABLE_BYTES ? MERGEABLE_BYTES : whole;
}

/*
 * The posted memory, in the framing that the negotiated features ask for (5.1.6.6): header and data apart, or in one. A
 * buffer that continues a frame has no header, and is filled all the same.
 */
static int add(struct virtio_net *net, struct virtio_net_rx *rx, struct virtio_net_buffer *buffer)
{
    struct virtio_sg sg[2];

    sg[0].address = buffer->address;
    sg[0].length = buffer->size;
    if (!VIRTIO_HAVE_LEGACY || !net->own_descriptor)
    {
        return virtio_queue_add(&rx->ring, sg, 0, 1, buffer);
    }
    sg[0].length = net->header_size;
    sg[1].address = buffer->address + net->header_size;
    sg[1].length = buffer->size - net->header_size;
    return virtio_queue_add(&rx->ring, sg, 0, 2, buffer);
}

int virtio_net_post(struct virtio_net *net, uint16_t pair, struct virtio_net_buffer *buffer)
{
    struct virtio_net_rx *rx = &net->rx[pair];
    size_t lent;
    int error;

    if (buffer->size < virtio_net_buffer_size(net))
    {
        return -VIRTIO_EINVAL;
    }
    if (rx->stopped)
    {
        return -VIRTIO_EAGAIN;
    }
    lent = virtio_platform_share(buffer->memory, buffer->size, VIRTIO_DMA_FROM_DEVICE, &buffer->address);
    if (lent != buffer->size)
    {
        error = -VIRTIO_EFAULT;
    }
    else
    {
        error = add(net, rx, buffer);
    }
    if (error != 0 && lent != 0)
    {
        virtio_platform_unshare(buffer->memory, lent, VIRTIO_DMA_FROM_DEVICE, buffer->address);
    }
    return error;
}

int virtio_net_publish_rx(struct virtio_net *net, uint16_t pair)
{
    struct virtio_net_rx *rx = &net->rx[pair];

    return !rx->stopped && virtio_queue_publish(&rx->ring) ? 1 : 0;
}

void virtio_net_notify_rx(struct virtio_net *net, uint16_t pair)
{
    /* Between a stop and the resume, which says anew what is due, the device may not be ready for it. */
    if (!*(const volatile bool *)&net->rx[pair].stopped)
    {
        virtio_queue_notify(&net->rx[pair].ring);
    }
}

/* The header, once, in the CPU's order. */
static void read_header(const struct virtio_net *net, const uint8_t *from, struct virtio_net_header *header)
{
    bool legacy = net->dev->legacy;

    header->num_buffers = 0;
    memcpy(header, from, net->header_size);
    header->hdr_len = virtio_swap16(legacy, header->hdr_len);
    header->gso_size = virtio_swap16(legacy, header->gso_size);
    header->csum_start = virtio_swap16(legacy, header->csum_start);
    header->csum_offset = virtio_swap16(legacy, header->csum_offset);
    header->num_buffers = virtio_swap16(legacy, header->num_buffers);
}

/* What the header says of checksums, or false if it says what was not negotiated (5.1.6.4). */
static bool read_checksum(const struct virtio_net *net, const struct virtio_net_header *header,
                          struct virtio_net_packet *packet)
{
    bool negotiated = virtio_device_has(net->dev, VIRTIO_NET_F_GUEST_CSUM);

    packet->checksum = VIRTIO_NET_CHECKSUM_NONE;
    if ((header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
    {
        packet->checksum = VIRTIO_NET_CHECKSUM_PARTIAL;
        packet->checksum_start = header->csum_start;
        packet->checksum_offset = header->csum_offset;
        return negotiated;
    }
    if ((header->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0 && negotiated)
    {
        packet->checksum = VIRTIO_NET_CHECKSUM_VALID;
    }
    return true;
}

/*
 * What it says of merging, or false if it says what was not negotiated, or leaves out what belongs to it: a checksum to
 * be completed, and the size of segments (5.1.6.4), which no MTU forbids. What was switched off with
 * virtio_net_set_offloads() is still let through, see there.
 */
static bool read_merging(const struct virtio_net *net, const struct virtio_net_header *header, struct virtio_net_rx *rx)
{
    bool negotiated;

    rx->gso_size = 0;
    rx->headers = 0;
    switch (header->gso_type)
    {
    case VIRTIO_NET_HDR_GSO_NONE:
        return true; /* the other fields mean nothing then */
    case VIRTIO_NET_HDR_GSO_TCPV4:
        negotiated = virtio_device_has(net->dev, VIRTIO_NET_F_GUEST_TSO4);
        break;
    case VIRTIO_NET_HDR_GSO_TCPV6:
        negotiated = virtio_device_has(net->dev, VIRTIO_NET_F_GUEST_TSO6);
        break;
    default: /* and with the mark of ECN */
        negotiated = false;
        break;
    }
    rx->gso_size = header->gso_size;
    rx->headers = header->hdr_len;
    return negotiated && rx->packet.checksum == VIRTIO_NET_CHECKSUM_PARTIAL && header->gso_size != 0 &&
           header->gso_size <= mtu(net);
}

static void first_buffer(struct virtio_net *net, struct virtio_net_rx *rx, struct virtio_net_buffer *buffer,
                         uint32_t written)
{
    struct virtio_net_header header;

    rx->packet.length = 0;
    rx->first = NULL;
    rx->last = &rx->first;
    rx->missing = 1;
    rx->drop = true;
    buffer->data = buffer->memory;
    buffer->length = 0;
    if (written < net->header_size)
    {
        return;
    }
    read_header(net, buffer->memory, &header);
    rx->drop = !read_checksum(net, &header, &rx->packet) || !read_merging(net, &header, rx);
    if (mergeable(net))
    {
        /* More than are posted, this one included, cannot come: waiting for them would swallow frames for ever. */
        if (header.num_buffers == 0 || header.num_buffers > rx->ring.in_flight + 1u)
        {
            rx->drop = true;
        }
        else
        {
            rx->missing = header.num_buffers;
        }
    }
    buffer->data = buffer->memory + net->header_size;
    buffer->length = written - net->header_size;
}

/* All of a frame is there: do its length and its header agree? */
static bool is_whole(const struct virtio_net *net, struct virtio_net_rx *rx)
{
    struct virtio_net_packet *packet = &rx->packet;
    uint32_t most = frame_max(net);

    packet->segment_size = 0;
    if (rx->gso_size != 0 && (uint32_t)packet->checksum_start + rx->gso_size < packet->length)
    {
        packet->segment_size = rx->gso_size; /* behind the place where TCP begins is more than one segment holds */
        most = MERGED_MAX;
    }
    if (packet->length < VIRTIO_NET_FRAME_HEADER || packet->length > most || rx->headers > packet->length)
    {
        return false;
    }
    return packet->checksum != VIRTIO_NET_CHECKSUM_PARTIAL ||
           (uint32_t)packet->checksum_start + packet->checksum_offset + 2 <= packet->length;
}

/* Post what is to be posted again, as far as that works; what is left is tried again next time. */
static void replay(struct virtio_net *net, uint16_t pair)
{
    struct virtio_net_rx *rx = &net->rx[pair];
    struct virtio_net_buffer *buffer;

    while ((buffer = rx->replay) != NULL && virtio_net_post(net, pair, buffer) == 0)
    {
        rx->replay = buffer->next;
    }
}

/* The buffers of a frame that nobody is shown. */
static void put_back(struct virtio_net_rx *rx)
{
    *rx->last = rx->replay;
    rx->replay = rx->first;
    rx->first = NULL;
}

/* One used buffer. True if it was the last of a frame. */
static bool take(struct virtio_net *net, uint16_t pair, struct virtio_net_buffer *buffer, uint32_t written)
{
    struct virtio_net_rx *rx = &net->rx[pair];

    virtio_platform_unshare(buffer->memory, buffer->size, VIRTIO_DMA_FROM_DEVICE, buffer->address);
    buffer->next = NULL;
    if (rx->missing == 0)
    {
        first_buffer(net, rx, buffer, written);
    }
    else
    {
        buffer->data = buffer->memory;
        buffer->length = written;
    }
    *rx->last = buffer;
    rx->last = &buffer->next;
    rx->packet.length += buffer->length;
    if (--rx->missing > 0)
    {
        return false;
    }

    if (rx->drop || !is_whole(net, rx))
    {
        rx->dropped++;
        rx->ring.stats.errors++;
        put_back(rx);
        return true;
    }
    rx->packets++;
    rx->bytes += rx->packet.length;
    rx->packet.buffers = rx->first;
    rx->first = NULL;
    net->setup.callbacks->receive(net->setup.context, pair, &rx->packet);
    return true;
}

int virtio_net_poll_rx(struct virtio_net *net, uint16_t pair, int budget)
{
    struct virtio_net_rx *rx = &net->rx[pair];
    uint32_t written;
    void *buffer;
    int count = 0;
    int error = 0;

    if (rx->stopped)
    {
        return 0;
    }
    while (count < budget && (error = virtio_queue_pop(&rx->ring, &buffer, &written)) == 0)
    {
        if (take(net, pair, buffer, written))
        {
            count++;
        }
    }
    replay(net, pair);
    if (count > 0)
    {
        rx->ring.stats.batches++;
    }
    return error == -VIRTIO_EPROTO ? error : count;
}

bool virtio_net_watch_rx(struct virtio_net *net, uint16_t pair, bool on)
{
    struct virtio_net_rx *rx = &net->rx[pair];

    if (rx->stopped)
    {
        return false;
    }
    if (!on)
    {
        virtio_queue_disable(&rx->ring);
        return false;
    }
    return virtio_queue_enable(&rx->ring);
}

void virtio_net_collect_rx(struct virtio_net *net, uint16_t pair)
{
    struct virtio_net_rx *rx = &net->rx[pair];
    struct virtio_net_buffer *buffer;

    while ((buffer = virtio_queue_detach(&rx->ring)) != NULL)
    {
        virtio_platform_unshare(buffer->memory, buffer->size, VIRTIO_DMA_FROM_DEVICE, buffer->address);
        buffer->next = rx->replay;
        rx->replay = buffer;
    }
    /* The rest of a frame that had begun will not come. */
    while ((buffer = rx->first) != NULL)
    {
        rx->first = buffer->next;
        buffer->next = rx->replay;
        rx->replay = buffer;
    }
    rx->missing = 0;
}

void virtio_net_stop_rx(struct virtio_net *net, uint16_t pair)
{
    net->rx[pair].stopped = true;
}

int virtio_net_resume_rx(struct virtio_net *net, uint16_t pair, int error, void (*reclaim)(struct virtio_net_buffer *))
{
    struct virtio_net_rx *rx = &net->rx[pair];
    struct virtio_net_buffer *buffer;

    if (error != 0)
    {
        virtio_net_collect_rx(net, pair); /* the restart may have failed before it came to that */
    }
    else
    {
        rx->stopped = false;
        replay(net, pair);
    }
    while ((buffer = rx->replay) != NULL)
    {
        rx->replay = buffer->next;
        reclaim(buffer);
    }
    return virtio_net_publish_rx(net, pair);
}
