/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Intrusive lists and the container_of helper.
 */

#ifndef __RT_SERVICE_H__
#define __RT_SERVICE_H__

#include "rtdef.h"

#ifdef __cplusplus
extern "C"
{
#endif

#define rt_container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

    /* ---- doubly linked, circular, with a head node ---- */

#define RT_LIST_OBJECT_INIT(object) \
    {                               \
        &(object), &(object)        \
    }

    rt_inline void rt_list_init(rt_list_t *l)
    {
        l->next = l;
        l->prev = l;
    }

    rt_inline void rt_list_insert_after(rt_list_t *l, rt_list_t *n)
    {
        n->prev = l;
        n->next = l->next;
        l->next->prev = n;
        l->next = n;
    }

    rt_inline void rt_list_insert_before(rt_list_t *l, rt_list_t *n)
    {
        rt_list_insert_after(l->prev, n);
    }

    /* Leaves the node pointing at itself: removing it again does no harm. */
    rt_inline void rt_list_remove(rt_list_t *n)
    {
        n->prev->next = n->next;
        n->next->prev = n->prev;
        rt_list_init(n);
    }

    rt_inline int rt_list_isempty(const rt_list_t *l)
    {
        return l->next == l;
    }

    rt_inline unsigned int rt_list_len(const rt_list_t *l)
    {
        unsigned int len = 0;
        const rt_list_t *p;

        for (p = l->next; p != l; p = p->next)
        {
            len++;
        }

        return len;
    }

#define rt_list_entry(node, type, member)       rt_container_of(node, type, member)

#define rt_list_first_entry(head, type, member) rt_list_entry((head)->next, type, member)

#define rt_list_for_each(pos, head)             for (pos = (head)->next; pos != (head); pos = pos->next)

#define rt_list_for_each_safe(pos, n, head) \
    for (pos = (head)->next, n = pos->next; pos != (head); pos = n, n = pos->next)

#define rt_list_for_each_entry(pos, head, member)                                             \
    for (pos = rt_list_entry((head)->next, __typeof__(*pos), member); &pos->member != (head); \
         pos = rt_list_entry(pos->member.next, __typeof__(*pos), member))

#define rt_list_for_each_entry_safe(pos, n, head, member)              \
    for (pos = rt_list_entry((head)->next, __typeof__(*pos), member),  \
        n = rt_list_entry(pos->member.next, __typeof__(*pos), member); \
         &pos->member != (head); pos = n, n = rt_list_entry(n->member.next, __typeof__(*n), member))

    /* ---- singly linked, ends with a null pointer ---- */

#define RT_SLIST_OBJECT_INIT(object) \
    {                                \
        RT_NULL                      \
    }

    rt_inline void rt_slist_init(rt_slist_t *l)
    {
        l->next = RT_NULL;
    }

    rt_inline void rt_slist_insert(rt_slist_t *l, rt_slist_t *n)
    {
        n->next = l->next;
        l->next = n;
    }

    rt_inline void rt_slist_append(rt_slist_t *l, rt_slist_t *n)
    {
        while (l->next)
        {
            l = l->next;
        }
        l->next = n;
        n->next = RT_NULL;
    }

    rt_inline rt_slist_t *rt_slist_remove(rt_slist_t *l, rt_slist_t *n)
    {
        rt_slist_t *node = l;

        while (node->next && node->next != n)
        {
            node = node->next;
        }
        if (node->next)
        {
            node->next = n->next;
        }

        return l;
    }

    rt_inline int rt_slist_isempty(const rt_slist_t *l)
    {
        return l->next == RT_NULL;
    }

    rt_inline rt_slist_t *rt_slist_first(rt_slist_t *l)
    {
        return l->next;
    }

    rt_inline rt_slist_t *rt_slist_next(rt_slist_t *n)
    {
        return n->next;
    }

#define rt_slist_entry(node, type, member) rt_container_of(node, type, member)

#define rt_slist_for_each(pos, head)       for (pos = (head)->next; pos != RT_NULL; pos = pos->next)

#ifdef __cplusplus
}
#endif

#endif /* __RT_SERVICE_H__ */
