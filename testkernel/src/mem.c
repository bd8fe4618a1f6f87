/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The heap. Blocks carry their physical neighbour and size, so that free
 * ones are merged at once; free blocks hang in lists by power of two of
 * their size. Because this heap exists to find errors, each block has guard
 * words on both sides, remembers its owner, and freed memory is filled with
 * a pattern that must still be there when it is handed out again, which also
 * shows devices that write to buffers they no longer own.
 *
 * The heap is for threads only. Its lock keeps the scheduler off but leaves
 * interrupts on.
 */

#include <string.h>

#include "kernel.h"

#define HEAP_ALIGN      16ul
#define HEAP_OWNER_MAX  12
#define HEAP_BINS       (sizeof(rt_size_t) * 8)
#define HEAP_POISON_MAX 256ul

#define MAGIC_USED      0x5553454448454150ul
#define MAGIC_FREE      0x4652454548454150ul
#define MAGIC_FRONT     0xfeedface0badf00dul
#define MAGIC_ALIGN     0xa11a11a1a11a11a1ul
#define FILL_TAIL       0xe5
#define FILL_FREED      0xdb
#define TAIL_MIN        8ul

struct heap_block
{
    rt_ubase_t magic;        /* tells used from free */
    rt_size_t size;          /* all of the block, header included */
    struct heap_block *prev; /* the block before it in memory */
    rt_size_t request;       /* bytes from the payload to the tail guard */
    void *caller;
    char owner[HEAP_OWNER_MAX];
    rt_uint32_t tick;
    rt_ubase_t front; /* last, next to the payload */
};

/* In the payload of a free block. */
struct heap_links
{
    struct heap_links *next;
    struct heap_links *prev;
};

#define HEADER    sizeof(struct heap_block)
#define BLOCK_MIN (HEADER + RT_ALIGN(sizeof(struct heap_links), HEAP_ALIGN))

#if defined(RT_USING_SMP) || !defined(TESTKERNEL_SPINLOCK_V500)
static RT_DEFINE_SPINLOCK(heap_lock);
#endif
static struct heap_block *heap_first;
static struct heap_block *heap_end; /* an empty used block, the last one */
static struct heap_links *bins[HEAP_BINS];
static rt_size_t heap_total;
static rt_size_t heap_used;
static rt_size_t heap_max_used;

static rt_uint8_t *payload_of(struct heap_block *block)
{
    return (rt_uint8_t *)block + HEADER;
}

static struct heap_block *block_of(void *payload)
{
    return (struct heap_block *)(void *)((rt_uint8_t *)payload - HEADER);
}

static struct heap_block *block_after(struct heap_block *block)
{
    return (struct heap_block *)(void *)((rt_uint8_t *)block + block->size);
}

static unsigned int bin_of(rt_size_t size)
{
    return (unsigned int)(HEAP_BINS - 1 - (unsigned int)__builtin_clzl(size));
}

/* ---- checks ---- */

static void corrupt(struct heap_block *block, void *where, const char *what) rt_noreturn;
static void corrupt(struct heap_block *block, void *where, const char *what)
{
    char owner[HEAP_OWNER_MAX + 1];

    tk_panic_begin();
    rt_memcpy(owner, block->owner, HEAP_OWNER_MAX);
    owner[HEAP_OWNER_MAX] = '\0';
    rt_kprintf("\nheap corruption: %s at %p\n", what, where);
    rt_kprintf("  block %p, size %lu, requested %lu, owner %s, caller %p, tick %u\n", payload_of(block),
               (unsigned long)(block->size - HEADER), (unsigned long)block->request, owner, block->caller, block->tick);
    rt_hw_fault_report("heap corruption");
}

/* Both guards and the neighbourhood of a block that is in use. */
static void check_used(struct heap_block *block)
{
    rt_uint8_t *tail = payload_of(block) + block->request;
    rt_uint8_t *end = (rt_uint8_t *)block + block->size;

    if (block->magic != MAGIC_USED)
    {
        corrupt(block, block, block->magic == MAGIC_FREE ? "block is free already" : "no block header");
    }
    if (block->front != MAGIC_FRONT)
    {
        corrupt(block, &block->front, "written before the block");
    }
    if (block->size < HEADER || tail > end || block_after(block) > heap_end ||
        (block != heap_end && block_after(block)->prev != block))
    {
        corrupt(block, block, "broken block header");
    }
    for (; tail < end; tail++)
    {
        if (*tail != FILL_TAIL)
        {
            corrupt(block, tail, "written behind the block");
        }
    }
}

static void check_free(struct heap_block *block)
{
    rt_uint8_t *from = payload_of(block) + sizeof(struct heap_links);
    rt_uint8_t *to = (rt_uint8_t *)block + block->size;

    if (block->size < BLOCK_MIN || block_after(block) > heap_end || block_after(block)->prev != block)
    {
        corrupt(block, block, "broken header of a free block");
    }
    to = RT_MIN(to, from + HEAP_POISON_MAX);
    for (; from < to; from++)
    {
        if (*from != FILL_FREED)
        {
            corrupt(block, from, "written after free");
        }
    }
}

/* ---- free lists (locked) ---- */

static void bin_insert(struct heap_block *block)
{
    struct heap_links *links = (struct heap_links *)(void *)payload_of(block);
    unsigned int bin = bin_of(block->size);
    rt_size_t room = block->size - HEADER - sizeof(*links);

    block->magic = MAGIC_FREE;
    block->request = 0;
    block->front = MAGIC_FRONT;
    rt_memset(links + 1, FILL_FREED, RT_MIN(room, HEAP_POISON_MAX));
    links->prev = RT_NULL;
    links->next = bins[bin];
    if (links->next != RT_NULL)
    {
        links->next->prev = links;
    }
    bins[bin] = links;
}

static void bin_remove(struct heap_block *block)
{
    struct heap_links *links = (struct heap_links *)(void *)payload_of(block);

    if (links->next != RT_NULL)
    {
        links->next->prev = links->prev;
    }
    if (links->prev != RT_NULL)
    {
        links->prev->next = links->next;
    }
    else
    {
        bins[bin_of(block->size)] = links->next;
    }
}

/* The first block that is large enough, from the smallest class upwards. */
static struct heap_block *bin_find(rt_size_t size)
{
    unsigned int bin;

    for (bin = bin_of(size); bin < HEAP_BINS; bin++)
    {
        struct heap_links *links;

        for (links = bins[bin]; links != RT_NULL; links = links->next)
        {
            struct heap_block *block = block_of(links);

            if (block->magic != MAGIC_FREE)
            {
                corrupt(block, block, "broken list of free blocks");
            }
            if (block->size >= size)
            {
                return block;
            }
        }
    }

    return RT_NULL;
}

/* Makes the rest of a block that is too large a block of its own. */
static void split(struct heap_block *block, rt_size_t size)
{
    struct heap_block *rest;

    if (block->size - size < BLOCK_MIN)
    {
        return;
    }
    rest = (struct heap_block *)(void *)((rt_uint8_t *)block + size);
    rt_memset(rest, 0, HEADER);
    rest->size = block->size - size;
    rest->prev = block;
    block_after(rest)->prev = rest;
    block->size = size;
    bin_insert(rest);
}

static void set_tail(struct heap_block *block, rt_size_t request)
{
    block->request = request;
    rt_memset(payload_of(block) + request, FILL_TAIL, block->size - HEADER - request);
}

static void *heap_take(rt_size_t size, void *caller)
{
    struct rt_thread *self = rt_thread_self();
    struct heap_block *block;
    rt_size_t need;

    RT_DEBUG_NOT_IN_INTERRUPT;
    if (size == 0 || size > heap_total)
    {
        return RT_NULL;
    }
    need = RT_ALIGN(HEADER + RT_MAX(size, sizeof(struct heap_links)) + TAIL_MIN, HEAP_ALIGN);

    rt_spin_lock(&heap_lock);
    block = bin_find(need);
    if (block == RT_NULL)
    {
        rt_spin_unlock(&heap_lock);
        return RT_NULL;
    }
    check_free(block);
    bin_remove(block);
    split(block, need);
    block->magic = MAGIC_USED;
    block->front = MAGIC_FRONT;
    block->caller = caller;
    block->tick = rt_tick_get();
    rt_strncpy(block->owner, self != RT_NULL ? self->parent.name : "boot", HEAP_OWNER_MAX);
    set_tail(block, size);
    heap_used += block->size;
    heap_max_used = RT_MAX(heap_max_used, heap_used);
    rt_spin_unlock(&heap_lock);

    return payload_of(block);
}

static void heap_give(void *ptr)
{
    struct heap_block *block = block_of(ptr);
    struct heap_block *after;
    struct heap_block *before;

    if (block < heap_first || block >= heap_end || ((rt_ubase_t)ptr & (HEAP_ALIGN - 1)) != 0)
    {
        tk_panic_begin();
        rt_kprintf("\nheap corruption: %p freed, which is no heap block\n", ptr);
        rt_hw_fault_report("heap corruption");
    }

    rt_spin_lock(&heap_lock);
    check_used(block);
    heap_used -= block->size;

    after = block_after(block);
    if (after->magic == MAGIC_FREE)
    {
        check_free(after);
        bin_remove(after);
        block->size += after->size;
        /* A stale header must not look like a block. */
        after->magic = 0;
        block_after(block)->prev = block;
    }
    before = block->prev;
    if (before != RT_NULL && before->magic == MAGIC_FREE)
    {
        check_free(before);
        bin_remove(before);
        before->size += block->size;
        block->magic = 0;
        block_after(before)->prev = before;
        block = before;
    }
    bin_insert(block);
    rt_spin_unlock(&heap_lock);
}

/* ---- interface ---- */

void rt_system_heap_init(void *begin_addr, void *end_addr)
{
    rt_ubase_t begin = RT_ALIGN((rt_ubase_t)begin_addr, HEAP_ALIGN);
    rt_ubase_t end = RT_ALIGN_DOWN((rt_ubase_t)end_addr, HEAP_ALIGN);

    RT_ASSERT(end > begin && end - begin > BLOCK_MIN + HEADER);

    heap_first = (struct heap_block *)begin;
    heap_end = (struct heap_block *)(end - HEADER);
    rt_memset(heap_first, 0, HEADER);
    rt_memset(heap_end, 0, HEADER);
    heap_first->size = end - begin - HEADER;
    heap_end->size = HEADER;
    heap_end->prev = heap_first;
    heap_end->magic = MAGIC_USED;
    heap_end->front = MAGIC_FRONT;
    heap_total = heap_first->size;
    bin_insert(heap_first);
}

void *rt_malloc(rt_size_t size)
{
    return heap_take(size, __builtin_return_address(0));
}

void rt_free(void *ptr)
{
    RT_DEBUG_NOT_IN_INTERRUPT;
    if (ptr != RT_NULL)
    {
        heap_give(ptr);
    }
}

void *rt_calloc(rt_size_t count, rt_size_t size)
{
    rt_size_t bytes;
    void *ptr;

    if (__builtin_mul_overflow(count, size, &bytes))
    {
        return RT_NULL;
    }
    ptr = heap_take(bytes, __builtin_return_address(0));
    if (ptr != RT_NULL)
    {
        rt_memset(ptr, 0, bytes);
    }

    return ptr;
}

void *rt_realloc(void *ptr, rt_size_t newsize)
{
    rt_size_t old;
    void *fresh;

    if (ptr == RT_NULL)
    {
        return heap_take(newsize, __builtin_return_address(0));
    }
    if (newsize == 0)
    {
        rt_free(ptr);
        return RT_NULL;
    }
    old = block_of(ptr)->request;
    fresh = heap_take(newsize, __builtin_return_address(0));
    if (fresh != RT_NULL)
    {
        rt_memcpy(fresh, ptr, RT_MIN(old, newsize));
        heap_give(ptr);
    }

    return fresh;
}

/*
 * The aligned address lies at least two words inside an ordinary block: the
 * word before it leads back to the block, and so a pointer that is freed by
 * the wrong one of the two free functions never looks right.
 */
void *rt_malloc_align(rt_size_t size, rt_size_t align)
{
    rt_uint8_t *base;
    rt_ubase_t aligned;

    align = RT_MAX(align, HEAP_ALIGN);
    RT_ASSERT((align & (align - 1)) == 0);
    if (size == 0 || size > heap_total || align > heap_total)
    {
        return RT_NULL;
    }
    base = (rt_uint8_t *)heap_take(size + align + HEAP_ALIGN, __builtin_return_address(0));
    if (base == RT_NULL)
    {
        return RT_NULL;
    }
    aligned = RT_ALIGN((rt_ubase_t)base + HEAP_ALIGN, align);

    /* The guard moves right behind what was asked for. */
    rt_spin_lock(&heap_lock);
    set_tail(block_of(base), aligned - (rt_ubase_t)base + size);
    rt_spin_unlock(&heap_lock);
    ((rt_ubase_t *)aligned)[-1] = (rt_ubase_t)base ^ MAGIC_ALIGN;
    ((rt_ubase_t *)aligned)[-2] = MAGIC_FRONT;

    return (void *)aligned;
}

void rt_free_align(void *ptr)
{
    rt_ubase_t base;

    RT_DEBUG_NOT_IN_INTERRUPT;
    if (ptr == RT_NULL)
    {
        return;
    }
    base = ((rt_ubase_t *)ptr)[-1] ^ MAGIC_ALIGN;
    if (((rt_ubase_t *)ptr)[-2] != MAGIC_FRONT || base >= (rt_ubase_t)ptr ||
        base < (rt_ubase_t)payload_of(heap_first) || (base & (HEAP_ALIGN - 1)) != 0)
    {
        tk_panic_begin();
        rt_kprintf("\nheap corruption: written before the aligned block %p, or not aligned\n", ptr);
        rt_hw_fault_report("heap corruption");
    }
    heap_give((void *)base);
}

void rt_memory_info(rt_size_t *total, rt_size_t *used, rt_size_t *max_used)
{
    rt_spin_lock(&heap_lock);
    if (total != RT_NULL)
    {
        *total = heap_total;
    }
    if (used != RT_NULL)
    {
        *used = heap_used;
    }
    if (max_used != RT_NULL)
    {
        *max_used = heap_max_used;
    }
    rt_spin_unlock(&heap_lock);
}

/* Walks over all blocks; does not return if one is damaged. */
rt_size_t rt_system_heap_check(void)
{
    struct heap_block *block;
    struct heap_block *before = RT_NULL;
    rt_size_t count = 0;

    if (heap_first == RT_NULL)
    {
        return 0;
    }
    rt_spin_lock(&heap_lock);
    for (block = heap_first; block != heap_end; block = block_after(block))
    {
        if (block->prev != before)
        {
            corrupt(block, &block->prev, "broken block header");
        }
        if (block->magic == MAGIC_FREE)
        {
            check_free(block);
        }
        else
        {
            check_used(block);
        }
        before = block;
        count++;
    }
    rt_spin_unlock(&heap_lock);

    return count;
}
