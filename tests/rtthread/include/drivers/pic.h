/* SPDX-License-Identifier: Apache-2.0 */
/* RT-Thread's framework of interrupt controllers: its own numbers, and any number of handlers to each. */
#ifndef __PIC_H__
#define __PIC_H__

#include <drivers/core/dm.h>
#include <drivers/ofw.h>
#include <rthw.h>

#define RT_IRQ_F_NONE 0

rt_err_t rt_pic_attach_irq(int irq, rt_isr_handler_t handler, void *uid, const char *name, int flags);
rt_err_t rt_pic_detach_irq(int irq, void *uid);

void rt_pic_irq_mask(int irq);
void rt_pic_irq_unmask(int irq);

#endif
