/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell command `blk`: many threads at once, to stress a block device or to measure what requests cost.
 */
#include "rt_virtio_blk_shell.h"

#if defined(RT_USING_VIRTIO_SHELL) && defined(RT_USING_VIRTIO_BLK)

#include <string.h>

#include "rt_virtio.h"

#define THREADS_MAX     16
#define WORKER_STACK    4096
#define WORKER_PRIORITY (RT_THREAD_PRIORITY_MAX - 10)
#define BENCH_BYTES     4096u
#define NAME_BYTES      20

/* A worker of stress has so many places of so many sectors, and remembers what it wrote to each. */
#define PLACES        64u
#define PLACE_SECTORS 16u

/* Buffers begin at any address, to try every alignment. */
#define MISALIGN_MAX 63u

struct place
{
    rt_uint32_t seed;
    rt_uint32_t count; /* sectors that have the pattern; 0: nothing written yet */
};

struct load
{
    rt_device_t dev;
    char name[NAME_BYTES];
    rt_uint32_t bytes; /* of a sector */
    rt_uint64_t sectors;
    rt_uint32_t threads;
    rt_tick_t until;        /* stress */
    rt_uint32_t operations; /* bench: in all */
    rt_bool_t background;
    struct rt_semaphore finished;
    struct worker
    {
        struct load *load;
        rt_uint32_t number;
        rt_uint32_t random;
        rt_uint32_t requests;
        rt_uint32_t errors;
        rt_uint32_t mismatches;
        struct place places[PLACES];
    } workers[THREADS_MAX];
};

static rt_uint32_t next_random(struct worker *worker)
{
    worker->random = worker->random * 1664525u + 1013904223u;
    return worker->random >> 8;
}

/* --- Stress --- */

static void stress_once(struct worker *worker, rt_uint8_t *memory)
{
    struct load *load = worker->load;
    rt_uint64_t part = load->sectors / load->threads;
    rt_uint32_t places = part / PLACE_SECTORS < PLACES ? (rt_uint32_t)(part / PLACE_SECTORS) : PLACES;
    rt_uint32_t number = next_random(worker) % places;
    struct place *place = &worker->places[number];
    rt_uint64_t sector = part * worker->number + number * PLACE_SECTORS;
    rt_uint8_t *buffer = memory + next_random(worker) % (MISALIGN_MAX + 1);
    rt_bool_t write = place->count == 0 || next_random(worker) % 2 == 0;
    rt_uint32_t count = write ? 1 + next_random(worker) % PLACE_SECTORS : place->count;
    long result;

    worker->requests++;
    if (write)
    {
        place->seed = next_random(worker);
        place->count = 0;
        rt_virtio_blk_fill_pattern(buffer, sector, count, load->bytes, place->seed);
        result = (long)rt_device_write(load->dev, (rt_off_t)sector, buffer, count);
        place->count = result == (long)count ? count : 0;
    }
    else
    {
        memset(buffer, 0, (rt_size_t)count * load->bytes);
        result = (long)rt_device_read(load->dev, (rt_off_t)sector, buffer, count);
    }
    if (result != (long)count)
    {
        worker->errors++;
        rt_virtio_blk_complain(write ? "write" : "read", load->name, sector, count, result);
    }
    else if (!write && rt_virtio_blk_check_pattern(buffer, sector, count, load->bytes, place->seed) != count)
    {
        worker->mismatches++;
        rt_kprintf("blk: mismatch in %s at %lu count %lu\n", load->name, (unsigned long)sector, (unsigned long)count);
    }
}

static void stress_worker(void *parameter)
{
    struct worker *worker = parameter;
    struct load *load = worker->load;
    rt_uint8_t *memory = rt_malloc(PLACE_SECTORS * load->bytes + MISALIGN_MAX);

    if (memory == RT_NULL)
    {
        worker->errors++;
    }
    while (memory != RT_NULL && (rt_int32_t)(load->until - rt_tick_get()) > 0)
    {
        stress_once(worker, memory);
    }
    rt_free(memory);
    rt_sem_release(&load->finished);
}

/* --- Bench --- */

static void bench_worker(void *parameter)
{
    struct worker *worker = parameter;
    struct load *load = worker->load;
    rt_uint32_t count = BENCH_BYTES / load->bytes;
    rt_uint64_t blocks = load->sectors / count;
    rt_uint8_t *buffer = rt_malloc(BENCH_BYTES);
    rt_uint32_t i;

    for (i = worker->number; buffer != RT_NULL && i < load->operations; i += load->threads)
    {
        worker->requests++;
        if ((rt_uint32_t)rt_device_read(load->dev, (rt_off_t)(i % blocks * count), buffer, count) != count)
        {
            worker->errors++;
        }
    }
    if (buffer == RT_NULL)
    {
        worker->errors++;
    }
    rt_free(buffer);
    rt_sem_release(&load->finished);
}

/* --- Both --- */

static struct load *new_load(rt_device_t dev, const char *name, rt_uint32_t threads)
{
    struct rt_device_blk_geometry geometry;
    struct load *load;

    if (threads == 0 || threads > THREADS_MAX)
    {
        rt_kprintf("blk: from 1 to %d threads\n", THREADS_MAX);
        return RT_NULL;
    }
    load = rt_calloc(1, sizeof(*load));
    if (load == RT_NULL || rt_device_control(dev, RT_DEVICE_CTRL_BLK_GETGEOME, &geometry) != RT_EOK)
    {
        rt_kprintf("blk: no memory\n");
        rt_free(load);
        return RT_NULL;
    }
    load->dev = dev;
    load->bytes = geometry.bytes_per_sector;
    load->sectors = geometry.sector_count;
    load->threads = threads;
    rt_strncpy(load->name, name, sizeof(load->name) - 1);
    rt_sem_init(&load->finished, "blkload", 0, RT_IPC_FLAG_FIFO);
    return load;
}

static void free_load(struct load *load)
{
    rt_sem_detach(&load->finished);
    rt_free(load);
}

/* Start the workers, and wait for them. */
static void run_workers(struct load *load, void (*entry)(void *))
{
    rt_thread_t thread;
    rt_uint32_t i;

    for (i = 0; i < load->threads; i++)
    {
        load->workers[i].load = load;
        load->workers[i].number = i;
        load->workers[i].random = i * 7919u + rt_tick_get();
        thread = rt_thread_create("blkload", entry, &load->workers[i], WORKER_STACK, WORKER_PRIORITY, 2);
        if (thread == RT_NULL)
        {
            load->workers[i].errors++;
            rt_sem_release(&load->finished);
            continue;
        }
        rt_thread_startup(thread);
    }
    for (i = 0; i < load->threads; i++)
    {
        rt_sem_take(&load->finished, RT_WAITING_FOREVER);
    }
}

static int report(struct load *load, const char *title)
{
    rt_uint32_t requests = 0;
    rt_uint32_t errors = 0;
    rt_uint32_t mismatches = 0;
    rt_uint32_t i;

    for (i = 0; i < load->threads; i++)
    {
        requests += load->workers[i].requests;
        errors += load->workers[i].errors;
        mismatches += load->workers[i].mismatches;
    }
    rt_kprintf("%s: %lu requests, %lu errors, %lu mismatches\n", title, (unsigned long)requests, (unsigned long)errors,
               (unsigned long)mismatches);
    return errors + mismatches == 0 ? 0 : -1;
}

static void stress_all(void *parameter)
{
    struct load *load = parameter;

    run_workers(load, stress_worker);
    report(load, "stress");
    if (load->background)
    {
        rt_device_close(load->dev);
        free_load(load);
    }
}

int rt_virtio_blk_stress(rt_device_t dev, const char *name, rt_uint32_t threads, rt_uint32_t seconds,
                         rt_bool_t background)
{
    struct load *load = new_load(dev, name, threads);
    rt_thread_t thread;

    if (load == RT_NULL)
    {
        return -1;
    }
    if (load->sectors / threads < PLACE_SECTORS)
    {
        rt_kprintf("blk: %s is too small for %lu threads\n", name, (unsigned long)threads);
        free_load(load);
        return -1;
    }
    load->until = rt_tick_get() + seconds * RT_TICK_PER_SECOND;
    load->background = background;
    if (!background)
    {
        stress_all(load);
        free_load(load);
        return 0;
    }
    /* The device stays open until it has finished. */
    thread = rt_thread_create("blkload", stress_all, load, WORKER_STACK, WORKER_PRIORITY, 2);
    if (thread == RT_NULL || rt_device_open(dev, RT_DEVICE_FLAG_RDWR) != RT_EOK)
    {
        rt_kprintf("blk: cannot start in the background\n");
        free_load(load);
        return -1;
    }
    return rt_thread_startup(thread) == RT_EOK ? 0 : -1;
}

/* Counters of all queues together. */
static void add_up(struct rt_virtio_device *device, struct virtio_queue_stats *sum)
{
    struct virtio_queue *queue;
    unsigned int i;

    memset(sum, 0, sizeof(*sum));
    for (i = 0; device != RT_NULL && (queue = device->class->queue(device, i)) != RT_NULL; i++)
    {
        sum->notifications += queue->stats.notifications;
        sum->interrupts += queue->stats.interrupts;
    }
}

int rt_virtio_blk_bench(rt_device_t dev, const char *name, rt_uint32_t threads, rt_uint32_t operations)
{
    struct load *load = new_load(dev, name, threads);
    struct virtio_queue_stats before;
    struct virtio_queue_stats after;
    rt_tick_t begin;
    int result;

    if (load == RT_NULL)
    {
        return -1;
    }
    if (load->bytes > BENCH_BYTES || load->sectors * load->bytes < BENCH_BYTES)
    {
        rt_kprintf("blk: %s has no blocks of 4 KiB\n", name);
        free_load(load);
        return -1;
    }
    load->operations = operations;
    add_up(rt_virtio_find(name), &before);
    begin = rt_tick_get();
    run_workers(load, bench_worker);
    begin = rt_tick_get() - begin;
    add_up(rt_virtio_find(name), &after);
    result = report(load, "bench");
    rt_kprintf("bench: %lu notifications, %lu interrupts, %lu ms\n",
               (unsigned long)(after.notifications - before.notifications),
               (unsigned long)(after.interrupts - before.interrupts),
               (unsigned long)(begin * 1000u / RT_TICK_PER_SECOND));
    free_load(load);
    return result;
}

#endif /* RT_USING_VIRTIO_SHELL && RT_USING_VIRTIO_BLK */
