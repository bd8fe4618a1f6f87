/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console device (5.3): features, life of the device, recovery. Reading and writing are in virtio_console_data.c, the
 * control queues in virtio_console_ctrl.c.
 */
#include <virtio/console.h>
#include <virtio/platform.h>
#include <virtio/transport.h>

#include "virtio_console_internal.h"

const struct virtio_feature virtio_console_features[] = {
    {"SIZE", VIRTIO_CONSOLE_F_SIZE, VIRTIO_ON_BOTH, {0}, {0}},
    {"MULTIPORT", VIRTIO_CONSOLE_F_MULTIPORT, VIRTIO_ON_BOTH, {0}, {0}},
    {"EMERG_WRITE", VIRTIO_CONSOLE_F_EMERG_WRITE, VIRTIO_ON_BOTH, {0}, {0}},
    {NULL, 0, 0, {0}, {0}},
};

/* The queues (5.3.2). */
#define CONTROL_RX 2u
#define CONTROL_TX 3u

static unsigned int rx_index(unsigned int port)
{
    return port == 0 ? 0 : 2 * port + 2;
}

/* --- Last words --- */

int virtio_console_emergency(struct virtio_device *dev, const void *data, size_t size)
{
    const uint8_t *at = data;
    size_t i;

    /* What is offered counts, not what was negotiated (5.3.4); before the first start nobody has asked yet. */
    if (!virtio_features_has(&dev->offered, VIRTIO_CONSOLE_F_EMERG_WRITE) &&
        (dev->transport->read_features(dev, 0) >> VIRTIO_CONSOLE_F_EMERG_WRITE & 1u) == 0)
    {
        return -VIRTIO_ENOTSUP;
    }
    for (i = 0; i < size; i++)
    {
        dev->transport->write_config(dev, VIRTIO_CONSOLE_CONFIG_EMERG_WR, 4, at[i]);
    }
    return 0;
}

/* --- Config space --- */

/* True if it changed. A size of 0 is none. */
static bool read_size(struct virtio_console *con)
{
    struct virtio_config_field fields[2] = {{VIRTIO_CONSOLE_CONFIG_COLS, 2, 0}, {VIRTIO_CONSOLE_CONFIG_ROWS, 2, 0}};
    uint16_t cols = con->cols;
    uint16_t rows = con->rows;

    if (virtio_device_has(con->dev, VIRTIO_CONSOLE_F_SIZE))
    {
        virtio_config_read(con->dev, fields, 2);
        con->cols = fields[0].value != 0 ? (uint16_t)fields[0].value : cols;
        con->rows = fields[1].value != 0 ? (uint16_t)fields[1].value : rows;
    }
    return con->cols != cols || con->rows != rows;
}

bool virtio_console_refresh(struct virtio_console *con)
{
    struct virtio_console_port *port = &con->ports[0];

    if (!read_size(con))
    {
        return false;
    }
    if (port->present)
    {
        port->cols = con->cols;
        port->rows = con->rows;
        virtio_console_tell(con, port, VIRTIO_CONSOLE_RESIZED);
    }
    return true;
}

static uint16_t read_port_count(struct virtio_console *con)
{
    struct virtio_config_field field = {VIRTIO_CONSOLE_CONFIG_MAX_NR_PORTS, 4, 0};

    con->max_nr_ports = 1;
    if (con->multiport)
    {
        virtio_config_read(con->dev, &field, 1);
        /* Any number is possible here (HZ-CON-03); port 0 is always there. */
        con->max_nr_ports = field.value != 0 ? (uint32_t)field.value : 1;
    }
    return con->max_nr_ports < con->setup.ports ? (uint16_t)con->max_nr_ports : con->setup.ports;
}

/* --- Life of the device --- */

static bool has_queue(struct virtio_device *dev, unsigned int index)
{
    uint32_t size;

    return dev->transport->queue_size_max(dev, (uint16_t)index, &size) == 0 && size != 0;
}

/* First start: between FEATURES_OK and DRIVER_OK. */
static int create_queues(struct virtio_console *con)
{
    const struct virtio_console_setup *setup = &con->setup;
    uint16_t count = read_port_count(con);
    struct virtio_console_port *port;
    unsigned int index;
    uint16_t i;
    int error = 0;

    con->ports = virtio_platform_alloc(sizeof(con->ports[0]) * count);
    if (con->ports == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    for (i = 0; i < count && error == 0; i++)
    {
        index = rx_index(i);
        if (i > 0 && (!has_queue(con->dev, index) || !has_queue(con->dev, index + 1)))
        {
            break; /* the device promised more ports than its transport has queues for; what there is will do */
        }
        port = &con->ports[i];
        con->port_count++;
        error = virtio_console_queue_open(con, &port->rx, index, setup->rx_buffers, setup->rx_bytes);
        if (error == 0)
        {
            error = virtio_console_queue_open(con, &port->tx, index + 1, setup->tx_buffers, setup->tx_bytes);
        }
    }
    if (error == 0 && con->multiport)
    {
        error = virtio_console_queue_open(con, &con->control_rx, CONTROL_RX, VIRTIO_CONSOLE_CONTROL_BUFFERS,
                                          VIRTIO_CONSOLE_CONTROL_BYTES);
    }
    if (error == 0 && con->multiport)
    {
        error = virtio_console_queue_open(con, &con->control_tx, CONTROL_TX, VIRTIO_CONSOLE_CONTROL_BUFFERS,
                                          sizeof(struct virtio_console_message));
    }
    return error;
}

/*
 * After a reset. Only the rings: what is in the buffers can be read meanwhile, and virtio_console_resume() puts the
 * buffers to use again.
 */
static int reopen(struct virtio_console_queue *queue)
{
    while (virtio_queue_detach(&queue->ring) != NULL)
    {
    }
    return virtio_queue_reopen(&queue->ring);
}

static int reopen_queues(struct virtio_console *con)
{
    uint16_t i;
    int error = 0;

    for (i = 0; i < con->port_count && error == 0; i++)
    {
        error = reopen(&con->ports[i].rx);
        if (error == 0)
        {
            error = reopen(&con->ports[i].tx);
        }
    }
    if (error == 0 && con->multiport)
    {
        error = reopen(&con->control_rx);
    }
    if (error == 0 && con->multiport)
    {
        error = reopen(&con->control_tx);
    }
    return error;
}

static int setup_device(void *context)
{
    struct virtio_console *con = context;

    if (con->dev->started)
    {
        return reopen_queues(con);
    }
    con->multiport = virtio_device_has(con->dev, VIRTIO_CONSOLE_F_MULTIPORT);
    (void)read_size(con);
    return create_queues(con);
}

static const struct virtio_driver driver = {
    .features = virtio_console_features,
    .validate = NULL,
    .setup = setup_device,
};

static void free_queues(struct virtio_console *con)
{
    uint16_t i;

    for (i = 0; i < con->port_count; i++)
    {
        virtio_console_queue_close(&con->ports[i].rx);
        virtio_console_queue_close(&con->ports[i].tx);
    }
    virtio_console_queue_close(&con->control_rx);
    virtio_console_queue_close(&con->control_tx);
    virtio_platform_free(con->ports);
    con->ports = NULL;
    con->port_count = 0;
}

/* The device runs, with empty rings: give it its buffers, and tell it that we are there (5.3.5). */
static void begin(struct virtio_console *con)
{
    struct virtio_console_port *port;
    uint16_t i;

    con->due = 0;
    con->stopped = false;
    for (i = 0; i < con->port_count; i++)
    {
        port = &con->ports[i];
        virtio_console_lend_all(&port->rx);
        virtio_console_publish(con, &port->rx);
        virtio_console_unsend(&port->tx);
        port->awaited = con->multiport && port->present;
        port->open_unsure = port->awaited && port->host_open;
        port->owes_ready = false;
        port->owes_open = false;
        if (!port->present)
        {
            virtio_console_forget(&port->tx);
        }
    }
    if (con->multiport)
    {
        virtio_console_begin_control(con);
        return;
    }
    port = &con->ports[0];
    port->cols = con->cols;
    port->rows = con->rows;
    port->text = true;
    port->host_open = true;
    port->guest_open = true;
    port->present = true;
}

static bool in_range(uint32_t value, uint32_t from, uint32_t to)
{
    return value >= from && value <= to;
}

static bool makes_sense(const struct virtio_console_setup *setup)
{
    return in_range(setup->ports, 1, VIRTIO_CONSOLE_PORTS_MAX) &&
           in_range(setup->rx_buffers, 2, VIRTIO_CONSOLE_BUFFERS_MAX) &&
           in_range(setup->tx_buffers, 2, VIRTIO_CONSOLE_BUFFERS_MAX) &&
           in_range(setup->rx_bytes, 1, VIRTIO_CONSOLE_BUFFER_BYTES_MAX) &&
           in_range(setup->tx_bytes, 1, VIRTIO_CONSOLE_BUFFER_BYTES_MAX);
}

int virtio_console_start(struct virtio_console *con, struct virtio_device *dev,
                         const struct virtio_console_setup *setup)
{
    int error;

    if (!makes_sense(setup))
    {
        return -VIRTIO_EINVAL;
    }
    con->dev = dev;
    con->setup = *setup;
    con->stopped = true;
    error = virtio_device_start(dev, &driver, con);
    if (error == 0)
    {
        begin(con);
    }
    else if (dev->quiet)
    {
        free_queues(con);
    }
    return error;
}

void virtio_console_destroy(struct virtio_console *con)
{
    con->stopped = true;
    if (virtio_device_reset(con->dev) == 0)
    {
        free_queues(con);
    }
    else
    {
        virtio_platform_log(VIRTIO_LOG_ERROR, "%s: no answer to a reset; its memory is left to it", con->dev->name);
    }
}

/* --- Serving --- */

uint64_t virtio_console_due(struct virtio_console *con)
{
    uint64_t due = con->due;

    con->due = 0;
    return due;
}

void virtio_console_notify(struct virtio_console *con, uint64_t due)
{
    unsigned int index;

    for (index = 0; due != 0; index++, due >>= 1)
    {
        /* Between a stop and virtio_console_resume(), which says anew what is due, the device may not be ready. */
        if ((due & 1) != 0 && !*(const volatile bool *)&con->stopped)
        {
            con->dev->transport->notify(con->dev, (uint16_t)index);
        }
    }
}

/* The single port is announced by nobody but us. */
static void tell_single(struct virtio_console *con)
{
    if (con->told)
    {
        return;
    }
    con->told = true;
    virtio_console_tell(con, &con->ports[0], VIRTIO_CONSOLE_ADDED);
    virtio_console_tell(con, &con->ports[0], VIRTIO_CONSOLE_TEXT);
    virtio_console_tell(con, &con->ports[0], VIRTIO_CONSOLE_CONNECTED);
}

/* The sum, but an error stays one. */
static int sum(int total, int result)
{
    return total < 0 ? total : result < 0 ? result : total + result;
}

/* What the device finished on the queues of all ports. */
static int poll_ports(struct virtio_console *con)
{
    int result = 0;
    uint16_t i;

    if (!con->multiport)
    {
        tell_single(con);
    }
    for (i = 0; i < con->port_count; i++)
    {
        /* Interrupts of ports that are not there have nothing to say; add() looks what they left. */
        if (con->ports[i].present)
        {
            result = sum(result, virtio_console_drain_rx(con, &con->ports[i]));
            result = sum(result, virtio_console_drain_tx(con, &con->ports[i]));
        }
    }
    return result;
}

int virtio_console_poll(struct virtio_console *con)
{
    int result;

    if (con->stopped)
    {
        return 0;
    }
    /* Data first, so that what was sent before a port was closed or removed is there when that is told. */
    result = poll_ports(con);
    return con->multiport ? sum(result, virtio_console_poll_control(con)) : result;
}

/* --- Recovery --- */

void virtio_console_stop(struct virtio_console *con)
{
    if (!con->stopped)
    {
        /* What the device received is not lost, and what it took is not sent twice. Errors are why we are here. */
        (void)poll_ports(con);
    }
    con->stopped = true;
}

int virtio_console_restart(struct virtio_console *con)
{
    return virtio_device_start(con->dev, &driver, con);
}

void virtio_console_resume(struct virtio_console *con, int error)
{
    uint16_t i;

    if (error == 0)
    {
        begin(con);
        if (!con->multiport)
        {
            tell_single(con);
            virtio_console_resend(con, &con->ports[0]);
        }
        (void)virtio_console_refresh(con);
        return;
    }
    con->told = false;
    con->due = 0;
    for (i = 0; i < con->port_count; i++)
    {
        if (con->ports[i].present)
        {
            virtio_console_remove(con, &con->ports[i]);
        }
    }
}

void virtio_console_settle(struct virtio_console *con)
{
    struct virtio_console_port *port;
    uint16_t i;

    for (i = 0; i < con->port_count; i++)
    {
        port = &con->ports[i];
        if (!con->stopped && port->awaited)
        {
            virtio_console_remove(con, port);
        }
        else if (!con->stopped && port->open_unsure)
        {
            port->open_unsure = false;
            port->host_open = false;
            virtio_console_tell(con, port, VIRTIO_CONSOLE_DISCONNECTED);
        }
    }
}
