/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block device (5.2): life of the device and of a request. The config space is read in virtio_blk_config.c.
 */
#include <string.h>

#include <virtio/blk.h>
#include <virtio/byteorder.h>
#include <virtio/platform.h>

#include "virtio_blk_config.h"

/* A chain that carries data: header, at least one segment, status. */
#define DESCRIPTORS_MIN 3

/* Keeps the bytes of a request, header and status included, within the 32 bits of a used length. */
#define SECTORS_MAX (UINT32_MAX / VIRTIO_BLK_SECTOR_SIZE - 1)

/* What the status byte is set to before the device gets it: no status has this value. */
#define STATUS_UNWRITTEN 0xffu

/* Only the layout makes the slots' addresses right. */
typedef char slot_is_64_bytes[sizeof(struct virtio_blk_slot) == 64 ? 1 : -1];

/* --- Slots --- */

static void free_all_slots(struct virtio_blk_queue *queue)
{
    uint16_t i;

    for (i = 0; i < queue->ring.size; i++)
    {
        queue->free_slots[i] = i;
    }
    queue->free_slot_count = queue->ring.size;
}

static int open_queue(struct virtio_blk *blk, uint16_t index)
{
    struct virtio_blk_queue *queue = &blk->queues[index];
    size_t slots_bytes;
    int error;

    error = virtio_queue_create(&queue->ring, blk->dev, index, blk->queue_size_wanted, VIRTIO_BLK_SEGMENTS + 2);
    if (error != 0)
    {
        return error;
    }
    if (queue->ring.chain_max < DESCRIPTORS_MIN)
    {
        return -VIRTIO_EPROTO;
    }
    slots_bytes = sizeof(struct virtio_blk_slot) * queue->ring.size;
    queue->slots = virtio_platform_dma_alloc(slots_bytes, sizeof(struct virtio_blk_slot), &queue->slots_address);
    queue->free_slots = virtio_platform_alloc(sizeof(queue->free_slots[0]) * queue->ring.size);
    if (queue->slots == NULL || queue->free_slots == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    free_all_slots(queue);
    return 0;
}

static void close_queue(struct virtio_blk_queue *queue)
{
    if (queue->slots != NULL)
    {
        virtio_platform_dma_free(queue->slots, sizeof(struct virtio_blk_slot) * queue->ring.size);
    }
    virtio_platform_free(queue->free_slots);
    virtio_queue_destroy(&queue->ring);
}

/* --- Life of the device --- */

/* First start: between FEATURES_OK and DRIVER_OK. */
static int create_queues(struct virtio_blk *blk)
{
    uint16_t count = blk->config.num_queues < blk->queues_wanted ? blk->config.num_queues : blk->queues_wanted;
    uint16_t i;
    int error;

    blk->queues = virtio_platform_alloc(sizeof(blk->queues[0]) * count);
    if (blk->queues == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    for (i = 0; i < count; i++)
    {
        blk->queue_count++;
        error = open_queue(blk, i);
        if (error == -VIRTIO_ENODEV && i > 0)
        {
            /* The device promised more queues than its transport has; what there is will do. */
            blk->queue_count--;
            break;
        }
        if (error != 0)
        {
            return error;
        }
        if (blk->config.seg_max > (uint32_t)blk->queues[i].ring.chain_max - 2)
        {
            blk->config.seg_max = (uint32_t)blk->queues[i].ring.chain_max - 2;
        }
        if ((uint64_t)blk->config.seg_max * blk->config.size_max < VIRTIO_BLK_SECTOR_SIZE)
        {
            return -VIRTIO_EPROTO; /* not even a sector fits into a request */
        }
    }
    return 0;
}

/* Take what was in flight out of a ring that the device no longer knows, for virtio_blk_resume(). */
static void collect(struct virtio_blk_queue *queue)
{
    struct virtio_blk_request *request;

    while ((request = virtio_queue_detach(&queue->ring)) != NULL)
    {
        request->next = queue->replay;
        queue->replay = request;
    }
    free_all_slots(queue);
}

/* After a reset. */
static int reopen_queues(struct virtio_blk *blk)
{
    uint16_t i;
    int error;

    for (i = 0; i < blk->queue_count; i++)
    {
        collect(&blk->queues[i]);
        error = virtio_queue_reopen(&blk->queues[i].ring);
        if (error != 0)
        {
            return error;
        }
    }
    return 0;
}

static int setup(void *context)
{
    struct virtio_blk *blk = context;

    if (blk->dev->started)
    {
        /* The limits stay those of the first start, within which the requests in flight were cut. */
        virtio_blk_refresh(blk);
        if (blk->cache_chosen && virtio_blk_set_writeback(blk, blk->cache_on) != 0)
        {
            /* On when it was to be off: writes might be thought durable that are not. */
            return -VIRTIO_EPROTO;
        }
        return reopen_queues(blk);
    }
    virtio_blk_read_config(blk);
    return create_queues(blk);
}

static const struct virtio_driver driver = {
    .features = virtio_blk_features,
    .validate = NULL,
    .setup = setup,
};

static void free_queues(struct virtio_blk *blk)
{
    uint16_t i;

    for (i = 0; i < blk->queue_count; i++)
    {
        close_queue(&blk->queues[i]);
    }
    virtio_platform_free(blk->queues);
    blk->queues = NULL;
    blk->queue_count = 0;
}

int virtio_blk_start(struct virtio_blk *blk, struct virtio_device *dev, uint16_t queues, uint16_t queue_size)
{
    int error;

    blk->dev = dev;
    blk->queues_wanted = queues != 0 ? queues : 1;
    blk->queue_size_wanted = queue_size;
    error = virtio_device_start(dev, &driver, blk);
    if (error != 0 && dev->quiet)
    {
        free_queues(blk);
    }
    return error;
}

void virtio_blk_destroy(struct virtio_blk *blk)
{
    if (virtio_device_reset(blk->dev) == 0)
    {
        free_queues(blk);
    }
    else
    {
        virtio_platform_log(VIRTIO_LOG_ERROR, "%s: no answer to a reset; its memory is left to it", blk->dev->name);
    }
}

/* --- Preparing and finishing --- */

static enum virtio_dma_direction direction_of(const struct virtio_blk_request *request)
{
    return request->type == VIRTIO_BLK_T_IN ? VIRTIO_DMA_FROM_DEVICE : VIRTIO_DMA_TO_DEVICE;
}

/* Take back the segments from `keep` on, which are the last ones; `end` is where the last one ends. */
static uint8_t *unshare_from(struct virtio_blk_request *request, uint8_t keep, uint8_t *end)
{
    const struct virtio_sg *sg;

    while (request->segments > keep)
    {
        sg = &request->sg[--request->segments];
        end -= sg->length;
        virtio_platform_unshare(end, sg->length, direction_of(request), sg->address);
    }
    return end;
}

/*
 * Lend the buffer to the device, as much of it as fits into one request. Bytes that would be less than a sector at the
 * end are not lent, because the next request begins with them.
 */
static int share_buffer(struct virtio_blk *blk, struct virtio_blk_request *request)
{
    uint8_t *buffer = request->buffer;
    uint32_t total = request->sectors * VIRTIO_BLK_SECTOR_SIZE;
    uint32_t done = 0;
    uint32_t excess;
    uint32_t length;
    struct virtio_sg *sg;
    size_t piece;

    request->segments = 0;
    while (done < total && request->segments < blk->config.seg_max)
    {
        length = total - done < blk->config.size_max ? total - done : blk->config.size_max;
        sg = &request->sg[request->segments];
        piece = virtio_platform_share(buffer + done, length, direction_of(request), &sg->address);
        if (piece == 0)
        {
            unshare_from(request, 0, buffer + done);
            return -VIRTIO_EFAULT;
        }
        sg->length = (uint32_t)piece;
        request->segments++;
        done += (uint32_t)piece;
    }

    excess = done % VIRTIO_BLK_SECTOR_SIZE;
    while (excess != 0)
    {
        /* Shorten the last segment, or leave it out altogether if it is not even that long. */
        sg = &request->sg[request->segments - 1];
        length = sg->length;
        unshare_from(request, (uint8_t)(request->segments - 1), buffer + done);
        done -= length;
        if (length <= excess)
        {
            excess -= length;
            continue;
        }
        length -= excess;
        piece = virtio_platform_share(buffer + done, length, direction_of(request), &sg->address);
        if (piece != length)
        {
            /* It was contiguous a moment ago: a platform that changes its mind. */
            if (piece != 0)
            {
                virtio_platform_unshare(buffer + done, piece, direction_of(request), sg->address);
            }
            unshare_from(request, 0, buffer + done);
            return -VIRTIO_EFAULT;
        }
        sg->length = length;
        request->segments++;
        done += length;
        excess = 0;
    }
    if (done == 0)
    {
        return -VIRTIO_EFAULT; /* in pieces so small that no sector fits into one request */
    }
    request->sectors = done / VIRTIO_BLK_SECTOR_SIZE;
    return 0;
}

/* How much of a long range one request takes: up to the limit, ending at a boundary that suits the device. */
static uint32_t clip_range(const struct virtio_blk_request *request, uint32_t maximum, uint32_t alignment)
{
    uint64_t end;

    if (request->sectors <= maximum)
    {
        return request->sectors;
    }
    end = request->sector + maximum;
    if (end - end % alignment > request->sector)
    {
        end -= end % alignment;
    }
    return (uint32_t)(end - request->sector);
}

/* Requests without a range have no sectors, and are within any capacity. */
static bool within_capacity(const struct virtio_blk *blk, const struct virtio_blk_request *request)
{
    /* Once: it may change meanwhile. */
    uint64_t capacity = *(const volatile uint64_t *)&blk->config.capacity;

    return request->sectors == 0 || (request->sector < capacity && request->sectors <= capacity - request->sector);
}

int virtio_blk_prepare(struct virtio_blk *blk, struct virtio_blk_request *request)
{
    const struct virtio_blk_config *config = &blk->config;

    request->segments = 0;
    request->replays = 0;
    request->expired = false;
    request->result = -VIRTIO_EIO;

    switch (request->type)
    {
    case VIRTIO_BLK_T_FLUSH:
        request->sectors = 0;
        return virtio_device_has(blk->dev, VIRTIO_BLK_F_FLUSH) ? 0 : -VIRTIO_ENOTSUP;
    case VIRTIO_BLK_T_GET_ID:
        request->sectors = 0;
        return 0;
    case VIRTIO_BLK_T_GET_LIFETIME:
        request->sectors = 0;
        return virtio_device_has(blk->dev, VIRTIO_BLK_F_LIFETIME) ? 0 : -VIRTIO_ENOTSUP;
    default:
        break;
    }

    if (request->sectors == 0 || !within_capacity(blk, request))
    {
        return -VIRTIO_EINVAL;
    }
    if (request->type != VIRTIO_BLK_T_IN && virtio_blk_read_only(blk))
    {
        return -VIRTIO_EROFS;
    }

    switch (request->type)
    {
    case VIRTIO_BLK_T_IN:
    case VIRTIO_BLK_T_OUT:
        if (request->sectors > SECTORS_MAX)
        {
            request->sectors = SECTORS_MAX;
        }
        return share_buffer(blk, request);
    case VIRTIO_BLK_T_DISCARD:
        if (config->max_discard_sectors == 0)
        {
            return -VIRTIO_ENOTSUP;
        }
        request->sectors = clip_range(request, config->max_discard_sectors, config->discard_alignment);
        return 0;
    case VIRTIO_BLK_T_WRITE_ZEROES:
        if (config->max_write_zeroes_sectors == 0)
        {
            return -VIRTIO_ENOTSUP;
        }
        request->sectors = clip_range(request, config->max_write_zeroes_sectors, 1);
        return 0;
    case VIRTIO_BLK_T_SECURE_ERASE:
        if (config->max_secure_erase_sectors == 0)
        {
            return -VIRTIO_ENOTSUP;
        }
        request->sectors = clip_range(request, config->max_secure_erase_sectors, config->secure_erase_alignment);
        return 0;
    default:
        return -VIRTIO_EINVAL;
    }
}

int virtio_blk_finish(struct virtio_blk_request *request)
{
    uint8_t *end = request->buffer;
    uint8_t i;

    for (i = 0; i < request->segments; i++)
    {
        end += request->sg[i].length;
    }
    unshare_from(request, 0, end);
    return request->result;
}

/* --- In the ring --- */

/* Put a prepared request into the ring without publishing it. */
static int enqueue(struct virtio_blk *blk, struct virtio_blk_queue *queue, struct virtio_blk_request *request)
{
    bool legacy = blk->dev->legacy;
    struct virtio_sg sg[VIRTIO_BLK_SEGMENTS + 2];
    struct virtio_blk_slot *slot;
    virtio_dma_addr_t address;
    unsigned int out = 1;
    unsigned int in = 1;
    unsigned int i;
    int error;

    if (queue->free_slot_count == 0)
    {
        return -VIRTIO_EAGAIN;
    }
    request->slot = queue->free_slots[queue->free_slot_count - 1];
    slot = &queue->slots[request->slot];
    address = queue->slots_address + request->slot * sizeof(struct virtio_blk_slot);

    slot->header.type = virtio_swap32(legacy, request->type);
    slot->header.reserved = 0;
    slot->header.sector = 0;
    slot->status = STATUS_UNWRITTEN;

    /* 5.2.6.4: framed as the legacy interface needs it without ANY_LAYOUT, which suits every device. */
    sg[0].address = address + offsetof(struct virtio_blk_slot, header);
    sg[0].length = sizeof(slot->header);
    sg[1].address = address + offsetof(struct virtio_blk_slot, data);
    switch (request->type)
    {
    case VIRTIO_BLK_T_IN:
    case VIRTIO_BLK_T_OUT:
        slot->header.sector = virtio_swap64(legacy, request->sector);
        for (i = 0; i < request->segments; i++)
        {
            sg[1 + i] = request->sg[i];
        }
        *(request->type == VIRTIO_BLK_T_IN ? &in : &out) += request->segments;
        break;
    case VIRTIO_BLK_T_FLUSH:
        break;
    case VIRTIO_BLK_T_GET_ID:
        sg[1].length = sizeof(slot->data.id);
        memset(slot->data.id, 0, sizeof(slot->data.id));
        in++;
        break;
    case VIRTIO_BLK_T_GET_LIFETIME:
        sg[1].length = sizeof(slot->data.lifetime);
        in++;
        break;
    default: /* DISCARD, WRITE_ZEROES, SECURE_ERASE: the header's sector stays 0, the range is in a segment */
        sg[1].length = sizeof(slot->data.segment);
        slot->data.segment.sector = virtio_swap64(legacy, request->sector);
        slot->data.segment.count = virtio_swap32(legacy, request->sectors);
        slot->data.segment.flags = 0;
        if (request->type == VIRTIO_BLK_T_WRITE_ZEROES && request->unmap && blk->config.write_zeroes_may_unmap)
        {
            slot->data.segment.flags = virtio_swap32(legacy, VIRTIO_BLK_SEGMENT_UNMAP);
        }
        out++;
        break;
    }
    sg[out + in - 1].address = address + offsetof(struct virtio_blk_slot, status);
    sg[out + in - 1].length = sizeof(slot->status);

    error = virtio_queue_add(&queue->ring, sg, out, in, request);
    if (error == 0)
    {
        queue->free_slot_count--;
    }
    return error;
}

int virtio_blk_submit(struct virtio_blk *blk, uint16_t index, struct virtio_blk_request *request)
{
    struct virtio_blk_queue *queue = &blk->queues[index];
    int error;

    if (queue->stopped)
    {
        return -VIRTIO_EAGAIN;
    }
    error = enqueue(blk, queue, request);
    if (error != 0)
    {
        return error;
    }
    return virtio_queue_publish(&queue->ring) ? 1 : 0;
}

void virtio_blk_notify(struct virtio_blk *blk, uint16_t index)
{
    /* Between a stop and virtio_blk_resume(), which says anew what is due, the device may not be ready for it. */
    if (!*(const volatile bool *)&blk->queues[index].stopped)
    {
        virtio_queue_notify(&blk->queues[index].ring);
    }
}

/* The device fills up to 20 bytes, with a NUL only if there is room (5.2.6); what is not text is not passed on. */
static void copy_id(char *to, const uint8_t *id)
{
    unsigned int i;
    uint8_t byte;

    for (i = 0; i < VIRTIO_BLK_ID_BYTES; i++)
    {
        byte = *(const volatile uint8_t *)&id[i];
        if (byte == 0)
        {
            break;
        }
        to[i] = (byte >= 0x20 && byte < 0x7f) ? (char)byte : '?';
    }
    to[i] = '\0';
}

static void copy_lifetime(struct virtio_blk_lifetime *to, const uint16_t *from, bool legacy)
{
    to->pre_eol_info = virtio_swap16(legacy, from[0]);
    to->est_typ_a = virtio_swap16(legacy, from[1]);
    to->est_typ_b = virtio_swap16(legacy, from[2]);
}

/* Bytes that the device has to have written besides the status, for an OK to be true. */
static uint32_t bytes_due(const struct virtio_blk_request *request)
{
    switch (request->type)
    {
    case VIRTIO_BLK_T_IN:
        return request->sectors * VIRTIO_BLK_SECTOR_SIZE;
    case VIRTIO_BLK_T_GET_ID:
        return VIRTIO_BLK_ID_BYTES;
    case VIRTIO_BLK_T_GET_LIFETIME:
        return 3 * sizeof(uint16_t);
    default:
        return 0;
    }
}

/* What the device made of a request that it gave back with `written` bytes. */
static int judge(const struct virtio_blk *blk, const struct virtio_blk_slot *slot,
                 const struct virtio_blk_request *request, uint32_t written)
{
    uint32_t due = bytes_due(request);
    uint8_t status = *(const volatile uint8_t *)&slot->status;

    if (status == VIRTIO_BLK_S_UNSUPP)
    {
        return -VIRTIO_ENOTSUP;
    }
    if (status != VIRTIO_BLK_S_OK)
    {
        return -VIRTIO_EIO;
    }
    /* 5.2.6.3: the used length of a legacy device says nothing. */
    if (!virtio_device_legacy(blk->dev) && due != 0 && written < due + 1)
    {
        virtio_platform_log(VIRTIO_LOG_WARNING, "%s: the device wrote %lu bytes where %lu were due", blk->dev->name,
                            (unsigned long)written, (unsigned long)due + 1);
        return -VIRTIO_EIO;
    }
    return 0;
}

static void complete(struct virtio_blk *blk, struct virtio_blk_queue *queue, struct virtio_blk_request *request,
                     uint32_t written)
{
    const struct virtio_blk_slot *slot = &queue->slots[request->slot];

    request->result = judge(blk, slot, request, written);
    if (request->result != 0)
    {
        queue->ring.stats.errors++;
    }
    else if (request->type == VIRTIO_BLK_T_GET_ID)
    {
        copy_id(request->buffer, slot->data.id);
    }
    else if (request->type == VIRTIO_BLK_T_GET_LIFETIME)
    {
        copy_lifetime(request->buffer, slot->data.lifetime, blk->dev->legacy);
    }
    queue->free_slots[queue->free_slot_count++] = request->slot;
    request->done(request);
}

int virtio_blk_poll(struct virtio_blk *blk, uint16_t index)
{
    struct virtio_blk_queue *queue = &blk->queues[index];
    uint32_t written;
    void *request;
    int count = 0;
    int error;

    if (queue->stopped)
    {
        return 0;
    }
    virtio_queue_disable(&queue->ring);
    do
    {
        while ((error = virtio_queue_pop(&queue->ring, &request, &written)) == 0)
        {
            complete(blk, queue, request, written);
            count++;
        }
    } while (error == -VIRTIO_EAGAIN && virtio_queue_enable(&queue->ring));

    if (count > 0)
    {
        queue->ring.stats.batches++;
    }
    return error == -VIRTIO_EAGAIN ? count : error;
}

/* --- Recovery --- */

void virtio_blk_stop(struct virtio_blk *blk, uint16_t index)
{
    blk->queues[index].stopped = true;
}

int virtio_blk_restart(struct virtio_blk *blk)
{
    return virtio_device_start(blk->dev, &driver, blk);
}

static void fail(struct virtio_blk_queue *queue, struct virtio_blk_request *request, int error)
{
    queue->ring.stats.errors++;
    request->result = error;
    request->done(request);
}

int virtio_blk_resume(struct virtio_blk *blk, uint16_t index, int error, bool blame)
{
    struct virtio_blk_queue *queue = &blk->queues[index];
    struct virtio_blk_request *request;
    int why;

    if (error != 0)
    {
        collect(queue); /* the restart may have failed before it came to that */
    }
    while ((request = queue->replay) != NULL)
    {
        queue->replay = request->next;
        why = error;
        if (why == 0 && request->expired)
        {
            why = -VIRTIO_ETIMEDOUT;
        }
        if (why == 0 && blame && request->replays++ >= VIRTIO_BLK_REPLAYS_MAX)
        {
            why = -VIRTIO_EIO; /* it seems to be what breaks the device */
        }
        if (why == 0 && !within_capacity(blk, request))
        {
            why = -VIRTIO_EIO; /* the disk has shrunk */
        }
        if (why == 0)
        {
            why = enqueue(blk, queue, request);
        }
        if (why != 0)
        {
            fail(queue, request, why);
        }
    }
    if (error != 0)
    {
        return 0;
    }
    queue->stopped = false;
    return virtio_queue_publish(&queue->ring) ? 1 : 0;
}
