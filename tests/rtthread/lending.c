/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With RT-Smart memory is scattered, and a user's may not be there: how buffers are lent to devices then, and how block
 * devices help themselves. A program for the workstation; it returns 0 if all is well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../virtio/rtthread/rt_virtio_blk.c"
#include "../../virtio/rtthread/rt_virtio_port.c"

#define PAGES 8u
#define FRAME 0x80000000u

static rt_uint8_t *memory;
static rt_uint8_t *next_allocation; /* what rt_malloc_align() gives */
static unsigned int allocations;
static unsigned int failures;

/* Pages 0 to 2 are scattered, backwards; 3 to 5 lie in a row; 6 and 7 are a user's that are not there. */
static const rt_ubase_t frames[PAGES] = {
    FRAME + 0x9000, FRAME + 0x5000, FRAME + 0x1000, FRAME + 0x20000, FRAME + 0x21000, FRAME + 0x22000, 0, 0};

#define CHECK(condition)                                                 \
    do                                                                   \
    {                                                                    \
        if (!(condition))                                                \
        {                                                                \
            printf("line %d: %s does not hold\n", __LINE__, #condition); \
            failures++;                                                  \
        }                                                                \
    } while (0)

/* --- RT-Thread --- */

static int is_ours(const void *address)
{
    return (const rt_uint8_t *)address >= memory && (const rt_uint8_t *)address < memory + PAGES * PAGE_BYTES;
}

void *rt_kmem_v2p(void *address)
{
    size_t offset = (size_t)((rt_uint8_t *)address - memory);

    if (!is_ours(address) || frames[offset / PAGE_BYTES] == 0)
    {
        return ARCH_MAP_FAILED;
    }
    return (void *)(frames[offset / PAGE_BYTES] + offset % PAGE_BYTES);
}

void *rt_malloc_align(rt_size_t size, rt_size_t align)
{
    (void)size;
    (void)align;
    allocations += next_allocation != NULL;
    return next_allocation;
}

void rt_free_align(void *address)
{
    allocations -= address != NULL;
}

rt_uint8_t rt_interrupt_get_nest(void)
{
    return 0;
}

rt_uint16_t rt_critical_level(void)
{
    return 0;
}

rt_thread_t rt_thread_self(void)
{
    return (rt_thread_t)(void *)&failures;
}

int rt_kprintf(const char *format, ...)
{
    (void)format;
    return 0;
}

/* --- The rest of the block device: as the engine does, it lends the buffer piece by piece --- */

static rt_uint8_t disk[16 * VIRTIO_BLK_SECTOR_SIZE];
static unsigned int requests;

int rt_virtio_blk_request(struct rt_virtio_blk *blk, struct rt_virtio_blk_io *io)
{
    size_t length = (size_t)io->request.sectors * VIRTIO_BLK_SECTOR_SIZE;
    rt_uint8_t *data = disk + io->request.sector * VIRTIO_BLK_SECTOR_SIZE;
    rt_uint8_t *buffer = io->request.buffer;
    virtio_dma_addr_t address;
    size_t done;
    size_t piece;

    (void)blk;
    for (done = 0; done < length; done += piece)
    {
        piece = virtio_platform_share(buffer + done, length - done, VIRTIO_DMA_FROM_DEVICE, &address);
        if (piece == 0)
        {
            return -VIRTIO_EFAULT;
        }
    }
    requests++;
    if (io->request.type == VIRTIO_BLK_T_IN)
    {
        memcpy(buffer, data, length);
    }
    else
    {
        memcpy(data, buffer, length);
    }
    return 0;
}

rt_err_t rt_virtio_error(int error)
{
    return error == -VIRTIO_ENOMEM ? -RT_ENOMEM : -RT_EIO;
}

/* --- Tests --- */

/* Lend all of a buffer, and compare each piece with what is where. Returns how many pieces it took; 0: it failed. */
static unsigned int lend_all(size_t offset, size_t length)
{
    unsigned int pieces = 0;
    virtio_dma_addr_t address;
    size_t done = 0;
    size_t piece;
    size_t i;

    while (done < length)
    {
        piece = virtio_platform_share(memory + offset + done, length - done, VIRTIO_DMA_TO_DEVICE, &address);
        if (piece == 0)
        {
            return 0;
        }
        CHECK(piece <= length - done);
        for (i = 0; i < piece; i++)
        {
            CHECK((rt_ubase_t)rt_kmem_v2p(memory + offset + done + i) == address + i);
        }
        pieces++;
        done += piece;
    }
    CHECK(done == length);
    return pieces;
}

static void test_lending(void)
{
    virtio_dma_addr_t address;

    CHECK(lend_all(100, 50) == 1);
    CHECK(lend_all(PAGE_BYTES - 1, 1) == 1);
    CHECK(lend_all(PAGE_BYTES - 1, 2) == 2);
    CHECK(lend_all(100, 2 * PAGE_BYTES) == 3);
    CHECK(lend_all(3 * PAGE_BYTES, 3 * PAGE_BYTES) == 1);
    CHECK(lend_all(3 * PAGE_BYTES + 5, 2 * PAGE_BYTES) == 1);
    CHECK(lend_all(2 * PAGE_BYTES + 5, 2 * PAGE_BYTES) == 2);

    CHECK(lend_all(6 * PAGE_BYTES, 1) == 0);
    CHECK(lend_all(6 * PAGE_BYTES - 1, 2) == 0);
    CHECK(virtio_platform_share(memory + 5 * PAGE_BYTES, 2 * PAGE_BYTES, VIRTIO_DMA_TO_DEVICE, &address) == PAGE_BYTES);
}

static void test_queue_memory(void)
{
    virtio_dma_addr_t address = 0;

    next_allocation = memory + 3 * PAGE_BYTES;
    CHECK(virtio_platform_dma_alloc(3 * PAGE_BYTES, PAGE_BYTES, &address) == next_allocation);
    CHECK(address == frames[3] && allocations == 1);
    virtio_platform_dma_free(next_allocation, 3 * PAGE_BYTES);

    next_allocation = memory;
    CHECK(virtio_platform_dma_alloc(2 * PAGE_BYTES, PAGE_BYTES, &address) == NULL);
    CHECK(allocations == 0);
}

static void test_disk(void)
{
    static struct rt_virtio_blk blk;
    rt_uint8_t *user = memory + 6 * PAGE_BYTES + 3;
    size_t bytes = 4 * VIRTIO_BLK_SECTOR_SIZE;
    size_t i;

    blk.engine.config.blk_size = VIRTIO_BLK_SECTOR_SIZE;
    blk.engine.config.capacity = 16;
    for (i = 0; i < sizeof(disk); i++)
    {
        disk[i] = (rt_uint8_t)(i * 7 + i / 256);
    }

    /* A user's memory: by way of memory that is there, and is given back. */
    next_allocation = memory;
    CHECK(rt_virtio_blk_read(&blk.parent, 5, user, 4) == 4);
    CHECK(memcmp(user, disk + 5 * VIRTIO_BLK_SECTOR_SIZE, bytes) == 0 && allocations == 0);
    CHECK(rt_virtio_blk_write(&blk.parent, 11, user, 4) == 4);
    CHECK(memcmp(user, disk + 11 * VIRTIO_BLK_SECTOR_SIZE, bytes) == 0 && allocations == 0);

    /* It begins where memory is, and ends where none is. */
    CHECK(rt_virtio_blk_read(&blk.parent, 0, memory + 6 * PAGE_BYTES - VIRTIO_BLK_SECTOR_SIZE, 4) == 4);
    CHECK(memcmp(memory + 6 * PAGE_BYTES - VIRTIO_BLK_SECTOR_SIZE, disk, bytes) == 0);

    /* Memory that is there is not copied. */
    requests = 0;
    next_allocation = NULL;
    CHECK(rt_virtio_blk_read(&blk.parent, 0, memory + 3 * PAGE_BYTES, 4) == 4 && requests == 1);

    /* An error, if there is nothing to copy through. */
    CHECK(rt_virtio_blk_read(&blk.parent, 5, user, 4) == -RT_ENOMEM);
}

int main(void)
{
    memory = aligned_alloc(PAGE_BYTES, PAGES * PAGE_BYTES);
    memset(memory, 0, PAGES * PAGE_BYTES);
    test_lending();
    test_queue_memory();
    test_disk();
    free(memory);
    return failures == 0 ? 0 : 1;
}
