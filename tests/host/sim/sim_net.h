/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated network device (5.1): a wire on which tests put frames, and from which they take those that were sent.
 *
 * It works only when sim_net_work() or sim_net_deliver() is called, so `mode` is SIM_MANUAL always.
 */
#ifndef TEST_SIM_NET_H
#define TEST_SIM_NET_H

#include "sim.h"

/* Offsets in the config space (5.1.4). */
enum
{
    SIM_NET_MAC = 0x00,
    SIM_NET_STATUS = 0x06,
    SIM_NET_PAIRS = 0x08,
    SIM_NET_MTU = 0x0a,
    SIM_NET_SPEED = 0x0c,
    SIM_NET_DUPLEX = 0x10,
};

#define SIM_NET_LINK_UP  1u
#define SIM_NET_ANNOUNCE 2u

/* Feature bits (5.1.3). */
enum
{
    SIM_NET_F_CSUM = 0,
    SIM_NET_F_GUEST_CSUM = 1,
    SIM_NET_F_CTRL_GUEST_OFFLOADS = 2,
    SIM_NET_F_MTU = 3,
    SIM_NET_F_MAC = 5,
    SIM_NET_F_GSO = 6,
    SIM_NET_F_GUEST_TSO4 = 7,
    SIM_NET_F_GUEST_TSO6 = 8,
    SIM_NET_F_GUEST_ECN = 9,
    SIM_NET_F_GUEST_UFO = 10,
    SIM_NET_F_HOST_TSO4 = 11,
    SIM_NET_F_HOST_TSO6 = 12,
    SIM_NET_F_HOST_ECN = 13,
    SIM_NET_F_HOST_UFO = 14,
    SIM_NET_F_MRG_RXBUF = 15,
    SIM_NET_F_STATUS = 16,
    SIM_NET_F_CTRL_VQ = 17,
    SIM_NET_F_CTRL_RX = 18,
    SIM_NET_F_CTRL_VLAN = 19,
    SIM_NET_F_CTRL_RX_EXTRA = 20,
    SIM_NET_F_GUEST_ANNOUNCE = 21,
    SIM_NET_F_MQ = 22,
    SIM_NET_F_CTRL_MAC_ADDR = 23,
    SIM_NET_F_NOTF_COAL = 53,
    SIM_NET_F_SPEED_DUPLEX = 63,
};

/* Classes of control commands (5.1.6.5). */
enum
{
    SIM_NET_RX,
    SIM_NET_MAC_FILTER,
    SIM_NET_VLAN,
    SIM_NET_ANNOUNCE_ACK,
    SIM_NET_MQ,
    SIM_NET_OFFLOADS,
    SIM_NET_COALESCING,
    SIM_NET_CLASSES,
};

#define SIM_NET_COMMANDS  6
#define SIM_NET_MODES     6 /* of class RX: PROMISC, ALLMULTI, ALLUNI, NOMULTI, NOUNI, NOBCAST */
#define SIM_NET_ADDRESSES 64
#define SIM_NET_TRACE     128
#define SIM_NET_BYTES     66000

/* Header fields (5.1.6), and ways to hand a frame over that the specification does not know. */
struct sim_net_how
{
    uint8_t flags, gso_type;
    uint16_t hdr_len, gso_size, csum_start, csum_offset;
    bool num_buffers_replaced;
    uint16_t num_buffers;
    bool length_replaced; /* in the used element of the first buffer */
    uint32_t length;
    uint32_t fill; /* with MRG_RXBUF: so many bytes of each buffer are used at most; 0: all */
};

struct sim_net_sent
{
    uint8_t *data;
    uint32_t length;
    uint16_t pair;
    uint8_t flags;
    uint16_t csum_start, csum_offset;
    uint16_t elements; /* header included */
};

struct sim_net_command
{
    uint8_t class, command;
    uint8_t data[8]; /* the beginning of it */
};

struct sim_net
{
    uint8_t permanent[6]; /* the address after a reset */
    const struct sim_field *fields;

    /* What the driver has asked for. */
    bool mode[SIM_NET_MODES];
    uint8_t mac[6];
    uint32_t unicast_count, multicast_count;
    uint8_t unicast[SIM_NET_ADDRESSES][6], multicast[SIM_NET_ADDRESSES][6];
    bool vlan[4096];
    uint16_t pairs;            /* in use */
    uint64_t offloads;         /* on: all that were negotiated, until a command says otherwise */
    uint32_t coalescing[2][2]; /* of sending, of receiving: packets and microseconds */

    /* Misbehaviour of the control queue. */
    bool ack_untouched;
    bool ack_replaced;
    uint8_t ack;
    bool refuses[SIM_NET_CLASSES]; /* ERR, as a device may */
    bool announce_sticks;
    bool length_replaced; /* in used elements of transmit and control queues */
    uint32_t length;

    /* What happened. */
    unsigned int executed[SIM_NET_CLASSES][SIM_NET_COMMANDS];
    struct sim_net_command commands[SIM_NET_TRACE];
    unsigned int command_count;
    struct sim_net_sent sent[SIM_NET_TRACE]; /* the first of them */
    unsigned int sent_count;
    uint64_t sent_bytes;
};

/* Offers nothing but what sim_init() does. Three queue pairs and a control queue are there, for `pairs` of 3. */
void sim_net_init(struct sim_device *sim, struct sim_net *net, bool legacy);
void sim_net_fini(struct sim_device *sim, struct sim_net *net);
/* Every feature that a driver which does not segment can take, for `pairs` queue pairs. */
void sim_net_offer_all(struct sim_device *sim, uint16_t pairs);

unsigned int sim_net_header_size(const struct sim_device *sim);
/* Index of the control queue (5.1.2) by what was negotiated. */
unsigned int sim_net_control_queue(const struct sim_device *sim);

/* Send what is to be sent and answer commands, until nothing is left; so many chains. */
unsigned int sim_net_work(struct sim_device *sim);
/* A frame from the wire. `how` may be NULL. Returns how many buffers it took: 0 if there were not enough. */
unsigned int sim_net_deliver(struct sim_device *sim, unsigned int pair, const void *frame, uint32_t length,
                             const struct sim_net_how *how);
/* Raw: put bytes into the next posted buffer and use it with any length. False if there is none. */
bool sim_net_use(struct sim_device *sim, unsigned int pair, const void *bytes, size_t count, uint32_t length);
/* How much the next posted buffer can take. */
uint64_t sim_net_room(const struct sim_device *sim, unsigned int pair);
/* Look at every posted buffer whether it is as it should be. */
void sim_net_check_posted(struct sim_device *sim, unsigned int pair);

/* Change the status, and say so. */
void sim_net_link(struct sim_device *sim, bool up);
void sim_net_ask_announce(struct sim_device *sim);
/* Forget what was sent and commanded. */
void sim_net_forget(struct sim_net *net);

#endif /* TEST_SIM_NET_H */
