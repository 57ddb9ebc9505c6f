/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the machine can do at best: multiply-adds from registers, memory traffic, and matrix
 * products of the library that the engine uses, on one thread and on all. The best of many short
 * runs. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "engine/base/threads.h"
#include "engine/base/version.h"
#include "engine/tensor/backend/blas.h"
#include "tests/bench/parts/contest.h"

enum { TIMES = 30, LOOPS = 100000, CHAINS = 12, SIDE = 2048, FLOATS = 1 << 24 };

/* ---- CHAINS independent chains of multiply-adds; the sum, so that nothing is left out ---- */

#ifdef __x86_64__
__attribute__((target("avx512f"))) static double chains_512(void)
{
    __m512 x[CHAINS], factor = _mm512_set1_ps(0.999f), added = _mm512_set1_ps(1e-3f);
    for (int k = 0; k < CHAINS; k++)
        x[k] = _mm512_set1_ps((float)k);
    for (int i = 0; i < LOOPS; i++)
        for (int k = 0; k < CHAINS; k++)
            x[k] = _mm512_fmadd_ps(x[k], factor, added);
    for (int k = 1; k < CHAINS; k++)
        x[0] = _mm512_add_ps(x[0], x[k]);
    return (double)_mm512_cvtss_f32(x[0]);
}

__attribute__((target("avx2,fma"))) static double chains_256(void)
{
    __m256 x[CHAINS], factor = _mm256_set1_ps(0.999f), added = _mm256_set1_ps(1e-3f);
    for (int k = 0; k < CHAINS; k++)
        x[k] = _mm256_set1_ps((float)k);
    for (int i = 0; i < LOOPS; i++)
        for (int k = 0; k < CHAINS; k++)
            x[k] = _mm256_fmadd_ps(x[k], factor, added);
    for (int k = 1; k < CHAINS; k++)
        x[0] = _mm256_add_ps(x[0], x[k]);
    return (double)_mm256_cvtss_f32(x[0]);
}
#endif

static double chains_1(void)
{
    float x[CHAINS], sum = 0;
    for (int k = 0; k < CHAINS; k++)
        x[k] = (float)k;
    for (int i = 0; i < LOOPS; i++)
        for (int k = 0; k < CHAINS; k++)
            x[k] = x[k] * 0.999f + 1e-3f;
    for (int k = 0; k < CHAINS; k++)
        sum += x[k];
    return (double)sum;
}

struct peak {
    const char *name;
    double (*chains)(void);
    int lanes;
};

static struct peak widest(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        return (struct peak){"AVX-512", chains_512, 16};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (struct peak){"AVX2", chains_256, 8};
#endif
    return (struct peak){"scalar", chains_1, 1};
}

static double fma_gflops(struct peak peak, int threads)
{
    double best = 1e9, sum = 0;
    for (int i = 0; i < TIMES; i++) {
        double begin = omp_get_wtime();
#pragma omp parallel num_threads(threads) reduction(+ : sum)
        sum += peak.chains();
        best = fmin(best, omp_get_wtime() - begin);
    }
    return isfinite(sum) ? 2e-9 * LOOPS * CHAINS * peak.lanes * threads / best : 0;
}

/* ---- memory: GB/s of copy (read and write) and of a = b + 3 c ---- */

static void bandwidth(float *x, int threads, double *copy, double *triad)
{
    float *a = x, *b = x + FLOATS, *c = x + 2 * (size_t)FLOATS;
    double best_copy = 1e9, best_triad = 1e9;
    for (int i = 0; i < TIMES / 3; i++) {
        double begin = omp_get_wtime();
#pragma omp parallel for simd num_threads(threads)
        for (int k = 0; k < FLOATS; k++)
            a[k] = b[k];
        double middle = omp_get_wtime();
#pragma omp parallel for simd num_threads(threads)
        for (int k = 0; k < FLOATS; k++)
            a[k] = b[k] + 3 * c[k];
        best_copy = fmin(best_copy, middle - begin);
        best_triad = fmin(best_triad, omp_get_wtime() - middle);
    }
    *copy = 2e-9 * sizeof(float) * FLOATS / best_copy;
    *triad = 3e-9 * sizeof(float) * FLOATS / best_triad;
}

static double sgemm_gflops(float *x, int threads)
{
    const size_t size = (size_t)SIDE * SIDE;
    double best = 1e9;
    ww_matrix a = {x, SIDE, false}, b = {x + size, SIDE, false};
    for (int i = 0; i < 5; i++) {
        double begin = omp_get_wtime();
        if (threads == 1)
            ww_sgemm(SIDE, SIDE, SIDE, a, b, 0, x + 2 * size, SIDE);
        else
            ww_product(SIDE, SIDE, SIDE, a, b, x + 2 * size);
        best = fmin(best, omp_get_wtime() - begin);
    }
    return 2e-9 * pow(SIDE, 3) / best;
}

/* "model name" of /proc/cpuinfo, "" where there is none. */
static const char *processor(char *line, int bytes)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    const char *found = "";
    while (file != NULL && *found == '\0' && fgets(line, bytes, file) != NULL)
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            line[strcspn(line, "\n")] = '\0';
            found = strchr(line, ':') + 2;
        }
    if (file != NULL)
        fclose(file);
    return found;
}

static json_t *environment(void)
{
    static const char *const names[] = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS",
                                        "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (getenv(names[i]) != NULL)
            json_object_set_new(out, names[i], json_string(getenv(names[i])));
    return out;
}

ww_status ww_bench_machine(ww_contest *c)
{
    char line[512];
    struct utsname system;
    struct peak peak = widest();
    double load[3] = {0};
    float *x = ww_arena_array(c->arena, 3 * (size_t)FLOATS, sizeof *x);
    if (x == NULL || uname(&system) != 0)
        return WW_ENOMEM;
    ww_threads_set(c->threads);
    for (size_t i = 0; i < 3 * (size_t)FLOATS; i++)
        x[i] = 1;
    if (getloadavg(load, 3) < 1)
        load[0] = NAN;
    const char *model = processor(line, sizeof line);
    json_t *all =
        json_pack("{s:s, s:s, s:i, s:i, s:f, s:o, s:s}", "processor", model, "system",
                  system.release, "cores", ww_cores(), "threads", c->threads, "load_before",
                  load[0], "environment", environment(), "vectors", peak.name);
    json_object_set_new(c->out, "machine", all);
    printf("%s, %d cores, load %.2f\n%-34s %10s %10s\n", model, ww_cores(), load[0], "", "1 thread",
           "all");
    double copy[2], triad[2], fma[2], product[2];
    for (int k = 0; k < 2; k++) {
        int threads = k == 0 ? 1 : c->threads;
        fma[k] = fma_gflops(peak, threads);
        bandwidth(x, threads, &copy[k], &triad[k]);
        product[k] = sgemm_gflops(x, threads);
    }
    printf("multiply-adds, %-7s    GFLOP/s    %10.1f %10.1f\n", peak.name, fma[0], fma[1]);
    printf("copy                      GB/s       %10.1f %10.1f\n", copy[0], copy[1]);
    printf("a = b + 3 c               GB/s       %10.1f %10.1f\n", triad[0], triad[1]);
    printf("matrix product %d^3     GFLOP/s    %10.1f %10.1f\n", SIDE, product[0], product[1]);
    fflush(stdout);
    json_object_set_new(all, "fma_gflops", json_pack("[f, f]", fma[0], fma[1]));
    json_object_set_new(all, "copy_gb_s", json_pack("[f, f]", copy[0], copy[1]));
    json_object_set_new(all, "triad_gb_s", json_pack("[f, f]", triad[0], triad[1]));
    json_object_set_new(all, "sgemm_gflops", json_pack("[f, f]", product[0], product[1]));
    return WW_OK;
}
