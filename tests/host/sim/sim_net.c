/* SPDX-License-Identifier: Apache-2.0 */
/* The network device's side of receiving and sending (5.1.6), and what drivers owe it. */

#include <stdlib.h>
#include <string.h>

#include "../platform_host.h"
#include "sim_net.h"
#include "sim_net_control.h"
#include "violation.h"

#define ETHERNET_HEADER 14u
#define NEEDS_CSUM      1u

/* NET-LEG-03: the address can be written on the legacy interface. */
#define FIELDS(legacy)                                                                                  \
    {                                                                                                   \
        {SIM_NET_MAC + 0, 1, SIM_NO_FEATURE, legacy}, {SIM_NET_MAC + 1, 1, SIM_NO_FEATURE, legacy},     \
            {SIM_NET_MAC + 2, 1, SIM_NO_FEATURE, legacy}, {SIM_NET_MAC + 3, 1, SIM_NO_FEATURE, legacy}, \
            {SIM_NET_MAC + 4, 1, SIM_NO_FEATURE, legacy}, {SIM_NET_MAC + 5, 1, SIM_NO_FEATURE, legacy}, \
            {SIM_NET_STATUS, 2, SIM_NET_F_STATUS, false}, {SIM_NET_PAIRS, 2, SIM_NET_F_MQ, false},      \
            {SIM_NET_MTU, 2, SIM_NET_F_MTU, false}, {SIM_NET_SPEED, 4, SIM_NET_F_SPEED_DUPLEX, false},  \
            {SIM_NET_DUPLEX, 1, SIM_NET_F_SPEED_DUPLEX, false},                                         \
    }
#define FIELD_COUNT 11

static const struct sim_field fields_legacy[FIELD_COUNT] = FIELDS(true);
static const struct sim_field fields_modern[FIELD_COUNT] = FIELDS(false);

static uint16_t config16(const struct sim_device *sim, unsigned int offset)
{
    return (uint16_t)(sim->config[offset] | sim->config[offset + 1] << 8);
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

/* --- features and config space ---------------------------------------------------------------------------------- */

/* 5.1.3.1, and what has no code here. */
static const struct
{
    uint8_t bit, needs;
} dependencies[] = {
    {SIM_NET_F_CTRL_RX, SIM_NET_F_CTRL_VQ},
    {SIM_NET_F_CTRL_VLAN, SIM_NET_F_CTRL_VQ},
    {SIM_NET_F_CTRL_RX_EXTRA, SIM_NET_F_CTRL_VQ},
    {SIM_NET_F_GUEST_ANNOUNCE, SIM_NET_F_CTRL_VQ},
    {SIM_NET_F_MQ, SIM_NET_F_CTRL_VQ},
    {SIM_NET_F_CTRL_MAC_ADDR, SIM_NET_F_CTRL_VQ},
    {SIM_NET_F_NOTF_COAL, SIM_NET_F_CTRL_VQ},
    {SIM_NET_F_CTRL_GUEST_OFFLOADS, SIM_NET_F_CTRL_VQ},
    {SIM_NET_F_HOST_TSO4, SIM_NET_F_CSUM},
    {SIM_NET_F_HOST_TSO6, SIM_NET_F_CSUM},
    {SIM_NET_F_GUEST_TSO4, SIM_NET_F_GUEST_CSUM},
    {SIM_NET_F_GUEST_TSO6, SIM_NET_F_GUEST_CSUM},
    {SIM_NET_F_GUEST_UFO, SIM_NET_F_GUEST_CSUM},
};

static bool check_features(struct sim_device *sim)
{
    struct sim_net *net = sim->model_data;

    net->offloads = sim->driver_features[0] & SIM_NET_GUEST_OFFLOADS;
    if (sim_has(sim, SIM_NET_F_GUEST_ECN) && !sim_has(sim, SIM_NET_F_GUEST_TSO4) && !sim_has(sim, SIM_NET_F_GUEST_TSO6))
    {
        violation("NET-FEAT-01", "GUEST_ECN without GUEST_TSO4 and GUEST_TSO6");
    }
    for (size_t i = 0; i < sizeof(dependencies) / sizeof(dependencies[0]); i++)
    {
        if (sim_has(sim, dependencies[i].bit) && !sim_has(sim, dependencies[i].needs))
        {
            violation("NET-FEAT-01", "feature %u without %u", dependencies[i].bit, dependencies[i].needs);
        }
    }
    for (unsigned int bit = 0; bit < SIM_WORDS * 32; bit++)
    {
        bool known = bit == SIM_NET_F_NOTF_COAL || bit == SIM_NET_F_SPEED_DUPLEX || (bit <= 23 && bit != 4);

        if (sim_has(sim, bit) && !known && (bit < 24 || bit >= 50))
        {
            violation("CORE-FEAT-05", "feature %u of a network device", bit);
        }
    }
    if (sim_has(sim, SIM_NET_F_GSO) && !sim->legacy)
    {
        violation("NET-LEG-01", "GSO on the modern interface");
    }
    if (sim_offers(sim, SIM_NET_F_MAC) && !sim_has(sim, SIM_NET_F_MAC))
    {
        violation("NET-CFG-02", "MAC was not accepted");
    }
    if (sim_offers(sim, SIM_NET_F_MTU) && !sim_has(sim, SIM_NET_F_MTU) && config16(sim, SIM_NET_MTU) >= 68)
    {
        violation("NET-CFG-07", "MTU was not accepted");
    }
    return true;
}

static void config_read(struct sim_device *sim, unsigned int offset)
{
    unsigned int feature = offset < SIM_NET_STATUS  ? SIM_NET_F_MAC
                           : offset < SIM_NET_PAIRS ? SIM_NET_F_STATUS
                           : offset < SIM_NET_MTU   ? SIM_NET_F_MQ
                           : offset < SIM_NET_SPEED ? SIM_NET_F_MTU
                                                    : SIM_NET_F_SPEED_DUPLEX;

    if ((sim->status & SIM_FEATURES_OK) != 0 ? !sim_has(sim, feature) : !sim_offers(sim, feature))
    {
        violation("CORE-CFG-03", "config field 0x%x without feature %u", offset, feature);
    }
}

static void config_written(struct sim_device *sim, unsigned int offset)
{
    struct sim_net *net = sim->model_data;

    if (sim_has(sim, SIM_NET_F_CTRL_MAC_ADDR))
    {
        violation("NET-LEG-03", "the address is written although there is a command for it");
    }
    net->mac[offset - SIM_NET_MAC] = sim->config[offset];
}

static void reset(struct sim_device *sim)
{
    struct sim_net *net = sim->model_data;

    memset(net->mode, 0, sizeof(net->mode));
    memset(net->vlan, 0, sizeof(net->vlan));
    net->unicast_count = net->multicast_count = 0;
    net->pairs = 1;
    net->offloads = 0;
    memset(net->coalescing, 0, sizeof(net->coalescing));
    memcpy(net->mac, net->permanent, sizeof(net->mac));
    memcpy(sim->config + SIM_NET_MAC, net->permanent, sizeof(net->permanent));
}

/* --- receiving -------------------------------------------------------------------------------------------------- */

unsigned int sim_net_header_size(const struct sim_device *sim)
{
    return sim->legacy && !sim_has(sim, SIM_NET_F_MRG_RXBUF) ? 10 : 12;
}

/* 5.1.6.6, "a single descriptor for the header, with the network data in the following descriptors". */
static void check_framing(struct sim_device *sim, const struct sim_chain *chain)
{
    if (sim->legacy && !sim_has(sim, SIM_F_ANY_LAYOUT) &&
        (chain->readable + chain->writable < 2 || chain->elements[0].length != sim_net_header_size(sim)))
    {
        violation("NET-LEG-11", "the first of %u descriptors has %u bytes", chain->readable + chain->writable,
                  chain->elements[0].length);
    }
}

static void check_buffer(struct sim_device *sim, const struct sim_chain *chain)
{
    unsigned int header = sim_net_header_size(sim);
    uint16_t mtu = config16(sim, SIM_NET_MTU);

    if (chain->readable != 0)
    {
        violation("NET-RX-02", "a receive buffer with %u device-readable elements", chain->readable);
    }
    check_framing(sim, chain);
    if (sim_has(sim, SIM_NET_F_MRG_RXBUF))
    {
        if (chain->writable_bytes < header)
        {
            violation("NET-RX-03", "a receive buffer of %u bytes", (unsigned int)chain->writable_bytes);
        }
        return;
    }
    if (chain->writable_bytes < 1514 + header)
    {
        violation("NET-RX-02", "a receive buffer of %u bytes", (unsigned int)chain->writable_bytes);
    }
    if (sim_has(sim, SIM_NET_F_MTU) && mtu >= 68 && chain->writable_bytes < mtu + ETHERNET_HEADER + header)
    {
        violation("NET-CFG-08", "a receive buffer of %u bytes for an mtu of %u", (unsigned int)chain->writable_bytes,
                  mtu);
    }
}

void sim_net_check_posted(struct sim_device *sim, unsigned int pair)
{
    uint64_t room = 0;
    unsigned int count = sim_pending(sim, 2 * pair);

    for (unsigned int i = 0; i < count; i++)
    {
        const struct sim_chain *chain = sim_pending_chain(sim, 2 * pair, i);

        check_buffer(sim, chain);
        room += chain->writable_bytes;
    }
    if (sim_has(sim, SIM_NET_F_MTU) && room < config16(sim, SIM_NET_MTU) + ETHERNET_HEADER + sim_net_header_size(sim))
    {
        violation("NET-CFG-08", "%u receive buffers have %llu bytes", count, (unsigned long long)room);
    }
}

uint64_t sim_net_room(const struct sim_device *sim, unsigned int pair)
{
    const struct sim_chain *chain = sim_pending_chain(sim, 2 * pair, 0);

    return chain == NULL ? 0 : chain->writable_bytes;
}

bool sim_net_use(struct sim_device *sim, unsigned int pair, const void *bytes, size_t count, uint32_t length)
{
    const struct sim_chain *chain = sim_pending_chain(sim, 2 * pair, 0);

    if (chain == NULL)
    {
        return false;
    }
    check_buffer(sim, chain);
    sim_copy_out(chain, 0, bytes, count);
    sim_finish_length(sim, 2 * pair, 0, length);
    return true;
}

static void make_header(uint8_t *to, const struct sim_net_how *how, uint16_t buffers)
{
    to[0] = how->flags;
    to[1] = how->gso_type;
    put16(to + 2, how->hdr_len);
    put16(to + 4, how->gso_size);
    put16(to + 6, how->csum_start);
    put16(to + 8, how->csum_offset);
    put16(to + 10, how->num_buffers_replaced ? how->num_buffers : buffers);
}

/* Bytes of the next buffer at `position` that a frame goes into. */
static uint32_t room_at(const struct sim_device *sim, unsigned int pair, unsigned int position, uint32_t fill)
{
    const struct sim_chain *chain = sim_pending_chain(sim, 2 * pair, position);
    uint64_t room = chain == NULL ? 0 : chain->writable_bytes;

    return (uint32_t)(fill != 0 && fill < room ? fill : room);
}

unsigned int sim_net_deliver(struct sim_device *sim, unsigned int pair, const void *frame, uint32_t length,
                             const struct sim_net_how *how)
{
    static const struct sim_net_how ordinary;
    bool mergeable = sim_has(sim, SIM_NET_F_MRG_RXBUF);
    unsigned int header = sim_net_header_size(sim);
    uint32_t total = header + length;
    uint32_t covered = 0;
    unsigned int buffers = 0;
    uint32_t fill;
    uint8_t *bytes;

    how = how != NULL ? how : &ordinary;
    fill = mergeable ? how->fill : 0;
    while (covered < total && buffers < sim_pending(sim, 2 * pair) && (mergeable || buffers == 0))
    {
        covered += room_at(sim, pair, buffers++, fill);
    }
    if (covered < total)
    {
        return 0;
    }
    bytes = malloc(total + 2);
    make_header(bytes, how, (uint16_t)buffers);
    memcpy(bytes + header, frame, length);
    covered = 0;
    for (unsigned int i = 0; i < buffers; i++)
    {
        uint32_t part = room_at(sim, pair, 0, fill);

        part = part < total - covered ? part : total - covered;
        sim_net_use(sim, pair, bytes + covered, part, i == 0 && how->length_replaced ? how->length : part);
        covered += part;
    }
    free(bytes);
    return buffers;
}

/* --- sending ---------------------------------------------------------------------------------------------------- */

static void check_header(struct sim_device *sim, const uint8_t *header, const uint8_t *frame, uint32_t length)
{
    uint32_t most = config16(sim, SIM_NET_MTU) + ETHERNET_HEADER;

    if ((header[0] & ~NEEDS_CSUM) != 0)
    {
        violation("NET-TX-47", "flags 0x%x", header[0]);
    }
    if (!sim_has(sim, SIM_NET_F_CSUM) && header[0] != 0)
    {
        violation("NET-TX-05", "flags 0x%x without CSUM", header[0]);
    }
    if (header[1] != 0)
    {
        violation("NET-TX-33", "gso_type 0x%x", header[1]);
    }
    if (sim_net_header_size(sim) == 12 && get16(header + 10) != 0)
    {
        violation("NET-TX-04", "num_buffers %u", get16(header + 10));
    }
    if ((header[0] & NEEDS_CSUM) != 0 && (uint32_t)get16(header + 6) + get16(header + 8) + 2 > length)
    {
        violation("NET-TX-32", "the checksum is at %u + %u of %u bytes", get16(header + 6), get16(header + 8), length);
    }
    if (length > ETHERNET_HEADER && frame[12] == 0x81 && frame[13] == 0)
    {
        most += 4; /* the link header includes a tag */
    }
    if (sim_has(sim, SIM_NET_F_MTU) && config16(sim, SIM_NET_MTU) >= 68 && length > most)
    {
        violation("NET-CFG-09", "a frame of %u bytes, the mtu is %u", length, config16(sim, SIM_NET_MTU));
    }
}

static void transmit(struct sim_device *sim, unsigned int pair, const struct sim_chain *chain)
{
    struct sim_net *net = sim->model_data;
    unsigned int size = sim_net_header_size(sim);
    uint8_t header[12] = {0};
    uint32_t length;
    uint8_t *data;

    if (pair >= net->pairs)
    {
        violation(net->executed[SIM_NET_MQ][0] == 0 ? "NET-MQ-06" : "NET-MQ-07", "a frame on pair %u of %u", pair,
                  net->pairs);
    }
    if (chain->writable != 0 || chain->readable_bytes < size + ETHERNET_HEADER)
    {
        violation("NET-TX-03", "a frame of %u bytes with its header, and %u to write",
                  (unsigned int)chain->readable_bytes, (unsigned int)chain->writable_bytes);
        return;
    }
    check_framing(sim, chain);
    length = (uint32_t)chain->readable_bytes - size;
    data = malloc(length);
    sim_copy_in(chain, 0, header, size);
    sim_copy_in(chain, size, data, length);
    check_header(sim, header, data, length);
    net->sent_bytes += length;
    if (net->sent_count < SIM_NET_TRACE)
    {
        net->sent[net->sent_count] = (struct sim_net_sent){
            .data = data,
            .length = length,
            .pair = (uint16_t)pair,
            .flags = header[0],
            .csum_start = get16(header + 6),
            .csum_offset = get16(header + 8),
            .elements = (uint16_t)(chain->readable),
        };
        data = NULL;
    }
    free(data);
    net->sent_count++;
}

static uint32_t execute(struct sim_device *sim, unsigned int queue, const struct sim_chain *chain)
{
    struct sim_net *net = sim->model_data;
    uint32_t length = 0;

    if (queue == sim_net_control_queue(sim))
    {
        length = sim_net_command(sim, chain);
    }
    else
    {
        transmit(sim, queue / 2, chain);
    }
    if (sim->legacy)
    {
        length = host_random() % 70000; /* NET-LEG-05 */
    }
    return net->length_replaced ? net->length : length;
}

unsigned int sim_net_work(struct sim_device *sim)
{
    unsigned int control = sim_net_control_queue(sim);
    unsigned int sum = 0;
    unsigned int done;

    do
    {
        done = 0;
        for (unsigned int i = 1; i < sim->queue_count; i += 2)
        {
            if (i < control)
            {
                done += sim_step(sim, i, 0x10000);
            }
        }
        /* Last, so that a frame in a queue which is not in use yet is seen as that. */
        if (control < sim->queue_count)
        {
            done += sim_step(sim, control, 0x10000);
        }
        sum += done;
    } while (done != 0);
    return sum;
}

/* --- the device ------------------------------------------------------------------------------------------------- */

#define MODEL(fields_)                                                                                                \
    {                                                                                                                 \
        .id = 1, .fields = fields_, .field_count = FIELD_COUNT, .execute = execute, .check_features = check_features, \
        .config_read = config_read, .config_written = config_written, .reset = reset,                                 \
    }

static const struct sim_model model_legacy = MODEL(fields_legacy);
static const struct sim_model model_modern = MODEL(fields_modern);

void sim_net_init(struct sim_device *sim, struct sim_net *net, bool legacy)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

    memset(net, 0, sizeof(*net));
    memcpy(net->permanent, mac, sizeof(mac));
    sim_init(sim, legacy, legacy ? &model_legacy : &model_modern, net);
    sim->mode = SIM_MANUAL;
    sim->queue_count = 3;
    reset(sim);
}

void sim_net_fini(struct sim_device *sim, struct sim_net *net)
{
    sim_fini(sim);
    sim_net_forget(net);
}

void sim_net_forget(struct sim_net *net)
{
    for (unsigned int i = 0; i < net->sent_count && i < SIM_NET_TRACE; i++)
    {
        free(net->sent[i].data);
    }
    memset(net->executed, 0, sizeof(net->executed));
    net->sent_count = 0;
    net->sent_bytes = 0;
    net->command_count = 0;
}

void sim_net_offer_all(struct sim_device *sim, uint16_t pairs)
{
    static const uint8_t all[] = {
        SIM_NET_F_CSUM,
        SIM_NET_F_GUEST_CSUM,
        SIM_NET_F_MTU,
        SIM_NET_F_MAC,
        SIM_NET_F_MRG_RXBUF,
        SIM_NET_F_STATUS,
        SIM_NET_F_CTRL_VQ,
        SIM_NET_F_CTRL_RX,
        SIM_NET_F_CTRL_VLAN,
        SIM_NET_F_CTRL_RX_EXTRA,
        SIM_NET_F_MQ,
        SIM_NET_F_GUEST_ANNOUNCE,
        SIM_NET_F_CTRL_MAC_ADDR,
        SIM_NET_F_SPEED_DUPLEX,
        SIM_NET_F_GUEST_TSO4,
        SIM_NET_F_GUEST_TSO6,
        SIM_NET_F_CTRL_GUEST_OFFLOADS,
        SIM_NET_F_NOTF_COAL,
    };

    for (unsigned int i = 0; i < sizeof(all); i++)
    {
        if (all[i] < 32 || !sim->legacy)
        {
            sim_offer(sim, all[i]);
        }
    }
    sim->queue_count = 2u * pairs + 1;
    sim_config16(sim, SIM_NET_STATUS, SIM_NET_LINK_UP);
    sim_config16(sim, SIM_NET_PAIRS, pairs);
    sim_config16(sim, SIM_NET_MTU, 1500);
    sim_config32(sim, SIM_NET_SPEED, 10000);
    sim->config[SIM_NET_DUPLEX] = 1;
}

void sim_net_link(struct sim_device *sim, bool up)
{
    sim_config16(sim, SIM_NET_STATUS,
                 (uint16_t)((config16(sim, SIM_NET_STATUS) & ~SIM_NET_LINK_UP) | (up ? SIM_NET_LINK_UP : 0)));
    sim_config_changed(sim);
}

void sim_net_ask_announce(struct sim_device *sim)
{
    sim_config16(sim, SIM_NET_STATUS, config16(sim, SIM_NET_STATUS) | SIM_NET_ANNOUNCE);
    sim_config_changed(sim);
}
