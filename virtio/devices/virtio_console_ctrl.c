/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console device (5.3): the control queues (5.3.6.2), through which ports come, go and change.
 *
 * What a message asks for is checked against the state of its port; a message that makes no sense there is counted and
 * ignored. Answers never wait: each is a flag of its port until there is room for it.
 */
#include <string.h>

#include <virtio/byteorder.h>

#include "virtio_console_internal.h"

/* Wire format: what follows the message of RESIZE. */
struct resize
{
    uint16_t cols;
    uint16_t rows;
};

#define MESSAGE_BYTES ((uint32_t)sizeof(struct virtio_console_message))

/* Only the layout makes the messages right. */
typedef char message_is_8_bytes[sizeof(struct virtio_console_message) == 8 ? 1 : -1];

void virtio_console_tell(struct virtio_console *con, const struct virtio_console_port *port,
                         enum virtio_console_event event)
{
    con->setup.event(con, (uint16_t)(port - con->ports), event);
}

/* --- To the device --- */

/* False if there is no room now. */
static bool send(struct virtio_console *con, uint32_t id, uint16_t event, uint16_t value)
{
    struct virtio_console_queue *queue = &con->control_tx;
    struct virtio_console_buffer *buffer = virtio_console_free_buffer(queue);
    struct virtio_console_message *message;
    bool legacy = con->dev->legacy;

    if (buffer == NULL)
    {
        return false;
    }
    message = virtio_console_memory(queue, buffer);
    message->id = virtio_swap32(legacy, id);
    message->event = virtio_swap16(legacy, event);
    message->value = virtio_swap16(legacy, value);
    return virtio_console_send(queue, buffer, MESSAGE_BYTES) == 0;
}

void virtio_console_send_owed(struct virtio_console *con)
{
    struct virtio_console_port *port;
    uint16_t i;

    if (con->stopped || !con->multiport)
    {
        return;
    }
    for (i = 0; i < con->port_count; i++)
    {
        port = &con->ports[i];
        port->owes_ready = port->owes_ready && !send(con, i, VIRTIO_CONSOLE_PORT_READY, 1);
        /*
         * A port that was opened and closed meanwhile is said to be what it is now; never before it is ready, because
         * where that found no room this does not either.
         */
        port->owes_open = port->owes_open && !send(con, i, VIRTIO_CONSOLE_PORT_OPEN, port->guest_open);
    }
    virtio_console_publish(con, &con->control_tx);
}

void virtio_console_begin_control(struct virtio_console *con)
{
    virtio_console_lend_all(&con->control_rx);
    virtio_console_publish(con, &con->control_rx);
    virtio_console_forget(&con->control_tx);
    (void)send(con, 0, VIRTIO_CONSOLE_DEVICE_READY, 1); /* an empty queue has room */
    virtio_console_publish(con, &con->control_tx);
}

int virtio_console_open(struct virtio_console *con, uint16_t id, bool open)
{
    struct virtio_console_port *port;

    if (id >= con->port_count || !con->ports[id].present)
    {
        return -VIRTIO_ENODEV;
    }
    port = &con->ports[id];
    if (port->guest_open != open)
    {
        port->guest_open = open;
        port->owes_open = !port->awaited; /* else it goes with the answer to the announcement */
        virtio_console_send_owed(con);
    }
    return 0;
}

/* --- From the device: each returns false for a message that makes no sense --- */

static void host_opened(struct virtio_console *con, struct virtio_console_port *port, bool open)
{
    port->open_unsure = false;
    if (port->host_open != open)
    {
        port->host_open = open;
        virtio_console_tell(con, port, open ? VIRTIO_CONSOLE_CONNECTED : VIRTIO_CONSOLE_DISCONNECTED);
    }
}

static bool add(struct virtio_console *con, struct virtio_console_port *port)
{
    bool again = port->awaited;

    if (port->present && !again)
    {
        return false; /* DP-CON-02 */
    }
    port->owes_ready = true;
    if (again)
    {
        port->awaited = false;
        port->owes_open = port->guest_open;
        virtio_console_resend(con, port);
        return true;
    }
    /* The queues are those of a former port of this number: what is left in them is not ours to read. */
    (void)virtio_console_drain_rx(con, port);
    (void)virtio_console_drain_tx(con, port);
    virtio_console_discard(con, port);
    port->present = true;
    port->cols = port == con->ports ? con->cols : 0;
    port->rows = port == con->ports ? con->rows : 0;
    virtio_console_tell(con, port, VIRTIO_CONSOLE_ADDED);
    return true;
}

void virtio_console_remove(struct virtio_console *con, struct virtio_console_port *port)
{
    if (port->awaited)
    {
        virtio_console_forget(&port->tx); /* none of it was given to the device again */
    }
    port->present = false;
    port->awaited = false;
    port->text = false;
    port->host_open = false;
    port->guest_open = false;
    port->open_unsure = false;
    port->owes_ready = false;
    port->owes_open = false;
    port->name[0] = '\0';
    virtio_console_tell(con, port, VIRTIO_CONSOLE_REMOVED);
}

static bool make_text(struct virtio_console *con, struct virtio_console_port *port)
{
    if (!port->text)
    {
        port->text = true;
        virtio_console_tell(con, port, VIRTIO_CONSOLE_TEXT);
    }
    /* 5.3.6.2.2: the answer is a PORT_OPEN. Hosts need not say that they listen to a console: nobody has to open it. */
    port->guest_open = true;
    port->owes_open = true;
    host_opened(con, port, true);
    return true;
}

/* The two come in either order from different hosts, so neither is more than a hint; 0 leaves what there was. */
static bool resize(struct virtio_console *con, struct virtio_console_port *port, const struct resize *to,
                   uint32_t length)
{
    uint16_t cols;
    uint16_t rows;

    if (length < sizeof(*to))
    {
        return false;
    }
    cols = virtio_swap16(con->dev->legacy, *(const volatile uint16_t *)&to->cols);
    rows = virtio_swap16(con->dev->legacy, *(const volatile uint16_t *)&to->rows);
    cols = cols != 0 ? cols : port->cols;
    rows = rows != 0 ? rows : port->rows;
    if (cols != port->cols || rows != port->rows)
    {
        port->cols = cols;
        port->rows = rows;
        virtio_console_tell(con, port, VIRTIO_CONSOLE_RESIZED);
    }
    return true;
}

/* Ends with the message, which has no NUL (5.3.6.2), or with the NUL that QEMU puts there. */
static bool name(struct virtio_console *con, struct virtio_console_port *port, const uint8_t *text, uint32_t length)
{
    char clean[VIRTIO_CONSOLE_NAME_BYTES];
    uint32_t i;
    uint8_t byte;

    for (i = 0; i < length && i < sizeof(clean) - 1; i++)
    {
        byte = *(const volatile uint8_t *)&text[i];
        if (byte == 0)
        {
            break;
        }
        clean[i] = (byte >= 0x20 && byte < 0x7f) ? (char)byte : '?';
    }
    clean[i] = '\0';
    if (i == 0)
    {
        return false;
    }
    if (strcmp(clean, port->name) != 0)
    {
        memcpy(port->name, clean, i + 1);
        virtio_console_tell(con, port, VIRTIO_CONSOLE_NAMED);
    }
    return true;
}

/* `length` bytes of payload follow the message. */
static bool obey(struct virtio_console *con, struct virtio_console_port *port, uint16_t event, uint16_t value,
                 const uint8_t *payload, uint32_t length)
{
    if (event == VIRTIO_CONSOLE_DEVICE_ADD)
    {
        return add(con, port);
    }
    if (!port->present || port->awaited)
    {
        return false; /* DP-CON-03 */
    }
    switch (event)
    {
    case VIRTIO_CONSOLE_DEVICE_REMOVE:
        (void)virtio_console_drain_rx(con, port); /* what it sent before it went */
        virtio_console_remove(con, port);
        return true;
    case VIRTIO_CONSOLE_CONSOLE_PORT:
        return make_text(con, port);
    case VIRTIO_CONSOLE_RESIZE:
        return resize(con, port, (const struct resize *)(const void *)payload, length);
    case VIRTIO_CONSOLE_PORT_OPEN:
        host_opened(con, port, value != 0);
        return true;
    case VIRTIO_CONSOLE_PORT_NAME:
        return name(con, port, payload, length);
    default:
        return false;
    }
}

static void message_received(struct virtio_console *con, struct virtio_console_port *unused,
                             struct virtio_console_buffer *buffer, uint32_t length)
{
    struct virtio_console_queue *queue = &con->control_rx;
    const volatile struct virtio_console_message *message = virtio_console_memory(queue, buffer);
    bool legacy = con->dev->legacy;
    bool good = false;
    uint16_t event;
    uint16_t value;
    uint32_t id;

    (void)unused;
    if (length >= MESSAGE_BYTES)
    {
        /* Each once: the device may write to it still. */
        id = virtio_swap32(legacy, message->id);
        event = virtio_swap16(legacy, message->event);
        value = virtio_swap16(legacy, message->value);
        if (id < con->port_count)
        {
            good = obey(con, &con->ports[id], event, value,
                        (const uint8_t *)virtio_console_memory(queue, buffer) + MESSAGE_BYTES, length - MESSAGE_BYTES);
        }
        else if (id < con->max_nr_ports && event == VIRTIO_CONSOLE_DEVICE_ADD)
        {
            /* A port beyond our limit: refused (5.3.6.2), if there is room to say so. */
            (void)send(con, id, VIRTIO_CONSOLE_PORT_READY, 0);
        }
    }
    if (!good)
    {
        queue->ring.stats.errors++;
    }
    (void)virtio_console_lend(queue, buffer, queue->bytes, true);
}

static void message_sent(struct virtio_console *con, struct virtio_console_port *unused,
                         struct virtio_console_buffer *buffer, uint32_t length)
{
    (void)unused;
    (void)length; /* 5.3.6.4: says nothing */
    virtio_console_sent(&con->control_tx, buffer);
}

int virtio_console_poll_control(struct virtio_console *con)
{
    int in = virtio_console_drain(con, &con->control_rx, NULL, message_received);
    int out = virtio_console_drain(con, &con->control_tx, NULL, message_sent);

    virtio_console_publish(con, &con->control_rx);
    virtio_console_send_owed(con);
    return in < 0 ? in : out < 0 ? out : in + out;
}
