/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __RT_DEVICE_H__
#define __RT_DEVICE_H__

#include <rtthread.h>

#include "ipc/completion.h"
#include "ipc/waitqueue.h"

#if DECLARED_VERSION >= 50100
#include <drivers/classes/block.h>
#include <drivers/classes/graphic.h>
#endif

#if defined(RT_USING_TOUCH) && DECLARED_VERSION >= 50000
#include "touch.h"
#endif

#endif
