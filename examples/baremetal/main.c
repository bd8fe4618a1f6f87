/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a disk, prints a checksum of its first sectors, and writes one that it reads back. Answers come by interrupt;
 * every wait has an end, and a disk that does not answer is reset and asked once more.
 */
#include "board.h"

#include <string.h>

#include <virtio/blk.h>
#include <virtio/platform.h>
#include <virtio/transport.h>

#define SECTORS         8u
#define TIME_LIMIT_US   5000000u
#define MSTATUS_MIE     0x8u
#define MIE_MEIE        0x800u
#define CAUSE_INTERRUPT 0x800000000000000bu /* machine external */

static struct virtio_device device;
static struct virtio_blk blk;
static unsigned int interrupts;
static volatile bool answered;

/* --- Interrupt: acknowledge, drain. virtio_blk_poll() arms the queue again and looks once more by itself. --- */

static void serve(void)
{
    /* Acknowledged first, so that whatever happens from here on raises the line again. */
    if ((virtio_device_interrupt(&device) & VIRTIO_INTERRUPT_USED) != 0)
    {
        interrupts++;
        virtio_blk_poll(&blk, 0); /* what it returns is looked at by who waits: a broken queue answers nothing */
    }
}

void interrupt(uint64_t cause, uint64_t pc)
{
    uint32_t irq;

    if (cause != CAUSE_INTERRUPT)
    {
        print("trap %lx at %lx\n", (unsigned long)cause, (unsigned long)pc);
        REG32(FINISHER) = FINISHER_FAIL;
    }
    irq = REG32(PLIC_CLAIM);
    if (irq != 0)
    {
        serve();
        REG32(PLIC_CLAIM) = irq;
    }
}

static void enable_interrupt(uint32_t irq)
{
    REG32(PLIC_PRIORITY(irq)) = 1;
    REG32(PLIC_ENABLE) = 1u << irq;
    REG32(PLIC_THRESHOLD) = 0;
    __asm__ volatile("csrs mie, %0; csrs mstatus, %1" ::"r"(MIE_MEIE), "r"(MSTATUS_MIE));
}

/* The engine's queue is touched by the interrupt, too. With several harts this would be a spin lock as well. */
static unsigned long lock(void)
{
    unsigned long status;

    __asm__ volatile("csrrc %0, mstatus, %1" : "=r"(status) : "r"(MSTATUS_MIE) : "memory");
    return status & MSTATUS_MIE;
}

static void unlock(unsigned long state)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(state) : "memory");
}

/* --- Requests --- */

static void done(struct virtio_blk_request *request)
{
    (void)request;
    answered = true;
}

/* Take back what the device had, reset it, give it the rest again. Requests that have expired end with ETIMEDOUT. */
static int recover(void)
{
    unsigned long state = lock();
    int error;

    virtio_blk_stop(&blk, 0);
    error = virtio_blk_restart(&blk);
    if (virtio_blk_resume(&blk, 0, error, false) == 1)
    {
        virtio_blk_notify(&blk, 0);
    }
    unlock(state);
    return error;
}

static bool wait(void)
{
    uint64_t begin = virtio_platform_clock_us();

    while (!answered && virtio_platform_clock_us() - begin < TIME_LIMIT_US)
    {
        virtio_platform_relax();
    }
    return answered;
}

/* One request of up to `sectors` sectors: how many it was, or a negative error. */
static int transfer_some(uint32_t type, uint64_t sector, uint32_t sectors, void *buffer)
{
    struct virtio_blk_request request = {
        .type = type, .sector = sector, .sectors = sectors, .buffer = buffer, .done = done};
    unsigned long state;
    int result = virtio_blk_prepare(&blk, &request);

    if (result != 0)
    {
        return result;
    }
    answered = false;
    state = lock();
    result = virtio_blk_submit(&blk, 0, &request);
    unlock(state);
    if (result < 0)
    {
        request.result = result; /* the device never saw it */
    }
    else
    {
        if (result == 1)
        {
            virtio_blk_notify(&blk, 0);
        }
        if (!wait())
        {
            request.expired = true;
            (void)recover(); /* answers it, whatever the outcome */
        }
    }
    result = virtio_blk_finish(&request);
    return result == 0 ? (int)request.sectors : result;
}

static int transfer(uint32_t type, uint64_t sector, uint32_t sectors, uint8_t *buffer)
{
    uint32_t at = 0;
    int count;

    while (at < sectors)
    {
        count = transfer_some(type, sector + at, sectors - at, buffer + at * VIRTIO_BLK_SECTOR_SIZE);
        if (count < 0)
        {
            return count;
        }
        at += (uint32_t)count;
    }
    return 0;
}

/* --- What is done with them --- */

static uint32_t checksum(const uint8_t *data, size_t size)
{
    uint32_t a = 1;
    uint32_t b = 0;
    size_t i;

    for (i = 0; i < size; i++) /* Adler-32 */
    {
        a = (a + data[i]) % 65521u;
        b = (b + a) % 65521u;
    }
    return b << 16 | a;
}

static int use_disk(void)
{
    static uint8_t data[SECTORS * VIRTIO_BLK_SECTOR_SIZE];
    static uint8_t mine[VIRTIO_BLK_SECTOR_SIZE];
    int error = transfer(VIRTIO_BLK_T_IN, 0, SECTORS, data);

    if (error == 0)
    {
        print("sectors 0 to 7: adler32 %08lx\n", (unsigned long)checksum(data, sizeof(data)));
        memset(mine, 'V', sizeof(mine));
        error = transfer(VIRTIO_BLK_T_OUT, 8, 1, mine);
    }
    if (error == 0)
    {
        error = transfer(VIRTIO_BLK_T_IN, 8, 1, data);
    }
    if (error == 0)
    {
        print("sector 8: %s\n", memcmp(data, mine, sizeof(mine)) == 0 ? "written and read back" : "differs");
        error = recover();
    }
    if (error == 0)
    {
        error = transfer(VIRTIO_BLK_T_IN, 8, 1, data);
        print("after a reset: %s\n", error == 0 ? "the same requests go on" : virtio_strerror(error));
    }
    return error;
}

static bool find_disk(uint32_t *irq)
{
    unsigned int i;

    for (i = 0; i < VIRTIO_COUNT; i++)
    {
        if (virtio_mmio_probe(&device, VIRTIO_BASE + i * VIRTIO_STEP) == 0 && device.id == VIRTIO_ID_BLOCK)
        {
            device.name = "disk";
            *irq = VIRTIO_IRQ + i;
            return true;
        }
    }
    return false;
}

int main(void)
{
    uint32_t irq = 0;
    int error = -VIRTIO_ENODEV;

    if (find_disk(&irq))
    {
        error = virtio_blk_start(&blk, &device, 1, 16);
    }
    if (error == 0)
    {
        print("disk: %lu sectors, %s interface\n", (unsigned long)blk.config.capacity,
              device.legacy ? "legacy" : "modern");
        enable_interrupt(irq);
        error = use_disk();
    }
    print("%s, %u interrupts\n", error == 0 ? "done" : virtio_strerror(error), interrupts);
    REG32(FINISHER) = error == 0 ? FINISHER_PASS : FINISHER_FAIL;
    return 0;
}
