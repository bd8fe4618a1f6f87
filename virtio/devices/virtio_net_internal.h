/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the network engine.
 */
#ifndef VIRTIO_NET_INTERNAL_H
#define VIRTIO_NET_INTERNAL_H

#include <virtio/net.h>

/*
 * virtio_net_config.c: take features out of `chosen` whose fields make no sense; read and check what the negotiated
 * features make valid, into net->config.
 */
void virtio_net_validate(struct virtio_net *net, struct virtio_features *chosen);
void virtio_net_read_config(struct virtio_net *net);
/* A station's address: no group's, and not that of nobody. */
bool virtio_net_is_unicast(const uint8_t mac[VIRTIO_NET_MAC_BYTES]);

/*
 * virtio_net_control.c: the control queue, `index` of the device: create it; open it again after a reset; give its
 * memory back.
 */
int virtio_net_control_create(struct virtio_net *net, uint16_t index);
int virtio_net_control_reopen(struct virtio_net *net);
void virtio_net_control_free(struct virtio_net *net);

/* virtio_net_rx.c: what was posted comes out of a ring that the device no longer knows, in net->rx[pair].replay. */
void virtio_net_collect_rx(struct virtio_net *net, uint16_t pair);
/* Was it negotiated that the device merges frames? Does a receive ring of so many descriptors hold such a one? */
bool virtio_net_merges(const struct virtio_net *net);
bool virtio_net_holds_merged(uint16_t ring_size, bool own_descriptor);

#endif /* VIRTIO_NET_INTERNAL_H */
