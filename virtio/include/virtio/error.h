/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error codes of the core and the device engines.
 *
 * Functions return 0 (or a count) on success and the negative of one of these on failure. They are our own numbers,
 * so that the core needs no errno.h; a binding translates them into the codes of its operating system.
 */
#ifndef VIRTIO_ERROR_H
#define VIRTIO_ERROR_H

enum virtio_error
{
    VIRTIO_OK = 0,
    VIRTIO_EINVAL,    /* the caller asked for something that has no meaning */
    VIRTIO_EAGAIN,    /* no room now, or nothing there yet: the same call can succeed later */
    VIRTIO_EMSGSIZE,  /* does not fit and never will */
    VIRTIO_ENOMEM,    /* the platform gave no memory */
    VIRTIO_ENODEV,    /* no device there, or it is gone */
    VIRTIO_ENOTSUP,   /* the device does not have this feature */
    VIRTIO_ETIMEDOUT, /* the device did not answer within the limit */
    VIRTIO_EIO,       /* the device reported an I/O error */
    VIRTIO_EPROTO,    /* the device broke the rules of the specification */
    VIRTIO_EFAULT,    /* the device cannot reach this buffer */
    VIRTIO_EROFS,     /* the medium is read-only */
};

/* A short text for an error code, negative or positive. Never NULL. */
const char *virtio_strerror(int error);

#endif /* VIRTIO_ERROR_H */
