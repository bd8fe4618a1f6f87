/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's driver model: who gives out device numbers, as far as it is used here. */
#ifndef __RT_DM_MASTER_ID_H__
#define __RT_DM_MASTER_ID_H__

#define MASTER_ID_CUSTOM        0
#define MASTER_ID_VIRTUAL_BLOCK 5

#endif
