/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device as a file of RT-Thread's DFS, whose generations differ: a file is a struct dfs_fd in 5.0.0 and a struct
 * dfs_file later, read() and write() return an int or a ssize_t, and have one argument more in the second DFS.
 */
#ifndef RT_VIRTIO_DFS_H
#define RT_VIRTIO_DFS_H

#include <errno.h>
#include <fcntl.h>

#include <dfs_file.h>

struct dfs_fd;
struct dfs_file;

/* No version says when the name changed, but the operations do. */
#define RT_VIRTIO_FILE_OP(name) __typeof__(((struct dfs_file_ops *)0)->name)

typedef __typeof__(*__builtin_choose_expr(
    __builtin_types_compatible_p(RT_VIRTIO_FILE_OP(open), int (*)(struct dfs_fd *)), (struct dfs_fd *)0,
    (struct dfs_file *)0)) rt_virtio_file_t;

#ifdef RT_USING_DFS_V2
#define RT_VIRTIO_FILE_POSITION , __attribute__((unused)) off_t *position
typedef __typeof__(((struct dfs_file_ops *)0)
                       ->read((rt_virtio_file_t *)0, (void *)0, 0, (off_t *)0)) rt_virtio_file_size_t;
#else
#define RT_VIRTIO_FILE_POSITION
typedef __typeof__(((struct dfs_file_ops *)0)->read((rt_virtio_file_t *)0, (void *)0, 0)) rt_virtio_file_size_t;
#endif

/* The device that devfs has found for it. */
#define rt_virtio_file_device(file) ((rt_device_t)(file)->vnode->data)

#endif /* RT_VIRTIO_DFS_H */
