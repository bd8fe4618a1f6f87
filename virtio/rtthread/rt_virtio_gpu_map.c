/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU in RT-Thread: the frame buffer in the address space of a process.
 */
#include "rt_virtio_gpu.h"

#if defined(RT_USING_VIRTIO_GPU) && (defined(RT_VIRTIO_GPU_HAS_FB) || defined(RT_USING_GRAPHIC))

#ifdef RT_VIRTIO_GPU_MAP

#include <dfs_file.h>

#ifdef RT_USING_SMART
#include <lwp.h>
#include <lwp_user_mm.h>
#endif

#define PAGE_BYTES 4096u

/* In the flags of mmap(): at this address and no other. */
#define FIXED 0x10

/* Where a process sees memory of this physical address; NULL: nowhere. */
static void *map(const struct dfs_mmap2_args *args, virtio_dma_addr_t address)
{
#ifdef RT_USING_SMART
    struct rt_lwp *process = lwp_self();
    void *at = (args->flags & FIXED) != 0 ? args->addr : RT_NULL;

    if (process == RT_NULL)
    {
        return RT_NULL;
    }
    /* Cached, as the kernel has it: the same memory must not be both, and the device sees what is in caches. */
    return lwp_map_user_phy(process, at, (void *)(rt_ubase_t)address, args->length, 1);
#else
    return (args->flags & FIXED) == 0 ? (void *)(rt_ubase_t)address : RT_NULL; /* there is but one address space */
#endif
}

rt_err_t rt_virtio_gpu_map(struct rt_virtio_gpu_screen *screen, void *args)
{
    struct dfs_mmap2_args *mapping = args;
    struct rt_virtio_gpu_picture *picture;
    rt_err_t result = RT_EOK;
    rt_size_t offset;

    if (mapping == RT_NULL || mapping->pgoffset < 0)
    {
        return -RT_EINVAL;
    }
    result = rt_virtio_gpu_pin(screen, 0, 0, 0); /* for good: nobody tells when it is not mapped any more */
    if (result != RT_EOK)
    {
        return result;
    }
    picture = rt_virtio_gpu_get(screen, RT_NULL);
    if (picture->pixels != picture->memory)
    {
        result = -RT_ENOSYS; /* what would be mapped is not whole pages */
    }
    else if (mapping->length == 0 || mapping->length > picture->piece.length ||
             (rt_uint64_t)mapping->pgoffset > (picture->piece.length - mapping->length) / PAGE_BYTES)
    {
        result = -RT_EINVAL;
    }
    else
    {
        /* The memory is physically contiguous, and of whole pages (rt_virtio_gpu_picture.c). */
        offset = (rt_size_t)mapping->pgoffset * PAGE_BYTES;
        mapping->ret = map(mapping, picture->piece.address + offset);
        result = mapping->ret != RT_NULL ? RT_EOK : -RT_ENOMEM;
    }
    rt_virtio_gpu_put(screen, picture);
    if (result != RT_EOK)
    {
        mapping->ret = (void *)-1;
        rt_virtio_gpu_unpin(screen);
    }
    return result;
}

#else

rt_err_t rt_virtio_gpu_map(struct rt_virtio_gpu_screen *screen, void *args)
{
    (void)screen;
    (void)args;
    return -RT_ENOSYS;
}

#endif

#endif /* RT_USING_VIRTIO_GPU && (RT_VIRTIO_GPU_HAS_FB || RT_USING_GRAPHIC) */
