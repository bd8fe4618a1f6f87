/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a newer lwIP look like 2.0.3 where the driver could notice; so do the other files here. */
#include_next <lwip/init.h>
#undef LWIP_VERSION_MAJOR
#undef LWIP_VERSION_MINOR
#define LWIP_VERSION_MAJOR 2
#define LWIP_VERSION_MINOR 0
