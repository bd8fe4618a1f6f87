/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device (5.1): life of the device, and sending. Receiving is in virtio_net_rx.c, the control queue in
 * virtio_net_control.c, the config space in virtio_net_config.c.
 */
#include <string.h>

#include <virtio/byteorder.h>
#include <virtio/net.h>
#include <virtio/platform.h>

#include "virtio_net_internal.h"

/* Receive buffers are one descriptor, or two in the legacy framing; that does not take an indirect table. */
#define NO_INDIRECT 0

/* From the set-up to virtio_net_start(): the device's limit on a receive ring is too low for merged frames. */
#define RING_TOO_SMALL (-VIRTIO_EMSGSIZE)

/* --- Queues --- */

/* 5.1.2: receive queues are even, transmit queues odd, and the control queue comes behind all that the device has. */
static uint16_t rx_index(uint16_t pair)
{
    return (uint16_t)(2 * pair);
}

static uint16_t tx_index(uint16_t pair)
{
    return (uint16_t)(2 * pair + 1);
}

static void free_all_headers(struct virtio_net_tx *tx)
{
    uint16_t i;

    for (i = 0; i < tx->ring.size; i++)
    {
        tx->free_headers[i] = i;
    }
    tx->free_header_count = tx->ring.size;
}

static int open_pair(struct virtio_net *net, uint16_t pair)
{
    struct virtio_net_tx *tx = &net->tx[pair];
    uint32_t size;
    int error;

    /* Both or none: a queue that was opened cannot be closed again without a reset. */
    error = net->dev->transport->queue_size_max(net->dev, tx_index(pair), &size);
    if (error == 0 && size == 0)
    {
        error = -VIRTIO_ENODEV;
    }
    if (error != 0)
    {
        return error;
    }
    error = virtio_queue_create(&net->rx[pair].ring, net->dev, rx_index(pair), net->setup.rx_size, NO_INDIRECT);
    if (error == 0)
    {
        error = virtio_queue_create(&tx->ring, net->dev, tx_index(pair), net->setup.tx_size, VIRTIO_NET_PIECES + 1);
    }
    if (error != 0)
    {
        return error;
    }
    tx->headers =
        virtio_platform_dma_alloc(sizeof(tx->headers[0]) * tx->ring.size, sizeof(uint64_t), &tx->headers_address);
    tx->free_headers = virtio_platform_alloc(sizeof(tx->free_headers[0]) * tx->ring.size);
    if (tx->headers == NULL || tx->free_headers == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    free_all_headers(tx);
    if (virtio_net_merges(net) && !virtio_net_holds_merged(net->rx[pair].ring.size, net->own_descriptor))
    {
        return RING_TOO_SMALL;
    }
    return 0;
}

static void close_pair(struct virtio_net *net, uint16_t pair)
{
    struct virtio_net_tx *tx = &net->tx[pair];

    if (tx->headers != NULL)
    {
        virtio_platform_dma_free(tx->headers, sizeof(tx->headers[0]) * tx->ring.size);
    }
    virtio_platform_free(tx->free_headers);
    virtio_queue_destroy(&tx->ring);
    virtio_queue_destroy(&net->rx[pair].ring);
    memset(tx, 0, sizeof(*tx));
}

static int create_queues(struct virtio_net *net)
{
    uint16_t count = net->config.pairs < net->setup.pairs ? net->config.pairs : net->setup.pairs;
    uint16_t i;
    int error;

    net->rx = virtio_platform_alloc(sizeof(net->rx[0]) * count);
    net->tx = virtio_platform_alloc(sizeof(net->tx[0]) * count);
    if (net->rx == NULL || net->tx == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    for (i = 0; i < count; i++)
    {
        net->pair_count++;
        error = open_pair(net, i);
        if (error == -VIRTIO_ENODEV && i > 0)
        {
            /* The device promised more than its transport has; what there is will do. */
            close_pair(net, i);
            net->pair_count--;
            break;
        }
        if (error != 0)
        {
            return error;
        }
    }
    net->pieces_max = VIRTIO_NET_PIECES;
    if (net->tx[0].ring.chain_max <= VIRTIO_NET_PIECES)
    {
        net->pieces_max = (uint8_t)(net->tx[0].ring.chain_max - 1);
    }
    if (!virtio_device_has(net->dev, VIRTIO_NET_F_CTRL_VQ))
    {
        return 0;
    }
    error = virtio_net_control_create(net, (uint16_t)(2 * net->config.pairs));
    if (error == -VIRTIO_ENODEV)
    {
        virtio_platform_log(VIRTIO_LOG_WARNING, "%s: no usable control queue behind %u queue pairs; going on without",
                            net->dev->name, (unsigned int)net->config.pairs);
        error = 0;
    }
    return error;
}

/* Take what was in flight out of a ring that the device no longer knows, for virtio_net_resume_tx(). */
static void collect_tx(struct virtio_net_tx *tx)
{
    struct virtio_net_frame *frame;

    while ((frame = virtio_queue_detach(&tx->ring)) != NULL)
    {
        frame->next = tx->lost;
        tx->lost = frame;
    }
    free_all_headers(tx);
}

static int reopen_queues(struct virtio_net *net)
{
    uint16_t i;
    int error = 0;

    for (i = 0; i < net->pair_count && error == 0; i++)
    {
        virtio_net_collect_rx(net, i);
        error = virtio_queue_reopen(&net->rx[i].ring);
        if (error == 0)
        {
            collect_tx(&net->tx[i]);
            error = virtio_queue_reopen(&net->tx[i].ring);
        }
    }
    if (error == 0 && net->control.memory != NULL)
    {
        error = virtio_net_control_reopen(net);
    }
    return error;
}

/* --- Life of the device --- */

static int setup(void *context)
{
    struct virtio_net *net = context;

    net->pairs_in_use = 1;
    if (net->dev->started)
    {
        virtio_net_refresh(net);
        return reopen_queues(net);
    }
    virtio_net_read_config(net);
    /* 5.1.6.1: num_buffers is there on the modern interface always, on the legacy one with MRG_RXBUF only. */
    net->header_size = 12;
    if (virtio_device_legacy(net->dev) && !virtio_device_has(net->dev, VIRTIO_NET_F_MRG_RXBUF))
    {
        net->header_size = 10;
    }
    net->own_descriptor = virtio_device_legacy(net->dev) && !virtio_device_has(net->dev, VIRTIO_F_ANY_LAYOUT);
    return create_queues(net);
}

static int validate(void *context, struct virtio_features *chosen)
{
    virtio_net_validate(context, chosen);
    return 0;
}

static const struct virtio_driver driver = {
    .features = virtio_net_features,
    .validate = validate,
    .setup = setup,
};

static void free_queues(struct virtio_net *net)
{
    uint16_t i;

    for (i = 0; i < net->pair_count; i++)
    {
        close_pair(net, i);
    }
    virtio_net_control_free(net);
    virtio_platform_free(net->rx);
    virtio_platform_free(net->tx);
    net->rx = NULL;
    net->tx = NULL;
    net->pair_count = 0;
}

static int start(struct virtio_net *net)
{
    int error = virtio_device_start(net->dev, &driver, net);

    if (error != 0 && net->dev->quiet)
    {
        free_queues(net);
    }
    return error;
}

int virtio_net_start(struct virtio_net *net, struct virtio_device *dev, const struct virtio_net_setup *setup)
{
    int error;

    net->dev = dev;
    net->setup = *setup;
    if (net->setup.pairs == 0)
    {
        net->setup.pairs = 1;
    }
    error = start(net);
    if (error == RING_TOO_SMALL && dev->quiet)
    {
        /* How large a queue can be is known only once features are agreed on (3.1.1), so they are agreed on again. */
        virtio_platform_log(VIRTIO_LOG_WARNING,
                            "%s: its receive queues cannot hold merged frames; starting it again "
                            "without GUEST_TSO4 and GUEST_TSO6",
                            dev->name);
        net->setup.large_frames = false;
        error = start(net);
    }
    return error;
}

void virtio_net_destroy(struct virtio_net *net)
{
    if (virtio_device_reset(net->dev) == 0)
    {
        free_queues(net);
    }
    else
    {
        virtio_platform_log(VIRTIO_LOG_ERROR, "%s: no answer to a reset; its memory is left to it", net->dev->name);
    }
}

int virtio_net_restart(struct virtio_net *net)
{
    return virtio_device_start(net->dev, &driver, net);
}

/* --- Sending --- */

static int unshare(struct virtio_net_frame *frame, int result)
{
    const uint8_t *at = frame->pieces[0].data;
    uint8_t piece = 0;
    uint32_t done = 0;
    uint8_t i;

    for (i = 0; i < frame->segments; i++)
    {
        if (done == frame->pieces[piece].length)
        {
            at = frame->pieces[++piece].data;
            done = 0;
        }
        virtio_platform_unshare(at + done, frame->sg[i].length, VIRTIO_DMA_TO_DEVICE, frame->sg[i].address);
        done += frame->sg[i].length;
    }
    frame->segments = 0;
    return result;
}

static int share(const struct virtio_net *net, struct virtio_net_frame *frame, const struct virtio_net_piece *piece)
{
    uint32_t done = 0;
    struct virtio_sg *sg;
    size_t lent;

    while (done < piece->length)
    {
        if (frame->segments == net->pieces_max)
        {
            return -VIRTIO_EMSGSIZE;
        }
        sg = &frame->sg[frame->segments];
        lent = virtio_platform_share((const uint8_t *)piece->data + done, piece->length - done, VIRTIO_DMA_TO_DEVICE,
                                     &sg->address);
        if (lent == 0)
        {
            return -VIRTIO_EFAULT;
        }
        sg->length = (uint32_t)lent;
        frame->segments++;
        done += (uint32_t)lent;
    }
    return 0;
}

/* With a VLAN tag, which does not count in the MTU. Seen only if the header is in one piece. */
static bool is_tagged(const struct virtio_net_frame *frame)
{
    const uint8_t *data = frame->pieces[0].data;

    return frame->pieces[0].length >= VIRTIO_NET_FRAME_HEADER && data[12] == 0x81 && data[13] == 0x00;
}

/* The length of a frame, or an error. */
static int measure(const struct virtio_net *net, const struct virtio_net_frame *frame, uint32_t *total)
{
    uint32_t most = VIRTIO_NET_FRAME_MAX;
    uint8_t i;

    *total = 0;
    if (frame->piece_count == 0 || frame->piece_count > VIRTIO_NET_PIECES)
    {
        return -VIRTIO_EINVAL;
    }
    if (net->config.mtu != 0)
    {
        most = net->config.mtu + VIRTIO_NET_FRAME_HEADER + (is_tagged(frame) ? 4u : 0u);
    }
    for (i = 0; i < frame->piece_count; i++)
    {
        if (frame->pieces[i].length == 0)
        {
            return -VIRTIO_EINVAL;
        }
        if (frame->pieces[i].length > most - *total)
        {
            return -VIRTIO_EMSGSIZE;
        }
        *total += frame->pieces[i].length;
    }
    return *total >= VIRTIO_NET_FRAME_HEADER ? 0 : -VIRTIO_EINVAL;
}

int virtio_net_prepare(struct virtio_net *net, struct virtio_net_frame *frame)
{
    uint32_t total;
    uint8_t i;
    int error;

    frame->segments = 0;
    frame->result = -VIRTIO_EIO;
    error = measure(net, frame, &total);
    if (error != 0)
    {
        return error;
    }
    if (frame->checksum == VIRTIO_NET_CHECKSUM_PARTIAL &&
        (!virtio_device_has(net->dev, VIRTIO_NET_F_CSUM) ||
         (uint32_t)frame->checksum_start + frame->checksum_offset + 2 > total))
    {
        return -VIRTIO_EINVAL;
    }
    for (i = 0; i < frame->piece_count; i++)
    {
        error = share(net, frame, &frame->pieces[i]);
        if (error != 0)
        {
            return unshare(frame, error);
        }
    }
    return 0;
}

int virtio_net_finish(struct virtio_net_frame *frame)
{
    return unshare(frame, frame->result);
}

static void write_header(const struct virtio_net *net, struct virtio_net_header *header,
                         const struct virtio_net_frame *frame)
{
    bool legacy = net->dev->legacy;

    memset(header, 0, sizeof(*header));
    if (frame->checksum == VIRTIO_NET_CHECKSUM_PARTIAL)
    {
        header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        header->csum_start = virtio_swap16(legacy, frame->checksum_start);
        header->csum_offset = virtio_swap16(legacy, frame->checksum_offset);
    }
}

int virtio_net_send(struct virtio_net *net, uint16_t pair, struct virtio_net_frame *frame, bool more)
{
    struct virtio_net_tx *tx = &net->tx[pair];
    struct virtio_sg sg[VIRTIO_NET_PIECES + 1];
    uint8_t i;
    int error;

    if (tx->stopped || tx->free_header_count == 0 || pair >= net->pairs_in_use)
    {
        return -VIRTIO_EAGAIN;
    }
    frame->slot = tx->free_headers[tx->free_header_count - 1];
    write_header(net, &tx->headers[frame->slot], frame);
    sg[0].address = tx->headers_address + frame->slot * sizeof(tx->headers[0]);
    sg[0].length = net->header_size;
    for (i = 0; i < frame->segments; i++)
    {
        sg[1 + i] = frame->sg[i];
    }
    error = virtio_queue_add(&tx->ring, sg, 1u + frame->segments, 0, frame);
    if (error != 0)
    {
        return error;
    }
    tx->free_header_count--;
    return more ? 0 : virtio_net_flush(net, pair);
}

int virtio_net_flush(struct virtio_net *net, uint16_t pair)
{
    struct virtio_net_tx *tx = &net->tx[pair];

    return !tx->stopped && virtio_queue_publish(&tx->ring) ? 1 : 0;
}

void virtio_net_notify_tx(struct virtio_net *net, uint16_t pair)
{
    /* As for virtio_net_notify_rx(). */
    if (!*(const volatile bool *)&net->tx[pair].stopped)
    {
        virtio_queue_notify(&net->tx[pair].ring);
    }
}

int virtio_net_poll_tx(struct virtio_net *net, uint16_t pair)
{
    struct virtio_net_tx *tx = &net->tx[pair];
    struct virtio_net_frame *frame;
    uint32_t written;
    void *cookie;
    int count = 0;
    int error;
    uint8_t i;

    if (tx->stopped)
    {
        return 0;
    }
    while ((error = virtio_queue_pop(&tx->ring, &cookie, &written)) == 0)
    {
        frame = cookie;
        tx->free_headers[tx->free_header_count++] = frame->slot;
        tx->packets++;
        for (i = 0; i < frame->segments; i++)
        {
            tx->bytes += frame->sg[i].length;
        }
        count++;
        frame->result = 0;
        frame->done(frame);
    }
    if (count > 0)
    {
        tx->ring.stats.batches++;
    }
    return error == -VIRTIO_EPROTO ? error : count;
}

bool virtio_net_watch_tx(struct virtio_net *net, uint16_t pair, bool on)
{
    struct virtio_net_tx *tx = &net->tx[pair];

    if (tx->stopped)
    {
        return false;
    }
    if (!on)
    {
        virtio_queue_disable(&tx->ring);
        return false;
    }
    return virtio_queue_enable(&tx->ring);
}

void virtio_net_stop_tx(struct virtio_net *net, uint16_t pair)
{
    net->tx[pair].stopped = true;
}

void virtio_net_resume_tx(struct virtio_net *net, uint16_t pair, int error)
{
    struct virtio_net_tx *tx = &net->tx[pair];
    struct virtio_net_frame *frame;

    if (error != 0)
    {
        collect_tx(tx); /* the restart may have failed before it came to that */
    }
    else
    {
        tx->stopped = false;
    }
    /* Not sent again: a network may lose frames, but should not double them. */
    while ((frame = tx->lost) != NULL)
    {
        tx->lost = frame->next;
        tx->dropped++;
        frame->result = -VIRTIO_EIO;
        frame->done(frame);
    }
}
