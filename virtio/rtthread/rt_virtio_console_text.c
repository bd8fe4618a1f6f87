/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port as the system console, which is written to in every context and state, and last words on a console device
 * that does not work.
 */
#include "rt_virtio_console.h"

#ifdef RT_USING_VIRTIO_CONSOLE

#include <string.h>

#include <virtio.h>
#include <virtio/byteorder.h>
#include <virtio/transport.h>

/* "\r\n[vport0p0: 4294967295 bytes lost]\r\n" */
#define NOTICE_BYTES 64

rt_bool_t rt_virtio_console_is_system(const struct rt_virtio_console_port *port)
{
#ifdef RT_VIRTIO_CONSOLE_SERIAL
    if (port->twin != RT_NULL && rt_virtio_console_device() == port->twin)
    {
        return RT_TRUE;
    }
#endif
    return rt_virtio_console_device() == &port->parent;
}

/* --- What found no room (with the lock held, or inside the engine, which is the same) --- */

static void lose(struct rt_virtio_console_port *port, rt_size_t size)
{
    if (size != 0)
    {
        port->lost += size;
        port->missing += (rt_uint32_t)size;
        port->console->untold = RT_TRUE;
    }
    if (port->gone)
    {
        port->missing = 0; /* there is nowhere to mention it */
    }
}

static rt_size_t keep(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size)
{
    rt_size_t room = sizeof(port->pocket) - port->pocketed;
    rt_size_t kept = size < room ? size : room;

    memcpy(port->pocket + port->pocketed, data, kept);
    port->pocketed += (rt_uint32_t)kept;
    port->overflow += (rt_uint32_t)(size - kept);
    port->console->untold = RT_TRUE;
    return kept;
}

/* True if the device cannot take anything now, as opposed to nobody on the host taking it from the device. */
static rt_bool_t is_out_of_order(const struct rt_virtio_console_port *port)
{
    const struct virtio_console *engine = &port->console->engine;

    return port->console->dead || engine->stopped || engine->ports[port->index].awaited ||
           engine->ports[port->index].tx.ring.broken;
}

/* Known from the first start on; to ask the device would disturb one that is just being restarted. */
static rt_bool_t has_emergency(const struct rt_virtio_console *console)
{
    return virtio_features_has(&console->device.core.offered, VIRTIO_CONSOLE_F_EMERG_WRITE);
}

static rt_size_t print_notice(struct rt_virtio_console_port *port, char text[NOTICE_BYTES])
{
    if (port->missing == 0)
    {
        return 0;
    }
    rt_snprintf(text, NOTICE_BYTES, "\r\n[%s: %lu bytes lost]\r\n", port->name, (unsigned long)port->missing);
    port->missing = 0;
    return rt_strlen(text);
}

static void mention_missing(struct rt_virtio_console_port *port)
{
    struct virtio_console *engine = &port->console->engine;
    char text[NOTICE_BYTES];
    rt_size_t size;

    /* In one piece, unless all buffers together are not enough for that. */
    if (port->missing != 0 && !port->gone &&
        (virtio_console_room(engine, port->index) >= sizeof(text) ||
         (virtio_console_room(engine, port->index) != 0 && virtio_console_idle(engine, port->index))))
    {
        size = print_notice(port, text);
        (void)virtio_console_write(engine, port->index, text, size);
    }
}

static void empty_pocket(struct rt_virtio_console_port *port)
{
    int taken = 0;

    if (port->pocketed != 0 && port->missing == 0)
    {
        taken = rt_virtio_console_offer(port, port->pocket, port->pocketed);
    }
    lose(port, port->pocketed - (taken > 0 ? (rt_size_t)taken : 0) + port->overflow);
    port->pocketed = 0;
    port->overflow = 0;
}

rt_bool_t rt_virtio_console_catch_up(struct rt_virtio_console *console)
{
    struct rt_virtio_console_port *port;
    rt_bool_t stranded = RT_FALSE;
    rt_uint16_t i;

    console->untold = RT_FALSE;
    for (i = 0; i < console->engine.port_count; i++)
    {
        port = &console->ports[i];
        if (port->missing == 0 && port->pocketed == 0) /* what overflows leaves a full pocket */
        {
            continue;
        }
        if (is_out_of_order(port) && has_emergency(console))
        {
            stranded = RT_TRUE;
        }
        else
        {
            mention_missing(port);
            empty_pocket(port);
            mention_missing(port);
        }
        console->untold = console->untold || port->missing != 0 || port->pocketed != 0;
    }
    return stranded;
}

void rt_virtio_console_rescue(struct rt_virtio_console *console)
{
    char text[2 * NOTICE_BYTES + RT_VIRTIO_CONSOLE_POCKET_BYTES];
    struct rt_virtio_console_port *port;
    rt_base_t level;
    rt_size_t size;
    rt_uint16_t i;

    for (i = 0; i < console->engine.port_count; i++)
    {
        port = &console->ports[i];
        /* Not rt_virtio_console_unlock(), which is where this comes from. */
        level = rt_virtio_lock(&console->lock);
        size = print_notice(port, text);
        memcpy(text + size, port->pocket, port->pocketed);
        size += port->pocketed;
        port->pocketed = 0;
        lose(port, port->overflow);
        port->overflow = 0;
        size += print_notice(port, text + size);
        rt_virtio_unlock(&console->lock, level);
        if (size != 0)
        {
            (void)virtio_console_emergency(&console->device.core, text, size);
        }
    }
}

/* --- Saying something --- */

static rt_size_t say_piece(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size)
{
    struct rt_virtio_console *console = port->console;
    rt_base_t level = rt_virtio_console_lock(console);
    int taken = 0;

    if (is_out_of_order(port) && has_emergency(console))
    {
        /* Without the lock: it costs a register write a byte. */
        rt_virtio_console_unlock(console, level);
        return virtio_console_emergency(&console->device.core, data, size) == 0 ? size : 0;
    }
    if (!is_out_of_order(port))
    {
        mention_missing(port);
        if (port->missing != 0)
        {
            (void)virtio_console_reclaim(&console->engine, port->index);
            mention_missing(port);
        }
        if (port->missing == 0)
        {
            taken = rt_virtio_console_offer(port, data, size);
            taken = taken > 0 ? taken : 0;
        }
    }
    lose(port, size - (rt_size_t)taken);
    rt_virtio_console_unlock(console, level);
    return (rt_size_t)taken;
}

rt_size_t rt_virtio_console_say(struct rt_virtio_console_port *port, const rt_uint8_t *data, rt_size_t size)
{
    rt_size_t done = 0;
    rt_size_t piece;
    rt_size_t at;

    if (rt_virtio_console_is_inside(port->console))
    {
        return keep(port, data, size);
    }
    for (at = 0; at < size; at += piece)
    {
        piece = size - at < RT_VIRTIO_CONSOLE_PIECE_BYTES ? size - at : RT_VIRTIO_CONSOLE_PIECE_BYTES;
        done += say_piece(port, data + at, piece);
    }
    return done;
}

/* --- Last words --- */

static rt_bool_t shout(struct virtio_device *device, const char *text, rt_size_t length)
{
    rt_size_t i;
    int error = 0;

    for (i = 0; i < length && error == 0; i++)
    {
        error = text[i] == '\n' ? virtio_console_emergency(device, "\r\n", 2)
                                : virtio_console_emergency(device, &text[i], 1);
    }
    return error == 0;
}

/* Without virtio_mmio_probe() for what is not a console: that would log about what else there is. */
static rt_bool_t is_console(rt_ubase_t base)
{
    volatile const struct virtio_mmio_config *window = (volatile const struct virtio_mmio_config *)base;
    rt_uint32_t version = virtio_le32(window->version);
    rt_bool_t driven = (VIRTIO_HAVE_LEGACY && version == 1) || (VIRTIO_HAVE_MODERN && version == 2);

    return virtio_le32(window->magic) == VIRTIO_MAGIC_VALUE && driven &&
           virtio_le32(window->device_id) == VIRTIO_ID_CONSOLE;
}

void rt_virtio_console_emergency(const char *text, rt_size_t length)
{
    struct rt_virtio_device *listed;
    struct virtio_device device = {.name = "emergency"};
    rt_ubase_t base = rt_virtio_windows.physical;
    unsigned int i;

    for (listed = rt_virtio_first(); listed != RT_NULL; listed = listed->next)
    {
        if (listed->core.id == VIRTIO_ID_CONSOLE && shout(&listed->core, text, length))
        {
            return;
        }
    }
    /* Where windows have to be mapped, they are not before the devices are initialised. */
    for (i = 0; !RT_VIRTIO_PAGED && i < rt_virtio_windows.count; i++, base += rt_virtio_windows.step)
    {
        if (is_console(base) && virtio_mmio_probe(&device, base) == 0 && shout(&device, text, length))
        {
            return;
        }
    }
}

#endif /* RT_USING_VIRTIO_CONSOLE */
