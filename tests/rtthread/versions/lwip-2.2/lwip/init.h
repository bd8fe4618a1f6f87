/* SPDX-License-Identifier: Apache-2.0 */
#include_next <lwip/init.h>
#undef LWIP_VERSION_MAJOR
#undef LWIP_VERSION_MINOR
#define LWIP_VERSION_MAJOR 2
#define LWIP_VERSION_MINOR 2
