/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Named kernel objects, kept in one list per class.
 */

#include <string.h>

#include "kernel.h"

#define OBJECT_CLASS(class, structure)                                            \
    {                                                                             \
        class, RT_LIST_OBJECT_INIT(classes[class].object_list), sizeof(structure) \
    }

/* Initialised statically: devices are registered before anything else runs. */
static struct rt_object_information classes[] = {OBJECT_CLASS(RT_Object_Class_Null, struct rt_object),
                                                 OBJECT_CLASS(RT_Object_Class_Thread, struct rt_thread),
                                                 OBJECT_CLASS(RT_Object_Class_Semaphore, struct rt_semaphore),
                                                 OBJECT_CLASS(RT_Object_Class_Mutex, struct rt_mutex),
                                                 OBJECT_CLASS(RT_Object_Class_Event, struct rt_event),
                                                 OBJECT_CLASS(RT_Object_Class_MailBox, struct rt_mailbox),
                                                 OBJECT_CLASS(RT_Object_Class_MessageQueue, struct rt_messagequeue),
                                                 OBJECT_CLASS(RT_Object_Class_MemHeap, struct rt_object),
                                                 OBJECT_CLASS(RT_Object_Class_MemPool, struct rt_object),
                                                 OBJECT_CLASS(RT_Object_Class_Device, struct rt_device),
                                                 OBJECT_CLASS(RT_Object_Class_Timer, struct rt_timer)};

struct rt_object_information *rt_object_get_information(enum rt_object_class_type type)
{
    unsigned int index = (unsigned int)type & ~(unsigned int)RT_Object_Class_Static;

    if (index == RT_Object_Class_Null || index >= RT_ARRAY_SIZE(classes))
    {
        return RT_NULL;
    }

    return &classes[index];
}

int rt_object_get_length(enum rt_object_class_type type)
{
    struct rt_object_information *info = rt_object_get_information(type);
    rt_base_t level;
    int count;

    if (info == RT_NULL)
    {
        return 0;
    }
    level = rt_hw_interrupt_disable();
    count = (int)rt_list_len(&info->object_list);
    rt_hw_interrupt_enable(level);

    return count;
}

static void object_link(struct rt_object *object, rt_uint8_t type, const char *name)
{
    struct rt_object_information *info = rt_object_get_information(type);
    struct rt_object *other;
    rt_base_t level;

    RT_ASSERT(info != RT_NULL);
    rt_memset(object->name, 0, RT_NAME_MAX);
    if (name != RT_NULL)
    {
        rt_strncpy(object->name, name, RT_NAME_MAX - 1);
    }

    level = rt_hw_interrupt_disable();
    if (type & RT_Object_Class_Static)
    {
        /* Initialised a second time, the object would tear the list. */
        rt_list_for_each_entry (other, &info->object_list, list)
        {
            RT_ASSERT(other != object);
        }
    }
    object->type = type;
    rt_list_insert_after(&info->object_list, &object->list);
    rt_hw_interrupt_enable(level);
}

static void object_unlink(struct rt_object *object)
{
    rt_base_t level = rt_hw_interrupt_disable();

    rt_list_remove(&object->list);
    object->type = RT_Object_Class_Null;
    rt_hw_interrupt_enable(level);
}

void rt_object_init(struct rt_object *object, enum rt_object_class_type type, const char *name)
{
    RT_ASSERT(object != RT_NULL);
    object_link(object, (rt_uint8_t)(type | RT_Object_Class_Static), name);
}

void rt_object_detach(rt_object_t object)
{
    RT_ASSERT(object != RT_NULL);
    RT_ASSERT(object->type != RT_Object_Class_Null);
    object_unlink(object);
}

rt_object_t rt_object_allocate(enum rt_object_class_type type, const char *name)
{
    struct rt_object_information *info = rt_object_get_information(type);
    struct rt_object *object;

    RT_DEBUG_NOT_IN_INTERRUPT;
    RT_ASSERT(info != RT_NULL);

    object = (struct rt_object *)rt_calloc(1, info->object_size);
    if (object != RT_NULL)
    {
        object_link(object, (rt_uint8_t)type, name);
    }

    return object;
}

void rt_object_delete(rt_object_t object)
{
    RT_ASSERT(object != RT_NULL);
    RT_ASSERT(object->type != RT_Object_Class_Null);
    RT_ASSERT(!(object->type & RT_Object_Class_Static));
    object_unlink(object);
    rt_free(object);
}

rt_bool_t rt_object_is_systemobject(rt_object_t object)
{
    return (object->type & RT_Object_Class_Static) != 0;
}

rt_uint8_t rt_object_get_type(rt_object_t object)
{
    return object->type & (rt_uint8_t)~RT_Object_Class_Static;
}

rt_object_t rt_object_find(const char *name, rt_uint8_t type)
{
    struct rt_object_information *info = rt_object_get_information(type);
    struct rt_object *object;
    rt_object_t found = RT_NULL;
    rt_base_t level;

    if (info == RT_NULL || name == RT_NULL)
    {
        return RT_NULL;
    }

    level = rt_hw_interrupt_disable();
    rt_list_for_each_entry (object, &info->object_list, list)
    {
        /* Stored names are cut to fit, so is the one that is looked for. */
        if (strncmp(object->name, name, RT_NAME_MAX - 1) == 0)
        {
            found = object;
            break;
        }
    }
    rt_hw_interrupt_enable(level);

    return found;
}
