/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A console's port as a file: /dev/vport0p0. With RT_USING_POSIX_STDIO RT-Thread's shell reads its console in this way.
 *
 * read() waits for the first byte and returns what there is then, also while nobody on the host has the port open:
 * whoever comes next types into the same shell. write() waits for room, so that unlike messages of the kernel nothing
 * gets lost on a system console, and gives up when nothing has moved for RT_VIRTIO_CONSOLE_PATIENCE_MS. With O_NONBLOCK
 * neither waits. poll() tells of all of it: POLLHUP while the host's side is closed, and when the port was removed.
 */
#include "rt_virtio_console.h"

#if defined(RT_USING_VIRTIO_CONSOLE) && defined(RT_USING_POSIX_DEVIO)

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#include "rt_virtio_dfs.h"

#ifdef RT_USING_POSIX_TERMIOS
#include <termios.h>
#endif

/* Flags that F_SETFL changes. */
#define FLAGS_CHANGED (O_NONBLOCK | O_APPEND)

/* RT-Thread wakes one who waits at a time, and he may not be the one who is meant. */
#define WAKE_MAX 8

static struct rt_virtio_console_port *port_of(const rt_virtio_file_t *file)
{
    return rt_container_of(rt_virtio_file_device(file), struct rt_virtio_console_port, parent);
}

/* --- Waking --- */

static void wake(rt_wqueue_t *queue, rt_ubase_t key)
{
    int i = 0;

    do
    {
        rt_wqueue_wakeup(queue, (void *)key); /* of nobody as well: who is about to sleep does not */
    } while (++i < WAKE_MAX && !rt_list_isempty(&queue->waiting_list));
}

void rt_virtio_console_file_tell(struct rt_virtio_console_port *port, rt_uint32_t what)
{
    rt_ubase_t key = 0;

    key |= (what & RT_VIRTIO_CONSOLE_TELL_READABLE) != 0 ? POLLIN : 0;
    key |= (what & RT_VIRTIO_CONSOLE_TELL_WRITABLE) != 0 ? POLLOUT : 0;
    key |= (what & RT_VIRTIO_CONSOLE_TELL_CHANGED) != 0 ? POLLIN | POLLOUT | POLLHUP : 0;
    if (key != 0)
    {
        wake(&port->parent.wait_queue, key);
    }
}

/* --- Open, close --- */

static int file_open(rt_virtio_file_t *file)
{
    rt_uint16_t access = RT_DEVICE_FLAG_RDONLY | RT_DEVICE_FLAG_INT_RX;

    switch (file->flags & O_ACCMODE)
    {
    case O_WRONLY:
        access = RT_DEVICE_FLAG_WRONLY;
        break;
    case O_RDWR:
        access = RT_DEVICE_FLAG_RDWR | RT_DEVICE_FLAG_INT_RX;
        break;
    default:
        break;
    }
    return rt_device_open(rt_virtio_file_device(file), access) == RT_EOK ? 0 : -EIO;
}

static int file_close(rt_virtio_file_t *file)
{
    return rt_device_close(rt_virtio_file_device(file)) == RT_EOK ? 0 : -EIO;
}

/* --- Reading and writing --- */

static rt_virtio_file_size_t file_read(rt_virtio_file_t *file, void *buffer, size_t size RT_VIRTIO_FILE_POSITION)
{
    rt_device_t dev = rt_virtio_file_device(file);
    rt_base_t count;
    int result;

    while (size != 0)
    {
        count = (rt_base_t)rt_device_read(dev, -1, buffer, size);
        if (count > 0)
        {
            return (rt_virtio_file_size_t)count;
        }
        if ((file->flags & O_NONBLOCK) != 0)
        {
            return count < 0 ? -EIO : -EAGAIN;
        }
        result = rt_virtio_wait_in_queue(&dev->wait_queue, RT_VIRTIO_CONSOLE_SLICE_MS);
        if (count < 0)
        {
            return -EIO; /* not at once: the shell would ask again without end, and nothing else would run */
        }
        if (result == -RT_EINTR)
        {
            return -EINTR;
        }
    }
    return 0;
}

static rt_virtio_file_size_t file_write(rt_virtio_file_t *file, const void *buffer, size_t size RT_VIRTIO_FILE_POSITION)
{
    struct rt_virtio_console_port *port = port_of(file);
    rt_bool_t wait = (file->flags & O_NONBLOCK) == 0;
    rt_size_t done = rt_virtio_console_put(port, buffer, size, wait);

    if (done != 0 || size == 0)
    {
        return (rt_virtio_file_size_t)done;
    }
    if (port->gone)
    {
        return -EIO;
    }
    if (!port->console->engine.ports[port->index].host_open)
    {
        return -EPIPE;
    }
    return wait ? -EIO : -EAGAIN;
}

/* --- Poll --- */

static int file_poll(rt_virtio_file_t *file, struct rt_pollreq *request)
{
    struct rt_virtio_console_port *port = port_of(file);
    struct virtio_console *engine = &port->console->engine;
    rt_base_t level;
    int mask = 0;

    rt_poll_add(&port->parent.wait_queue, request);
    level = rt_virtio_console_lock(port->console);
    if (virtio_console_readable(engine, port->index) != 0)
    {
        mask |= POLLIN;
    }
    if (port->gone || !engine->ports[port->index].host_open)
    {
        mask |= POLLHUP;
    }
    else if (virtio_console_room(engine, port->index) != 0 || virtio_console_reclaim(engine, port->index) > 0)
    {
        mask |= POLLOUT;
    }
    rt_virtio_console_unlock(port->console, level);
    switch (file->flags & O_ACCMODE)
    {
    case O_RDONLY:
        return mask & ~POLLOUT;
    case O_WRONLY:
        return mask & ~POLLIN;
    default:
        return mask;
    }
}

/* --- Control --- */

static int get_size(struct rt_virtio_console_port *port, struct winsize *size)
{
    struct rt_virtio_console_size known = {0, 0};

    if (rt_device_control(&port->parent, RT_VIRTIO_CONSOLE_CTRL_GET_SIZE, &known) != RT_EOK)
    {
        return -EIO;
    }
    memset(size, 0, sizeof(*size));
    size->ws_col = known.cols;
    size->ws_row = known.rows;
    return 0;
}

static int forget_input(struct rt_virtio_console_port *port)
{
    rt_uint8_t waste[64];
    rt_size_t left;
    rt_base_t count;

    /* What there is now, so that a host that keeps sending does not keep us. */
    for (left = virtio_console_readable(&port->console->engine, port->index); left > 0; left -= (rt_size_t)count)
    {
        count = (rt_base_t)rt_device_read(&port->parent, -1, waste, left < sizeof(waste) ? left : sizeof(waste));
        if (count <= 0)
        {
            break;
        }
    }
    return 0;
}

#ifdef RT_USING_POSIX_TERMIOS

/* There is no line to set; of all the flags there is one that has a meaning: "\n" as "\r\n". */
static int get_terminal(struct rt_virtio_console_port *port, struct termios *terminal)
{
    memset(terminal, 0, sizeof(*terminal));
    terminal->c_cflag = CREAD | CS8 | CLOCAL;
    if ((port->parent.open_flag & RT_DEVICE_FLAG_STREAM) != 0)
    {
        terminal->c_oflag = OPOST | ONLCR;
    }
    return 0;
}

static int set_terminal(struct rt_virtio_console_port *port, const struct termios *terminal)
{
    rt_bool_t stream = (terminal->c_oflag & OPOST) != 0 && (terminal->c_oflag & ONLCR) != 0;
    rt_base_t level = rt_virtio_console_lock(port->console);

    port->parent.open_flag = (rt_uint16_t)(stream ? port->parent.open_flag | RT_DEVICE_FLAG_STREAM
                                                  : port->parent.open_flag & ~RT_DEVICE_FLAG_STREAM);
    rt_virtio_console_unlock(port->console, level);
    return 0;
}

/* 1: it is another command. */
static int control_terminal(struct rt_virtio_console_port *port, unsigned int command, void *args)
{
    switch (command)
    {
    case TCGETS:
#if defined(TCGETA) && TCGETA != TCGETS
    case TCGETA:
#endif
        return args != RT_NULL ? get_terminal(port, args) : -EINVAL;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
#if defined(TCSETA) && TCSETA != TCSETS
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
#endif
        return args != RT_NULL ? set_terminal(port, args) : -EINVAL;
    default:
        return 1;
    }
}

#else

static int control_terminal(struct rt_virtio_console_port *port, unsigned int command, void *args)
{
    (void)port;
    (void)command;
    (void)args;
    return 1;
}

#endif

/* RT-Thread's own error for what is left to the device. */
static int control_device(struct rt_virtio_console_port *port, int command, void *args)
{
    switch (rt_device_control(&port->parent, command, args))
    {
    case RT_EOK:
        return 0;
    case -RT_EIO:
        return -EIO;
    default:
        return -EINVAL;
    }
}

static int file_control(rt_virtio_file_t *file, int command, void *args)
{
    struct rt_virtio_console_port *port = port_of(file);
    struct virtio_console *engine = &port->console->engine;
    int result = control_terminal(port, (unsigned int)command, args);

    if (result != 1)
    {
        return result;
    }
    switch ((unsigned int)command)
    {
    case F_GETFL:
        return (int)file->flags;
    case F_SETFL: /* the flags are the argument itself */
        file->flags = (file->flags & ~(rt_uint32_t)FLAGS_CHANGED) | ((rt_uint32_t)(rt_ubase_t)args & FLAGS_CHANGED);
        return 0;
#ifdef TCFLSH
    case TCFLSH:
        return forget_input(port);
#endif
    default:
        break;
    }
    if (args == RT_NULL)
    {
        return control_device(port, command, args);
    }
    switch ((unsigned int)command)
    {
    case FIONREAD:
        *(int *)args = (int)virtio_console_readable(engine, port->index);
        return 0;
#ifdef FIONWRITE
    case FIONWRITE:
        *(int *)args = (int)virtio_console_room(engine, port->index);
        return 0;
#endif
    case TIOCGWINSZ:
        return get_size(port, args);
    default:
        return control_device(port, command, args);
    }
}

const struct dfs_file_ops rt_virtio_console_file = {
    .open = file_open,
    .close = file_close,
    .ioctl = file_control,
    .read = file_read,
    .write = file_write,
    .poll = file_poll,
};

#endif /* RT_USING_VIRTIO_CONSOLE && RT_USING_POSIX_DEVIO */
