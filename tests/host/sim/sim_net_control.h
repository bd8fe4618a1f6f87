/* SPDX-License-Identifier: Apache-2.0 */
/* The control queue of the simulated network device. */
#ifndef TEST_SIM_NET_CONTROL_H
#define TEST_SIM_NET_CONTROL_H

#include "sim_net.h"

/* Check and execute one command; how many bytes were written. */
uint32_t sim_net_command(struct sim_device *sim, const struct sim_chain *chain);

#endif /* TEST_SIM_NET_CONTROL_H */
