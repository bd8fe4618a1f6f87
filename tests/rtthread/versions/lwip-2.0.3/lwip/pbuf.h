/* SPDX-License-Identifier: Apache-2.0 */
#define type_internal type
#include_next <lwip/pbuf.h>
#undef type_internal
#undef PBUF_NEEDS_COPY
