/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for RT-Thread's open(), read() and poll() on devices (RT_USING_POSIX_DEVIO), and a command to use it.
 */

#include <rtthread.h>

#ifdef RT_USING_POSIX_DEVIO

#include <errno.h>
#include <fcntl.h>
#include <finsh.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <dfs_file.h>

#ifdef RT_USING_DFS_V2
#define POSITION , RT_NULL
#else
#define POSITION
#endif

static struct dfs_vnode node;
static struct dfs_file file = {.vnode = &node};

/* --- poll() --- */

struct waiter
{
    rt_pollreq_t request; /* first */
    struct rt_wqueue_node node;
    rt_wqueue_t *queue;
    volatile rt_bool_t triggered;
    struct rt_semaphore sem;
};

static int wakeup(struct rt_wqueue_node *wait, void *key)
{
    struct waiter *waiter = rt_container_of(wait, struct waiter, node);

    if (key != RT_NULL && ((rt_ubase_t)key & wait->key) == 0)
    {
        return -1;
    }
    waiter->triggered = RT_TRUE;
    rt_sem_release(&waiter->sem);
    return 0;
}

static void add(rt_wqueue_t *queue, struct rt_pollreq *request)
{
    struct waiter *waiter = (struct waiter *)request;

    waiter->queue = queue;
    waiter->node.key = (rt_uint32_t)request->_key;
    waiter->node.wakeup = wakeup;
    waiter->node.polling_thread = rt_thread_self();
    rt_list_init(&waiter->node.list);
    rt_wqueue_add(queue, &waiter->node);
}

/* Once; what there is then, or after waking, or after the time. */
static int poll_once(int wanted, int ms)
{
    struct waiter waiter;
    int mask;

    memset(&waiter, 0, sizeof(waiter));
    rt_sem_init(&waiter.sem, "poll", 0, RT_IPC_FLAG_FIFO);
    waiter.request._proc = add;
    waiter.request._key = (short)(wanted | POLLHUP);
    mask = node.fops->poll(&file, &waiter.request) & (wanted | POLLHUP);
    if (mask == 0)
    {
        rt_sem_take(&waiter.sem, (rt_int32_t)rt_tick_from_millisecond(ms));
        mask = node.fops->poll(&file, RT_NULL) & (wanted | POLLHUP);
        rt_kprintf("%s, ", waiter.triggered ? "woken" : "time is up");
    }
    rt_wqueue_remove(&waiter.node);
    rt_sem_detach(&waiter.sem);
    return mask;
}

/* --- The command --- */

static void print_input(const char *text, int count)
{
    rt_kprintf("read: %d \"%.*s\"\n", count, count > 0 ? count : 0, text);
}

static int use(int argc, char **argv)
{
    static char text[256];
    struct winsize size;
    int result = 0;

    if (rt_strcmp(argv[1], "read") == 0)
    {
        print_input(text, (int)node.fops->read(&file, text, sizeof(text) POSITION));
    }
    else if (rt_strcmp(argv[1], "write") == 0 && argc > 2)
    {
        rt_kprintf("write: %d\n", (int)node.fops->write(&file, argv[2], rt_strlen(argv[2]) POSITION));
    }
    else if (rt_strcmp(argv[1], "poll") == 0 && argc > 3)
    {
        result = poll_once((int)strtol(argv[2], RT_NULL, 0), atoi(argv[3]));
        rt_kprintf("poll: 0x%x\n", (unsigned int)result);
    }
    else if (rt_strcmp(argv[1], "size") == 0)
    {
        result = node.fops->ioctl(&file, TIOCGWINSZ, &size);
        rt_kprintf("size: %d %u by %u\n", result, (unsigned int)size.ws_col, (unsigned int)size.ws_row);
    }
    else if (rt_strcmp(argv[1], "pending") == 0)
    {
        node.fops->ioctl(&file, FIONREAD, &result);
        rt_kprintf("pending: %d\n", result);
    }
    else if (rt_strcmp(argv[1], "flags") == 0 && argc > 2)
    {
        node.fops->ioctl(&file, F_SETFL, (void *)strtoul(argv[2], RT_NULL, 0));
        rt_kprintf("flags: 0x%x\n", (unsigned int)node.fops->ioctl(&file, F_GETFL, RT_NULL));
    }
    else if (rt_strcmp(argv[1], "nonblock") == 0)
    {
        file.flags |= O_NONBLOCK;
    }
    else if (rt_strcmp(argv[1], "flush") == 0)
    {
        rt_kprintf("flush: %d\n", node.fops->ioctl(&file, TCFLSH, RT_NULL));
    }
    else if (rt_strcmp(argv[1], "close") == 0)
    {
        rt_kprintf("close: %d\n", node.fops->close(&file));
        node.fops = RT_NULL;
    }
    return 0;
}

static int as_file(int argc, char **argv)
{
    rt_device_t dev;

    if (argc > 2 && rt_strcmp(argv[1], "open") == 0)
    {
        dev = rt_device_find(argv[2]);
        if (dev == RT_NULL || dev->fops == RT_NULL)
        {
            rt_kprintf("open: no such file\n");
            return -1;
        }
        node.data = dev;
        node.fops = dev->fops;
        file.flags = O_RDWR;
        rt_kprintf("open: %d\n", node.fops->open(&file));
        return 0;
    }
    if (argc < 2 || node.fops == RT_NULL)
    {
        rt_kprintf("as_file open NAME | read | write TEXT | poll MASK MS | size | pending | flags N | flush | close\n");
        return -1;
    }
    return use(argc, argv);
}
MSH_CMD_EXPORT(as_file, use a device as a file);

#endif /* RT_USING_POSIX_DEVIO */
