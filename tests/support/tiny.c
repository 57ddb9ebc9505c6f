/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/tiny.h"

#include "tests/support/folder.h"

#define VIEW                                                                                       \
    "summary: a brain for tests\n"                                                                 \
    "view: {width_px: 24, height_px: 24, frames: 3, deg_per_px: 0.5, frame_ms: 50}\n"              \
    "steps: 1\n"                                                                                   \
    "stimulus: {scene: {n_faces: 3, n_words: 3, n_objects: 3, size_min_deg: 6, size_max_deg: "     \
    "7}}\n"
#define COMMON                                                                                     \
    "  retina: {grid: 24}\n"                                                                       \
    "  LGN: {grid: 24}\n"                                                                          \
    "  V1: {grid: 12, orientations: 4, frequencies_cpd: [0.4], blob_channels: 4,\n"                \
    "       motion_cpd: [0.3]}\n"                                                                  \
    "  V2: {grid: 12, channels: 8, thin_channels: 4, thick_channels: 4}\n"                         \
    "  V4: {grid: 6, channels: 8}\n"                                                               \
    "  MT: {grid: 6, channels: 8}\n"                                                               \
    "  VOT: {grid: 6, channels: 8}\n"                                                              \
    "  PITv: {grid: 6, channels: 8}\n"                                                             \
    "  CITv: {grid: 6, channels: 8}\n"
#define REST                                                                                       \
    "wiring: {table: felleman_vanessen_1991, use: [ascending]}\n"                                  \
    "training: {optimiser: adamw, rate: 0.004, epochs: 4, batch: 16, samples_per_epoch: 64,\n"     \
    "           validation_samples: 20}\n"                                                         \
    "tasks:\n"                                                                                     \
    "  object_identity: {reads: CITv, label: object, readout: max}\n"                              \
    "  colour: {reads: V4, label: colour, readout: max}\n"                                         \
    "  motion: {reads: MT, label: direction, readout: max}\n"

const char *ww_tiny_brain(void)
{
    return ww_file_with_text("tiny.yaml",
                             "brain: tiny\n" VIEW "areas:\n" COMMON "  V3: {grid: 6, channels: 4}\n"
                             "  LIP: {grid: 6, channels: 6}\n"
                             "  7a: {grid: 6, channels: 6}\n"
                             "  FFA: {grid: 6, channels: 8, kernel: 3}\n"
                             "  VWFA: {grid: 6, channels: 8, kernel: 3}\n" REST
                             "  category: {reads: [PITv, CITv, FFA, VWFA], readout: max}\n"
                             "  face_identity: {reads: FFA, label: face, readout: max}\n"
                             "  word_identity: {reads: VWFA, label: word, readout: max}\n"
                             "  position: {reads: [LIP, 7a], readout: place, weight: 3}\n");
}

const char *ww_tiny_other_brain(void)
{
    return ww_file_with_text("other.yaml", "brain: other\n" VIEW "areas:\n" COMMON REST);
}
