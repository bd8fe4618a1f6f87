/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For lwIP's web server: there are no built-in pages.
 */

#define FS_ROOT     NULL
#define FS_NUMFILES 0
