/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device (5.1.6.5): the control queue.
 *
 * What the device is to do is kept here as a state that is wanted, with a mark on everything that the device has not
 * been told. One command is with the device at a time; its answer brings the next. So nobody waits for an answer,
 * commands that overtake each other become one, and after a reset it takes nothing but new marks to say it all again.
 */
#include <string.h>

#include <virtio/byteorder.h>
#include <virtio/net.h>
#include <virtio/platform.h>

#include "virtio_net_internal.h"

/* Class and command (5.1.6.5), in the order in which they are said. */
enum
{
    SAY_PAIRS,
    SAY_MAC,
    SAY_FILTER,
    SAY_PROMISCUOUS,
    SAY_ALL_MULTI,
    SAY_ALL_UNI,
    SAY_NO_MULTI,
    SAY_NO_UNI,
    SAY_NO_BROAD,
    SAY_OFFLOADS,
    SAY_RX_COALESCING,
    SAY_TX_COALESCING,
    SAY_ANNOUNCED,
    SAY_VLAN, /* as long as there are any to be said */
    SAYINGS
};

static const struct
{
    const char *name;
    uint8_t class;
    uint8_t command;
    uint8_t mode; /* the bit of the receive mode that it is about */
} sayings[SAYINGS] = {
    [SAY_PAIRS] = {"VQ_PAIRS_SET", 4, 0, 0},
    [SAY_MAC] = {"MAC_ADDR_SET", 1, 1, 0},
    [SAY_FILTER] = {"MAC_TABLE_SET", 1, 0, 0},
    [SAY_PROMISCUOUS] = {"PROMISC", 0, 0, VIRTIO_NET_MODE_PROMISCUOUS},
    [SAY_ALL_MULTI] = {"ALLMULTI", 0, 1, VIRTIO_NET_MODE_ALL_MULTI},
    [SAY_ALL_UNI] = {"ALLUNI", 0, 2, VIRTIO_NET_MODE_ALL_UNI},
    [SAY_NO_MULTI] = {"NOMULTI", 0, 3, VIRTIO_NET_MODE_NO_MULTI},
    [SAY_NO_UNI] = {"NOUNI", 0, 4, VIRTIO_NET_MODE_NO_UNI},
    [SAY_NO_BROAD] = {"NOBCAST", 0, 5, VIRTIO_NET_MODE_NO_BROAD},
    [SAY_OFFLOADS] = {"GUEST_OFFLOADS_SET", 5, 0, 0},
    [SAY_RX_COALESCING] = {"NOTF_COAL_RX_SET", 6, 1, 0},
    [SAY_TX_COALESCING] = {"NOTF_COAL_TX_SET", 6, 0, 0},
    [SAY_ANNOUNCED] = {"ANNOUNCE_ACK", 3, 0, 0},
    [SAY_VLAN] = {"VLAN", 2, 0, 0}, /* command 0 adds, 1 removes */
};

#define VLANS_WORDS (4096 / 32)

/* Where the parts of a command lie in its memory. */
#define AT_COMMAND    0
#define AT_DATA       4
#define TABLE_BYTES   (4 + VIRTIO_NET_FILTER_MAX * VIRTIO_NET_MAC_BYTES)
#define AT_TABLE_2    (AT_DATA + TABLE_BYTES)
#define AT_ACK        (AT_TABLE_2 + TABLE_BYTES)
#define MEMORY_BYTES  (AT_ACK + 4)

#define ACK_OK        0u
#define ACK_UNWRITTEN 0xffu

/* Commands one at a time, of four elements at most. */
#define RING_SIZE 4

/* Small numbers in shared memory at odd places. */
static void put16(const struct virtio_net *net, uint8_t *to, uint16_t value)
{
    value = virtio_swap16(net->dev->legacy, value);
    memcpy(to, &value, sizeof(value));
}

static void put32(const struct virtio_net *net, uint8_t *to, uint32_t value)
{
    value = virtio_swap32(net->dev->legacy, value);
    memcpy(to, &value, sizeof(value));
}

static void put64(const struct virtio_net *net, uint8_t *to, uint64_t value)
{
    value = virtio_swap64(net->dev->legacy, value);
    memcpy(to, &value, sizeof(value));
}

/* What set_offloads can switch: the numbers are those of features, and all that was negotiated is on after a reset. */
#define OFFLOAD_CSUM (1u << VIRTIO_NET_F_GUEST_CSUM)
#define OFFLOAD_TSO  (1u << VIRTIO_NET_F_GUEST_TSO4 | 1u << VIRTIO_NET_F_GUEST_TSO6)

static uint64_t negotiated_offloads(const struct virtio_net *net)
{
    return net->dev->features.word[0] & (OFFLOAD_CSUM | OFFLOAD_TSO);
}

/* --- Queue --- */

int virtio_net_control_create(struct virtio_net *net, uint16_t index)
{
    struct virtio_net_control *control = &net->control;
    int error;

    error = virtio_queue_create(&control->ring, net->dev, index, RING_SIZE, 0);
    if (error != 0)
    {
        return error;
    }
    if (control->ring.size < RING_SIZE)
    {
        return -VIRTIO_ENODEV; /* of no use; it stays open until the next reset, and empty */
    }
    control->memory = virtio_platform_dma_alloc(MEMORY_BYTES, sizeof(uint32_t), &control->memory_address);
    if (control->memory == NULL)
    {
        return -VIRTIO_ENOMEM;
    }
    control->pairs = net->pair_count;
    control->offloads = negotiated_offloads(net);
    if (net->pair_count > 1)
    {
        control->dirty = 1u << SAY_PAIRS;
    }
    return 0;
}

void virtio_net_control_free(struct virtio_net *net)
{
    if (net->control.memory != NULL)
    {
        virtio_platform_dma_free(net->control.memory, MEMORY_BYTES);
    }
    virtio_queue_destroy(&net->control.ring);
    memset(&net->control, 0, sizeof(net->control));
}

int virtio_net_control_reopen(struct virtio_net *net)
{
    (void)virtio_queue_detach(&net->control.ring);
    return virtio_queue_reopen(&net->control.ring);
}

/* After a reset the device is as it was in the beginning; what differs from that has to be said again. */
static void say_all(struct virtio_net *net)
{
    struct virtio_net_control *control = &net->control;
    unsigned int i;

    control->dirty = control->pairs > 1 ? 1u << SAY_PAIRS : 0;
    if (control->unicast_count != 0 || control->multicast_count != 0)
    {
        control->dirty |= 1u << SAY_FILTER;
    }
    for (i = SAY_PROMISCUOUS; i <= SAY_NO_BROAD; i++)
    {
        if ((control->mode & sayings[i].mode) != 0)
        {
            control->dirty |= 1u << i;
        }
    }
    if (control->mode_is_set)
    {
        control->dirty |= 1u << SAY_PROMISCUOUS;
    }
    if (virtio_net_is_unicast(control->mac)) /* else none was set */
    {
        control->dirty |= 1u << SAY_MAC;
    }
    if (control->offloads != negotiated_offloads(net))
    {
        control->dirty |= 1u << SAY_OFFLOADS;
    }
    for (i = 0; i < 2; i++)
    {
        if (control->coalescing[i].max_packets != 0 || control->coalescing[i].max_usecs != 0)
        {
            control->dirty |= 1u << (SAY_RX_COALESCING + i);
        }
    }
    for (i = 0; i < VLANS_WORDS; i++)
    {
        control->vlans_unsaid[i] = control->vlans[i];
        if (control->vlans[i] != 0)
        {
            control->dirty |= 1u << SAY_VLAN;
        }
    }
}

/* --- What is wanted --- */

/* A device can have promised a control queue that it does not have. */
static bool can(const struct virtio_net *net, unsigned int feature)
{
    return net->control.memory != NULL && virtio_device_has(net->dev, feature);
}

int virtio_net_set_receive_mode(struct virtio_net *net, uint8_t mode)
{
    struct virtio_net_control *control = &net->control;
    uint8_t changed = (uint8_t)(mode ^ control->mode);
    uint8_t plain = VIRTIO_NET_MODE_PROMISCUOUS | VIRTIO_NET_MODE_ALL_MULTI;
    unsigned int i;

    if (((changed & plain) != 0 && !can(net, VIRTIO_NET_F_CTRL_RX)) ||
        ((changed & ~plain) != 0 && !can(net, VIRTIO_NET_F_CTRL_RX_EXTRA)))
    {
        return -VIRTIO_ENOTSUP;
    }
    /* Nothing says how a device begins. QEMU's is promiscuous until it is told not to be. */
    if (!control->mode_is_set && can(net, VIRTIO_NET_F_CTRL_RX))
    {
        control->mode_is_set = true;
        changed |= VIRTIO_NET_MODE_PROMISCUOUS;
    }
    control->mode = mode;
    for (i = SAY_PROMISCUOUS; i <= SAY_NO_BROAD; i++)
    {
        if ((changed & sayings[i].mode) != 0)
        {
            control->dirty |= 1u << i;
        }
    }
    return 0;
}

int virtio_net_set_filter(struct virtio_net *net, const uint8_t *unicast, unsigned int unicast_count,
                          const uint8_t *multicast, unsigned int multicast_count)
{
    struct virtio_net_control *control = &net->control;

    if (!can(net, VIRTIO_NET_F_CTRL_RX))
    {
        return -VIRTIO_ENOTSUP;
    }
    if (unicast_count > VIRTIO_NET_FILTER_MAX || multicast_count > VIRTIO_NET_FILTER_MAX)
    {
        return -VIRTIO_EMSGSIZE;
    }
    if (unicast_count != 0)
    {
        memcpy(control->unicast, unicast, (size_t)unicast_count * VIRTIO_NET_MAC_BYTES);
    }
    if (multicast_count != 0)
    {
        memcpy(control->multicast, multicast, (size_t)multicast_count * VIRTIO_NET_MAC_BYTES);
    }
    control->unicast_count = (uint8_t)unicast_count;
    control->multicast_count = (uint8_t)multicast_count;
    control->dirty |= 1u << SAY_FILTER;
    return 0;
}

int virtio_net_set_mac(struct virtio_net *net, const uint8_t mac[VIRTIO_NET_MAC_BYTES])
{
    /* 5.1.6.5.2: the command belongs to CTRL_RX, and CTRL_MAC_ADDR says that the device has it. */
    if (!can(net, VIRTIO_NET_F_CTRL_MAC_ADDR) || !can(net, VIRTIO_NET_F_CTRL_RX))
    {
        return -VIRTIO_ENOTSUP;
    }
    if (!virtio_net_is_unicast(mac))
    {
        return -VIRTIO_EINVAL;
    }
    memcpy(net->control.mac, mac, VIRTIO_NET_MAC_BYTES);
    net->control.dirty |= 1u << SAY_MAC;
    return 0;
}

int virtio_net_set_vlan(struct virtio_net *net, uint16_t vlan, bool on)
{
    struct virtio_net_control *control = &net->control;
    uint32_t bit = 1u << (vlan % 32);

    if (!can(net, VIRTIO_NET_F_CTRL_VLAN))
    {
        return -VIRTIO_ENOTSUP;
    }
    if (vlan >= 4096)
    {
        return -VIRTIO_EINVAL;
    }
    if (((control->vlans[vlan / 32] & bit) != 0) == on)
    {
        return 0;
    }
    control->vlans[vlan / 32] ^= bit;
    control->vlans_unsaid[vlan / 32] |= bit;
    control->dirty |= 1u << SAY_VLAN;
    return 0;
}

int virtio_net_set_offloads(struct virtio_net *net, uint64_t offloads)
{
    if (!can(net, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
    {
        return -VIRTIO_ENOTSUP;
    }
    if ((offloads & ~negotiated_offloads(net)) != 0 ||
        ((offloads & OFFLOAD_TSO) != 0 && (offloads & OFFLOAD_CSUM) == 0))
    {
        return -VIRTIO_EINVAL;
    }
    net->control.offloads = offloads;
    net->control.dirty |= 1u << SAY_OFFLOADS;
    return 0;
}

int virtio_net_set_coalescing(struct virtio_net *net, bool transmit, uint32_t max_usecs, uint32_t max_packets)
{
    struct virtio_net_coalescing *coalescing = &net->control.coalescing[transmit ? 1 : 0];

    if (!can(net, VIRTIO_NET_F_NOTF_COAL))
    {
        return -VIRTIO_ENOTSUP;
    }
    coalescing->max_packets = max_packets;
    coalescing->max_usecs = max_usecs;
    net->control.dirty |= 1u << (transmit ? SAY_TX_COALESCING : SAY_RX_COALESCING);
    return 0;
}

int virtio_net_announced(struct virtio_net *net)
{
    if (!can(net, VIRTIO_NET_F_GUEST_ANNOUNCE))
    {
        return -VIRTIO_ENOTSUP;
    }
    net->control.dirty |= 1u << SAY_ANNOUNCED;
    return 0;
}

/* --- Saying it --- */

/* One address table: a count and the addresses. Returns its length. */
static uint32_t put_table(const struct virtio_net *net, uint8_t *to, uint8_t (*table)[VIRTIO_NET_MAC_BYTES],
                          uint8_t count)
{
    put32(net, to, count);
    memcpy(to + 4, table, (size_t)count * VIRTIO_NET_MAC_BYTES);
    return 4u + count * (uint32_t)VIRTIO_NET_MAC_BYTES;
}

/* The lowest VLAN that is to be said, which then is no more. There is one. */
static uint16_t next_vlan(struct virtio_net_control *control)
{
    unsigned int word = 0;
    unsigned int bit = 0;

    while (control->vlans_unsaid[word] == 0)
    {
        word++;
    }
    while ((control->vlans_unsaid[word] >> bit & 1u) == 0)
    {
        bit++;
    }
    control->vlans_unsaid[word] &= ~(1u << bit);
    return (uint16_t)(word * 32 + bit);
}

static bool any_vlan(const struct virtio_net_control *control)
{
    unsigned int word;

    for (word = 0; word < VLANS_WORDS; word++)
    {
        if (control->vlans_unsaid[word] != 0)
        {
            return true;
        }
    }
    return false;
}

/* Write the data of a command. Returns its length; `*second` is that of a second part (at AT_TABLE_2), or 0. */
static uint32_t write_data(struct virtio_net *net, unsigned int saying, uint32_t *second)
{
    struct virtio_net_control *control = &net->control;
    uint8_t *data = control->memory + AT_DATA;
    uint16_t vlan;

    *second = 0;
    switch (saying)
    {
    case SAY_PAIRS:
        put16(net, data, control->pairs);
        return 2;
    case SAY_MAC:
        memcpy(data, control->mac, VIRTIO_NET_MAC_BYTES);
        return VIRTIO_NET_MAC_BYTES;
    case SAY_FILTER:
        *second = put_table(net, control->memory + AT_TABLE_2, control->multicast, control->multicast_count);
        return put_table(net, data, control->unicast, control->unicast_count);
    case SAY_OFFLOADS:
        put64(net, data, control->offloads);
        return 8;
    case SAY_RX_COALESCING:
    case SAY_TX_COALESCING:
        put32(net, data, control->coalescing[saying - SAY_RX_COALESCING].max_packets);
        put32(net, data + 4, control->coalescing[saying - SAY_RX_COALESCING].max_usecs);
        return 8;
    case SAY_ANNOUNCED:
        return 0;
    case SAY_VLAN:
        vlan = next_vlan(control);
        control->memory[AT_COMMAND + 1] = (control->vlans[vlan / 32] >> (vlan % 32) & 1u) != 0 ? 0 : 1;
        put16(net, data, vlan);
        return 2;
    default: /* the receive modes */
        data[0] = (control->mode & sayings[saying].mode) != 0 ? 1 : 0;
        return 1;
    }
}

/* The first thing to be said; there is one. */
static unsigned int next_saying(uint32_t dirty)
{
    unsigned int saying = 0;

    while ((dirty >> saying & 1u) == 0)
    {
        saying++;
    }
    return saying;
}

int virtio_net_sync(struct virtio_net *net)
{
    struct virtio_net_control *control = &net->control;
    virtio_dma_addr_t address = control->memory_address;
    struct virtio_sg sg[4];
    unsigned int out = 1;
    unsigned int saying;
    uint32_t length;
    uint32_t second;
    int error;

    if (control->stopped || control->abandoned || control->busy || control->dirty == 0)
    {
        return 0;
    }
    saying = next_saying(control->dirty);
    control->memory[AT_COMMAND] = sayings[saying].class;
    control->memory[AT_COMMAND + 1] = sayings[saying].command;
    control->memory[AT_ACK] = ACK_UNWRITTEN;
    length = write_data(net, saying, &second);

    /* In the framing of the legacy interface (5.1.6.6), which suits every device. */
    sg[0].address = address + AT_COMMAND;
    sg[0].length = 2;
    if (length != 0)
    {
        sg[out].address = address + AT_DATA;
        sg[out++].length = length;
    }
    if (second != 0)
    {
        sg[out].address = address + AT_TABLE_2;
        sg[out++].length = second;
    }
    sg[out].address = address + AT_ACK;
    sg[out].length = 1;
    error = virtio_queue_add(&control->ring, sg, out, 1, control);
    if (error != 0)
    {
        return error; /* broken: the ring has room for the one command that there is at a time */
    }
    if (saying != SAY_VLAN || !any_vlan(control))
    {
        control->dirty &= ~(1u << saying);
    }
    control->command = (uint8_t)saying;
    control->busy = true;
    return virtio_queue_publish(&control->ring) ? 1 : 0;
}

void virtio_net_notify_control(struct virtio_net *net)
{
    if (net->control.memory != NULL && !*(const volatile bool *)&net->control.stopped)
    {
        virtio_queue_notify(&net->control.ring);
    }
}

int virtio_net_poll_control(struct virtio_net *net)
{
    struct virtio_net_control *control = &net->control;
    uint32_t written;
    void *cookie;
    int error;

    if (control->stopped || control->abandoned || control->memory == NULL)
    {
        return 0;
    }
    do
    {
        error = virtio_queue_pop(&control->ring, &cookie, &written);
        if (error == 0)
        {
            control->busy = false;
            if (*(const volatile uint8_t *)&control->memory[AT_ACK] != ACK_OK)
            {
                control->refused++;
                control->ring.stats.errors++;
                net->setup.callbacks->refused(net->setup.context, sayings[control->command].name);
            }
            else if (control->command == SAY_PAIRS)
            {
                net->pairs_in_use = control->pairs;
            }
        }
    } while (error == 0 || (error == -VIRTIO_EAGAIN && virtio_queue_enable(&control->ring)));
    return error == -VIRTIO_EPROTO ? error : virtio_net_sync(net);
}

bool virtio_net_control_busy(const struct virtio_net *net)
{
    const struct virtio_net_control *control = &net->control;

    return control->memory != NULL && !control->abandoned && (control->busy || control->dirty != 0);
}

void virtio_net_abandon_control(struct virtio_net *net)
{
    net->control.abandoned = true;
}

void virtio_net_stop_control(struct virtio_net *net)
{
    net->control.stopped = true;
}

int virtio_net_resume_control(struct virtio_net *net, int error)
{
    if (error != 0 || net->control.memory == NULL)
    {
        return 0;
    }
    net->control.stopped = false;
    net->control.abandoned = false;
    net->control.busy = false;
    say_all(net);
    return virtio_net_sync(net);
}
