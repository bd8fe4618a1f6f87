/* SPDX-License-Identifier: Apache-2.0 */
/* Control commands (5.1.6.5): every one that a driver without RSS can give. */

#include <string.h>

#include "../platform_host.h"
#include "sim_net_control.h"
#include "violation.h"

#define ACK_OK  0
#define ACK_ERR 1

/* A command as taken apart. */
struct command
{
    struct sim_device *sim;
    struct sim_net *net;
    const struct sim_chain *chain;
    uint8_t class, number;
    uint64_t length; /* of the data */
};

static uint32_t data32(const struct command *command, uint64_t at)
{
    uint8_t bytes[4] = {0};

    sim_copy_in(command->chain, 2 + at, bytes, sizeof(bytes));
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint16_t data16(const struct command *command)
{
    uint8_t bytes[2] = {0};

    sim_copy_in(command->chain, 2, bytes, sizeof(bytes));
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static bool has_length(const struct command *command, uint64_t length)
{
    if (command->length != length)
    {
        violation("NET-CTRL-01", "%llu bytes of data for command %u.%u", (unsigned long long)command->length,
                  command->class, command->number);
        return false;
    }
    return true;
}

static void needs(const struct command *command, unsigned int feature, const char *id)
{
    if (!sim_has(command->sim, feature))
    {
        violation(id, "command %u.%u without feature %u", command->class, command->number, feature);
    }
}

static bool receive_mode(const struct command *command)
{
    uint8_t value = 0;

    if (command->number >= SIM_NET_MODES)
    {
        violation("NET-CTRL-03", "command %u of class RX", command->number);
        return false;
    }
    needs(command, command->number < 2 ? SIM_NET_F_CTRL_RX : SIM_NET_F_CTRL_RX_EXTRA,
          command->number < 2 ? "NET-CTRL-02" : "NET-CTRL-03");
    if (!has_length(command, 1))
    {
        return false;
    }
    sim_copy_in(command->chain, 2, &value, 1);
    if (value > 1)
    {
        violation("NET-CTRL-02", "%u is neither on nor off", value);
    }
    command->net->mode[command->number] = value != 0;
    return true;
}

/* One table at a position of the data: its bytes, or 0 if it does not fit. */
static uint64_t table(const struct command *command, uint64_t at, bool multicast, uint32_t *count, uint8_t (*to)[6])
{
    *count = at + 4 <= command->length ? data32(command, at) : SIM_NET_ADDRESSES + 1;
    if (*count > SIM_NET_ADDRESSES || at + 4 + *count * 6ull > command->length)
    {
        violation("NET-CTRL-06", "a table of %u entries in %llu bytes", *count, (unsigned long long)command->length);
        *count = 0;
        return 0;
    }
    sim_copy_in(command->chain, 2 + at + 4, to, *count * 6u);
    for (uint32_t i = 0; i < *count; i++)
    {
        if ((to[i][0] & 1) != multicast)
        {
            violation("NET-CTRL-06", "an address of the other kind in a table");
        }
    }
    return 4 + *count * 6u;
}

static bool mac_table(const struct command *command)
{
    const struct sim_chain *chain = command->chain;
    struct sim_net *net = command->net;
    uint64_t first = table(command, 0, false, &net->unicast_count, net->unicast);
    uint64_t second = first == 0 ? 0 : table(command, first, true, &net->multicast_count, net->multicast);

    if (second == 0)
    {
        return false;
    }
    if (first + second != command->length)
    {
        violation("NET-CTRL-06", "%llu bytes behind the tables",
                  (unsigned long long)(command->length - first - second));
    }
    if (command->sim->legacy && !sim_has(command->sim, SIM_F_ANY_LAYOUT) &&
        (chain->readable != 3 || chain->elements[1].length != first || chain->elements[2].length != second))
    {
        violation(chain->elements[1].length != first ? "NET-LEG-13" : "NET-LEG-14", "the tables are in %u descriptors",
                  chain->readable - 1u);
    }
    return true;
}

static bool mac_filter(const struct command *command)
{
    needs(command, SIM_NET_F_CTRL_RX, "NET-CTRL-04");
    if (command->number == 0)
    {
        return mac_table(command);
    }
    if (command->number != 1)
    {
        violation("NET-CTRL-04", "command %u of class MAC", command->number);
        return false;
    }
    needs(command, SIM_NET_F_CTRL_MAC_ADDR, "NET-CTRL-05");
    if (!has_length(command, 6))
    {
        return false;
    }
    sim_copy_in(command->chain, 2, command->net->mac, 6);
    if (sim_has(command->sim, SIM_NET_F_MAC))
    {
        memcpy(command->sim->config + SIM_NET_MAC, command->net->mac, 6); /* 5.1.6.5.2: reflected there */
        command->sim->generation++;
    }
    return true;
}

static bool vlan(const struct command *command)
{
    uint16_t id = data16(command);

    needs(command, SIM_NET_F_CTRL_VLAN, "NET-FEAT-01");
    if (!has_length(command, 2) || command->number > 1 || id >= 4096)
    {
        violation("NET-LEG-08", "command %u for VLAN %u", command->number, id);
        return false;
    }
    command->net->vlan[id] = command->number == 0;
    return true;
}

static bool announce(const struct command *command)
{
    uint8_t *status = &command->sim->config[SIM_NET_STATUS];

    needs(command, SIM_NET_F_GUEST_ANNOUNCE, "NET-CTRL-09");
    if (!has_length(command, 0) || command->number != 0)
    {
        violation("NET-CTRL-09", "command %u of class ANNOUNCE", command->number);
        return false;
    }
    if ((*status & SIM_NET_ANNOUNCE) == 0)
    {
        violation("NET-CTRL-09", "an announcement that nobody asked for");
    }
    if (!command->net->announce_sticks)
    {
        *status &= (uint8_t)~SIM_NET_ANNOUNCE; /* without a notification: nobody has to be told */
        command->sim->generation++;
    }
    return true;
}

static bool queue_pairs(const struct command *command)
{
    struct sim_device *sim = command->sim;
    uint16_t pairs = data16(command);
    uint16_t most = (uint16_t)(sim->config[SIM_NET_PAIRS] | sim->config[SIM_NET_PAIRS + 1] << 8);

    needs(command, SIM_NET_F_MQ, "NET-MQ-01");
    if (!has_length(command, 2) || command->number != 0 || pairs == 0 || pairs > most)
    {
        violation("NET-MQ-05", "command %u for %u pairs of %u", command->number, pairs, most);
        return false;
    }
    for (unsigned int i = 0; i < 2u * pairs; i++)
    {
        if (i >= sim->queue_count || !sim->queue[i].live)
        {
            violation("NET-MQ-04", "%u pairs, and queue %u is not set up", pairs, i);
            return false;
        }
    }
    for (unsigned int i = 2u * pairs; i < sim->queue_count; i++)
    {
        if (i % 2 == 1 && sim_pending(sim, i) != 0)
        {
            violation("NET-MQ-07", "frames in queue %u, which goes out of use", i);
        }
    }
    command->net->pairs = pairs;
    return true;
}

static bool offloads(const struct command *command)
{
    uint64_t wanted = data32(command, 0) | (uint64_t)data32(command, 4) << 32;
    uint64_t tso = 1u << SIM_NET_F_GUEST_TSO4 | 1u << SIM_NET_F_GUEST_TSO6;

    needs(command, SIM_NET_F_CTRL_GUEST_OFFLOADS, "NET-FEAT-01");
    if (!has_length(command, 8) || command->number != 0)
    {
        violation("NET-OFFL-01", "command %u of class GUEST_OFFLOADS", command->number);
        return false;
    }
    if ((wanted & ~(uint64_t)(command->sim->driver_features[0] & SIM_NET_GUEST_OFFLOADS)) != 0)
    {
        violation("NET-OFFL-01", "not all of offloads 0x%llx were negotiated", (unsigned long long)wanted);
        return false;
    }
    if ((wanted & tso) != 0 && (wanted & 1u << SIM_NET_F_GUEST_CSUM) == 0)
    {
        violation("NET-OFFL-01", "offloads 0x%llx need GUEST_CSUM", (unsigned long long)wanted);
        return false;
    }
    command->net->offloads = wanted;
    return true;
}

static bool coalescing(const struct command *command)
{
    needs(command, SIM_NET_F_NOTF_COAL, "NET-COAL-02");
    if (command->number > 1)
    {
        violation("NET-COAL-03", "command %u of class NOTF_COAL", command->number);
        return false;
    }
    if (!has_length(command, 8))
    {
        return false;
    }
    for (unsigned int i = 0; i < 2; i++)
    {
        command->net->coalescing[command->number][i] = data32(command, 4u * i);
    }
    return true;
}

static bool obey(const struct command *command)
{
    switch (command->class)
    {
    case SIM_NET_RX:
        return receive_mode(command);
    case SIM_NET_MAC_FILTER:
        return mac_filter(command);
    case SIM_NET_VLAN:
        return vlan(command);
    case SIM_NET_ANNOUNCE_ACK:
        return announce(command);
    case SIM_NET_MQ:
        return queue_pairs(command);
    case SIM_NET_OFFLOADS:
        return offloads(command);
    case SIM_NET_COALESCING:
        return coalescing(command);
    default:
        violation("NET-FEAT-01", "command %u.%u", command->class, command->number);
        return false;
    }
}

/* 5.1.6.6: two bytes, the data, one byte. */
static void check_layout(const struct command *command)
{
    const struct sim_chain *chain = command->chain;
    unsigned int data = command->length == 0 ? 0 : 1;

    if (!command->sim->legacy || sim_has(command->sim, SIM_F_ANY_LAYOUT))
    {
        return;
    }
    if (command->class == SIM_NET_MAC_FILTER && command->number == 0)
    {
        data = 2;
    }
    if (chain->elements[0].length != 2 || chain->readable != 1 + data || chain->writable != 1)
    {
        violation("NET-LEG-12", "a command in %u + %u descriptors, the first of %u bytes", chain->readable,
                  chain->writable, chain->elements[0].length);
    }
}

unsigned int sim_net_control_queue(const struct sim_device *sim)
{
    unsigned int pairs = sim->config[SIM_NET_PAIRS] | (unsigned int)sim->config[SIM_NET_PAIRS + 1] << 8;

    if (!sim_has(sim, SIM_NET_F_CTRL_VQ))
    {
        return 0x20000; /* there is none */
    }
    return sim_has(sim, SIM_NET_F_MQ) && pairs != 0 ? 2 * pairs : 2;
}

static void remember(const struct command *command)
{
    struct sim_net *net = command->net;
    struct sim_net_command *to;

    if (net->command_count < SIM_NET_TRACE)
    {
        to = &net->commands[net->command_count];
        to->class = command->class;
        to->command = command->number;
        memset(to->data, 0, sizeof(to->data));
        sim_copy_in(command->chain, 2, to->data,
                    command->length < sizeof(to->data) ? (size_t)command->length : sizeof(to->data));
    }
    net->command_count++;
    if (command->class < SIM_NET_CLASSES && command->number < SIM_NET_COMMANDS)
    {
        net->executed[command->class][command->number]++;
    }
}

uint32_t sim_net_command(struct sim_device *sim, const struct sim_chain *chain)
{
    struct sim_net *net = sim->model_data;
    struct command command = {.sim = sim, .net = net, .chain = chain};
    uint8_t head[2];
    uint8_t ack;

    if (chain->readable_bytes < 2 || chain->writable_bytes != 1)
    {
        violation("NET-CTRL-01", "a command of %u bytes with %u for the answer", (unsigned int)chain->readable_bytes,
                  (unsigned int)chain->writable_bytes);
        return 0;
    }
    sim_copy_in(chain, 0, head, sizeof(head));
    command.class = head[0];
    command.number = head[1];
    command.length = chain->readable_bytes - 2;
    check_layout(&command);
    remember(&command);
    if (command.class < SIM_NET_CLASSES && net->refuses[command.class])
    {
        ack = ACK_ERR;
    }
    else
    {
        ack = obey(&command) ? ACK_OK : ACK_ERR;
    }
    if (net->ack_replaced)
    {
        ack = net->ack;
    }
    if (net->ack_untouched)
    {
        return 0;
    }
    sim_copy_out(chain, 0, &ack, 1);
    return 1;
}
