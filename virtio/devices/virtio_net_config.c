/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network device (5.1): features and config space.
 */
#include <virtio/net.h>
#include <virtio/platform.h>

#include "virtio_net_internal.h"

/*
 * Of the segmentation offloads only those of receiving TCP are here, for a caller that asks for them: one large frame
 * costs him about as much as a small one. They need MRG_RXBUF too, without which every buffer would have to be of 64
 * KiB. The others are refused for good: HOST_TSO4, HOST_TSO6, HOST_ECN and HOST_UFO because lwIP, which this is made
 * for, cuts its segments itself and has no large ones to send; GSO because it is the legacy interface's old name for
 * all of those; GUEST_ECN because lwIP agrees with nobody on ECN, so that no merged frame for it can have that mark;
 * GUEST_UFO because it is about fragments of IP datagrams, which are rare and come one by one just as well.
 */
const struct virtio_feature virtio_net_features[] = {
    {"CSUM", VIRTIO_NET_F_CSUM, VIRTIO_ON_BOTH, {0}, {0}},
    {"GUEST_CSUM", VIRTIO_NET_F_GUEST_CSUM, VIRTIO_ON_BOTH, {0}, {0}},
    {"MTU", VIRTIO_NET_F_MTU, VIRTIO_ON_BOTH, {0}, {0}},
    {"MAC", VIRTIO_NET_F_MAC, VIRTIO_ON_BOTH, {0}, {0}},
    {"MRG_RXBUF", VIRTIO_NET_F_MRG_RXBUF, VIRTIO_ON_BOTH, {0}, {0}},
    {"STATUS", VIRTIO_NET_F_STATUS, VIRTIO_ON_BOTH, {0}, {0}},
    {"CTRL_VQ", VIRTIO_NET_F_CTRL_VQ, VIRTIO_ON_BOTH, {0}, {0}},
    {"CTRL_RX", VIRTIO_NET_F_CTRL_RX, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(VIRTIO_NET_F_CTRL_VQ)}, {0}},
    {"CTRL_VLAN", VIRTIO_NET_F_CTRL_VLAN, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(VIRTIO_NET_F_CTRL_VQ)}, {0}},
    {"CTRL_RX_EXTRA", VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(VIRTIO_NET_F_CTRL_VQ)}, {0}},
    {"GUEST_ANNOUNCE",
     VIRTIO_NET_F_GUEST_ANNOUNCE,
     VIRTIO_ON_BOTH,
     {VIRTIO_NEEDS(VIRTIO_NET_F_CTRL_VQ), VIRTIO_NEEDS(VIRTIO_NET_F_STATUS)},
     {0}},
    {"MQ", VIRTIO_NET_F_MQ, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(VIRTIO_NET_F_CTRL_VQ)}, {0}},
    {"CTRL_MAC_ADDR", VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_ON_BOTH, {VIRTIO_NEEDS(VIRTIO_NET_F_CTRL_VQ)}, {0}},
    {"GUEST_TSO4",
     VIRTIO_NET_F_GUEST_TSO4,
     VIRTIO_ON_BOTH,
     {VIRTIO_NEEDS(VIRTIO_NET_F_GUEST_CSUM), VIRTIO_NEEDS(VIRTIO_NET_F_MRG_RXBUF)},
     {0}},
    {"GUEST_TSO6",
     VIRTIO_NET_F_GUEST_TSO6,
     VIRTIO_ON_BOTH,
     {VIRTIO_NEEDS(VIRTIO_NET_F_GUEST_CSUM), VIRTIO_NEEDS(VIRTIO_NET_F_MRG_RXBUF)},
     {0}},
    /* 5.1.3.1 does not say so, but its command is one of the control queue. */
    {"CTRL_GUEST_OFFLOADS",
     VIRTIO_NET_F_CTRL_GUEST_OFFLOADS,
     VIRTIO_ON_BOTH,
     {VIRTIO_NEEDS(VIRTIO_NET_F_CTRL_VQ)},
     {0}},
    {"NOTF_COAL", VIRTIO_NET_F_NOTF_COAL, VIRTIO_ON_MODERN, {VIRTIO_NEEDS(VIRTIO_NET_F_CTRL_VQ)}, {0}},
    {"SPEED_DUPLEX", VIRTIO_NET_F_SPEED_DUPLEX, VIRTIO_ON_MODERN, {0}, {0}},
    /* Known by name, accepted by nobody. */
    {"GSO", VIRTIO_NET_F_GSO, 0, {0}, {0}},
    {"GUEST_ECN", VIRTIO_NET_F_GUEST_ECN, 0, {0}, {0}},
    {"GUEST_UFO", VIRTIO_NET_F_GUEST_UFO, 0, {0}, {0}},
    {"HOST_TSO4", VIRTIO_NET_F_HOST_TSO4, 0, {0}, {0}},
    {"HOST_TSO6", VIRTIO_NET_F_HOST_TSO6, 0, {0}, {0}},
    {"HOST_ECN", VIRTIO_NET_F_HOST_ECN, 0, {0}, {0}},
    {"HOST_UFO", VIRTIO_NET_F_HOST_UFO, 0, {0}, {0}},
    {NULL, 0, 0, {0}, {0}},
};

/* Offsets in the config space (5.1.4). */
#define CONFIG_MAC      0x00
#define CONFIG_STATUS   0x06
#define CONFIG_PAIRS    0x08
#define CONFIG_MTU      0x0a
#define CONFIG_SPEED    0x0c
#define CONFIG_DUPLEX   0x10

#define STATUS_LINK_UP  1u
#define STATUS_ANNOUNCE 2u

/* 5.1.4.1 */
#define MTU_MIN   68u
#define PAIRS_MAX 0x7fffu /* one less than allowed: then the control queue has a number of 16 bits */
#define SPEED_MAX 0x7fffffffu

bool virtio_net_is_unicast(const uint8_t mac[VIRTIO_NET_MAC_BYTES])
{
    unsigned int any = 0;
    unsigned int i;

    for (i = 0; i < VIRTIO_NET_MAC_BYTES; i++)
    {
        any |= mac[i];
    }
    return any != 0 && (mac[0] & 1) == 0;
}

static void read_mac(struct virtio_net *net)
{
    struct virtio_config_field fields[VIRTIO_NET_MAC_BYTES];
    unsigned int i;

    net->config.has_mac = false;
    if (!virtio_device_has(net->dev, VIRTIO_NET_F_MAC))
    {
        return;
    }
    for (i = 0; i < VIRTIO_NET_MAC_BYTES; i++)
    {
        fields[i].offset = (uint16_t)(CONFIG_MAC + i);
        fields[i].width = 1;
        fields[i].value = 0;
    }
    virtio_config_read(net->dev, fields, VIRTIO_NET_MAC_BYTES);
    for (i = 0; i < VIRTIO_NET_MAC_BYTES; i++)
    {
        net->config.mac[i] = (uint8_t)fields[i].value;
    }
    net->config.has_mac = virtio_net_is_unicast(net->config.mac);
    if (!net->config.has_mac)
    {
        virtio_platform_log(VIRTIO_LOG_WARNING, "%s: the device has no valid address", net->dev->name);
    }
}

/* A field that the feature makes valid, or `otherwise`. */
static uint32_t read_if(struct virtio_net *net, unsigned int feature, uint16_t offset, uint8_t width,
                        uint32_t otherwise)
{
    struct virtio_config_field field = {offset, width, 0};

    if (!virtio_device_has(net->dev, feature))
    {
        return otherwise;
    }
    virtio_config_read(net->dev, &field, 1);
    return (uint32_t)field.value;
}

static void read_speed(struct virtio_net *net)
{
    uint32_t speed = read_if(net, VIRTIO_NET_F_SPEED_DUPLEX, CONFIG_SPEED, 4, UINT32_MAX);
    uint32_t duplex = read_if(net, VIRTIO_NET_F_SPEED_DUPLEX, CONFIG_DUPLEX, 1, 0xff);

    net->config.speed = speed <= SPEED_MAX ? speed : UINT32_MAX;
    net->config.duplex = duplex <= 1 ? (uint8_t)duplex : 0xff;
}

bool virtio_net_refresh(struct virtio_net *net)
{
    bool before = net->config.link_up;
    /* 5.1.5: without STATUS the link is up. */
    uint32_t status = read_if(net, VIRTIO_NET_F_STATUS, CONFIG_STATUS, 2, STATUS_LINK_UP);

    net->config.link_up = (status & STATUS_LINK_UP) != 0;
    net->config.announce = (status & STATUS_ANNOUNCE) != 0 && virtio_device_has(net->dev, VIRTIO_NET_F_GUEST_ANNOUNCE);
    read_speed(net);
    return net->config.link_up != before;
}

/* A feature whose field makes no sense is not accepted, so that nothing is promised that cannot be kept. */
static void doubt(struct virtio_net *net, struct virtio_features *chosen, unsigned int feature, const char *field,
                  uint64_t value)
{
    virtio_platform_log(VIRTIO_LOG_WARNING, "%s: %s of %lu makes no sense and is ignored", net->dev->name, field,
                        (unsigned long)value);
    virtio_features_remove(chosen, feature);
}

void virtio_net_validate(struct virtio_net *net, struct virtio_features *chosen)
{
    struct virtio_config_field mtu = {CONFIG_MTU, 2, 0};
    struct virtio_config_field pairs = {CONFIG_PAIRS, 2, 0};
    bool own_descriptor = virtio_device_legacy(net->dev) && !virtio_features_has(chosen, VIRTIO_F_ANY_LAYOUT);

    if (!net->setup.large_frames || !virtio_net_holds_merged(net->setup.rx_size, own_descriptor))
    {
        virtio_features_remove(chosen, VIRTIO_NET_F_GUEST_TSO4);
        virtio_features_remove(chosen, VIRTIO_NET_F_GUEST_TSO6);
    }
    if (virtio_features_has(chosen, VIRTIO_NET_F_MTU))
    {
        virtio_config_read(net->dev, &mtu, 1);
        if (mtu.value < MTU_MIN)
        {
            doubt(net, chosen, VIRTIO_NET_F_MTU, "mtu", mtu.value);
        }
    }
    if (!virtio_features_has(chosen, VIRTIO_NET_F_MQ))
    {
        return;
    }
    if (net->setup.pairs == 1)
    {
        virtio_features_remove(chosen, VIRTIO_NET_F_MQ); /* nothing to be gained by it */
        return;
    }
    virtio_config_read(net->dev, &pairs, 1);
    if (pairs.value == 0 || pairs.value > PAIRS_MAX)
    {
        doubt(net, chosen, VIRTIO_NET_F_MQ, "max_virtqueue_pairs", pairs.value);
    }
}

/* The fields were looked at in virtio_net_validate(), but can have changed since: whatever they are now does no harm.
 */
void virtio_net_read_config(struct virtio_net *net)
{
    uint32_t mtu = read_if(net, VIRTIO_NET_F_MTU, CONFIG_MTU, 2, 0);
    uint32_t pairs = read_if(net, VIRTIO_NET_F_MQ, CONFIG_PAIRS, 2, 1);

    read_mac(net);
    net->config.mtu = mtu >= MTU_MIN ? (uint16_t)mtu : 0;
    net->config.pairs = pairs >= 1 && pairs <= PAIRS_MAX ? (uint16_t)pairs : 1;
    virtio_net_refresh(net);
}
