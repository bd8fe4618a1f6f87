/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RT-Thread's files, as far as a driver meets them, in three generations: that of 5.0.0 (DFS_5_0_0), the first DFS of
 * 5.1 and later, and the second one (RT_USING_DFS_V2). Declarations of our own, for tests.
 */
#ifndef DFS_FILE_H_
#define DFS_FILE_H_

#include <stdint.h>
#include <sys/types.h>

struct rt_pollreq;
struct dirent;

#ifdef DFS_5_0_0
#define TESTS_FILE        struct dfs_fd
#define TESTS_FILE_RESULT int
#define TESTS_FILE_POSITION
struct dfs_fnode
#else
#define TESTS_FILE        struct dfs_file
#define TESTS_FILE_RESULT ssize_t
#ifdef RT_USING_DFS_V2
#define TESTS_FILE_POSITION , off_t *pos
#else
#define TESTS_FILE_POSITION
#endif
struct dfs_vnode
#endif
{
    uint16_t type;
    int ref_count;
    const struct dfs_file_ops *fops;
    uint32_t flags;
    size_t size;
    void *data;
};

TESTS_FILE
{
    uint16_t magic;
    uint32_t flags;
    int ref_count;
    off_t pos;
#ifdef DFS_5_0_0
    struct dfs_fnode *vnode;
#else
    struct dfs_vnode *vnode;
#endif
    void *data;
};

struct dfs_file_ops
{
    int (*open)(TESTS_FILE *file);
    int (*close)(TESTS_FILE *file);
    int (*ioctl)(TESTS_FILE *file, int cmd, void *args);
    TESTS_FILE_RESULT (*read)(TESTS_FILE *file, void *buf, size_t count TESTS_FILE_POSITION);
    TESTS_FILE_RESULT (*write)(TESTS_FILE *file, const void *buf, size_t count TESTS_FILE_POSITION);
    int (*flush)(TESTS_FILE *file);
    int (*getdents)(TESTS_FILE *file, struct dirent *dirp, uint32_t count);
    int (*poll)(TESTS_FILE *file, struct rt_pollreq *req);
};

struct dfs_mmap2_args
{
    void *addr;
    size_t length;
    int prot;
    int flags;
    off_t pgoffset; /* in pages of 4096 bytes */
    void *ret;
};

#define RT_FIOMMAP2 0x52540002U

#endif /* DFS_FILE_H_ */
