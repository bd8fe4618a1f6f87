/* SPDX-License-Identifier: Apache-2.0 */
/* The control queue of the simulated network device. */
#ifndef TEST_SIM_NET_CONTROL_H
#define TEST_SIM_NET_CONTROL_H

#include "sim_net.h"

/* Features of receiving that a command can switch off and on again (5.1.6.5.6). */
#define SIM_NET_GUEST_OFFLOADS                                                              \
    (1u << SIM_NET_F_GUEST_CSUM | 1u << SIM_NET_F_GUEST_TSO4 | 1u << SIM_NET_F_GUEST_TSO6 | \
     1u << SIM_NET_F_GUEST_ECN | 1u << SIM_NET_F_GUEST_UFO)

/* Check and execute one command; how many bytes were written. */
uint32_t sim_net_command(struct sim_device *sim, const struct sim_chain *chain);

#endif /* TEST_SIM_NET_CONTROL_H */
