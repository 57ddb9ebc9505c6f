/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes either are refused in one line or make a picture whose pixels are numbers in 0 .. 1. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/store/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char file[64];
    snprintf(file, sizeof file, "/dev/shm/ww-fuzz-picture-%ld", (long)getpid());
    ww_picture picture;
    FILE *stream = fopen(file, "wb");
    if (stream == NULL || fwrite(data, 1, bytes, stream) != bytes || fclose(stream) != 0)
        abort();
    ww_error_clear();
    if (ww_picture_read(&picture, file) == WW_OK) {
        size_t n = (size_t)picture.channels * (size_t)picture.height * (size_t)picture.width;
        for (size_t i = 0; i < n; i++)
            if (!(picture.pixel[i] >= 0 && picture.pixel[i] <= 1))
                abort();
        ww_picture_free(&picture);
    } else if (ww_error_message()[0] == '\0' || picture.pixel != NULL) {
        abort();
    }
    unlink(file);
    return 0;
}
