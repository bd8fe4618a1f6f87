/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A /dev/udmabuf for a QEMU that is started with this preloaded, for hosts that have none: QEMU's GPU has no blobs
 * without it. Some versions only want it to be there, and look at memory in one piece without its help; others make a
 * dma-buf. That is a second descriptor of the guest's memory (a memfd) here, and mapping it maps that memory from where
 * the buffer is. As the kernel's, it takes whole pages of memory that cannot shrink; other than the kernel's, only
 * pieces that follow each other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS 4096
#define PAGE        4096u

static struct
{
    char device;
    unsigned long offset, size; /* of a buffer; else the size is 0 */
} known[DESCRIPTORS];

static int is_known(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS && (known[fd].device || known[fd].size != 0);
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static int make_buffer(const struct udmabuf_create_item *items, unsigned int count)
{
    unsigned long size = 0;
    unsigned int i;
    int fd;

    for (i = 0; i < count; i++)
    {
        if (items[i].size == 0 || items[i].size % PAGE != 0 || items[i].offset % PAGE != 0 ||
            items[i].memfd != items[0].memfd || items[i].offset != items[0].offset + size)
        {
            return fail(EINVAL);
        }
        size += items[i].size;
    }
    if (count == 0 || (fcntl((int)items[0].memfd, F_GET_SEALS) & F_SEAL_SHRINK) == 0)
    {
        return fail(EINVAL);
    }
    fd = fcntl((int)items[0].memfd, F_DUPFD_CLOEXEC, 0);
    if (fd >= DESCRIPTORS)
    {
        syscall(SYS_close, fd);
        return fail(EMFILE);
    }
    if (fd >= 0)
    {
        known[fd].offset = items[0].offset;
        known[fd].size = size;
    }
    return fd;
}

/* --- What QEMU calls --- */

static int open_at(int directory, const char *path, int flags, mode_t mode)
{
    int fd;

    if (path == NULL || strcmp(path, "/dev/udmabuf") != 0)
    {
        return (int)syscall(SYS_openat, directory, path, flags, mode);
    }
    fd = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    if (fd >= 0 && fd < DESCRIPTORS)
    {
        known[fd].device = 1;
    }
    return fd;
}

/* The mode is there only if a file may be made, but reading one that is not there does no harm. */
#define OPEN(name, parameters, directory)             \
    int name parameters                               \
    {                                                 \
        va_list rest;                                 \
        mode_t mode;                                  \
                                                      \
        va_start(rest, flags);                        \
        mode = (mode_t)va_arg(rest, unsigned int);    \
        va_end(rest);                                 \
        return open_at(directory, path, flags, mode); \
    }

OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int directory, const char *path, int flags, ...), directory)
OPEN(openat64, (int directory, const char *path, int flags, ...), directory)

int __open_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

int ioctl(int fd, unsigned long request, ...)
{
    const struct udmabuf_create_list *list;
    const struct udmabuf_create *one;
    struct udmabuf_create_item item;
    va_list rest;
    void *argument;

    va_start(rest, request);
    argument = va_arg(rest, void *);
    va_end(rest);
    if (!is_known(fd) || !known[fd].device)
    {
        return (int)syscall(SYS_ioctl, fd, request, argument);
    }
    switch ((unsigned int)request)
    {
    case UDMABUF_CREATE_LIST:
        list = argument;
        return make_buffer(list->list, list->count);
    case UDMABUF_CREATE:
        one = argument;
        item.memfd = one->memfd;
        item.offset = one->offset;
        item.size = one->size;
        return make_buffer(&item, 1);
    default:
        return fail(ENOTTY);
    }
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
    if (is_known(fd) && known[fd].size != 0)
    {
        if (offset < 0 || (unsigned long)offset > known[fd].size || length > known[fd].size - (unsigned long)offset)
        {
            errno = EINVAL;
            return MAP_FAILED;
        }
        offset += (off64_t)known[fd].offset;
    }
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    return mmap64(address, length, protection, flags, fd, offset);
}

int close(int fd)
{
    if (is_known(fd))
    {
        memset(&known[fd], 0, sizeof(known[fd]));
    }
    return (int)syscall(SYS_close, fd);
}
