/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets and attributes into HDF5 files. The types on disk are the plain little-endian ones and
 * UTF-8 texts, which h5py and MATLAB read without help. Times are not recorded, so that the same
 * run gives the same bytes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/h5_file.h"

/* Smaller arrays are not worth a chunk; larger chunks do not fit into HDF5's cache of 1 MiB. The
 * lowest level of deflate: on trained weights the higher ones gain some percent and cost much. */
enum { SMALLEST_CHUNKED = 4096, LARGEST_CHUNK = 1024 * 1024, DEFLATE_LEVEL = 1, MOST_RANK = 8 };

/* Fails early when an earlier write did. */
static ww_status check_disk(const ww_h5 *file)
{
    return file->disk.error != 0 ? ww_file_fail(file->path, file->disk.error) : WW_OK;
}

/* Opens the group that `name` is to stand in, and makes it and those above it where they are not
 * there; refuses a dataset on the way, as "/a/b" where "/a" is one. */
static ww_status make_way(ww_h5 *file, const char *name)
{
    assert(name[0] == '/');
    char way[1024];
    size_t whole = (size_t)(strrchr(name, '/') - name);
    if (whole > 0 && strlen(file->group) == whole && memcmp(file->group, name, whole) == 0)
        return WW_OK;
    file->group[0] = '\0';
    ww_h5_drop(file->parent);
    file->parent = H5Oopen(file->id, "/", H5P_DEFAULT);
    for (const char *slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - name);
        if (length >= sizeof way)
            return WW_FAIL(WW_EINVAL, "%s: %s: the name is too long", file->path, name);
        memcpy(way, name, length);
        way[length] = '\0';
        hid_t group = ww_h5_has(file, way)
                          ? H5Oopen(file->id, way, H5P_DEFAULT)
                          : H5Gcreate2(file->id, way, file->links, file->groups, H5P_DEFAULT);
        if (group < 0)
            return ww_h5_fail(file, WW_EIO, name, "its group cannot be made");
        ww_h5_drop(file->parent);
        file->parent = group;
        if (H5Iget_type(group) != H5I_GROUP)
            return WW_FAIL(WW_EINVAL, "%s: %s: '%s' is no group", file->path, name, way);
    }
    if (whole < sizeof file->group) {
        memcpy(file->group, name, whole);
        file->group[whole] = '\0';
    }
    return WW_OK;
}

/* What stands as `leaf` in the group that is open. */
static ww_status remove_old(ww_h5 *file, const char *name, const char *leaf)
{
    if (H5Lexists(file->parent, leaf, H5P_DEFAULT) <= 0)
        return WW_OK;
    hid_t object = H5Oopen(file->parent, leaf, H5P_DEFAULT);
    bool group = H5Iget_type(object) == H5I_GROUP;
    ww_h5_drop(object);
    if (group)
        return WW_FAIL(WW_EINVAL, "%s: %s: there is a group of this name", file->path, name);
    if (H5Ldelete(file->parent, leaf, H5P_DEFAULT) < 0)
        return ww_h5_fail(file, WW_EIO, name, "cannot be replaced");
    return WW_OK;
}

/* The largest chunk not above LARGEST_CHUNK, by halving the leading dimensions. */
static void choose_chunk(hsize_t *chunk, int rank, const hsize_t *dim, size_t item_bytes)
{
    size_t bytes = item_bytes;
    for (int i = 0; i < rank; i++) {
        chunk[i] = dim[i];
        bytes *= dim[i];
    }
    for (int i = 0; i < rank; i++)
        while (bytes > LARGEST_CHUNK && chunk[i] > 1) {
            bytes /= chunk[i];
            chunk[i] = (chunk[i] + 1) / 2;
            bytes *= chunk[i];
        }
}

static bool in_chunks(int rank, size_t bytes, bool compress)
{
    return compress && rank > 0 && bytes >= SMALLEST_CHUNKED;
}

/* How a compressed dataset is laid out; negative on failure. */
static hid_t chunked(int rank, const hsize_t *dim, size_t item_bytes)
{
    hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[MOST_RANK];
    H5Pset_obj_track_times(how, 0);
    choose_chunk(chunk, rank, dim, item_bytes);
    H5Pset_chunk(how, rank, chunk);
    if (item_bytes > 1)
        H5Pset_shuffle(how);
    H5Pset_deflate(how, DEFLATE_LEVEL);
    return how;
}

ww_status ww_h5_write(ww_h5 *file, const char *name, hid_t file_type, hid_t memory_type,
                      const void *data, int rank, const int64_t *dim, bool compress)
{
    assert(file->writable && rank >= 0 && rank <= MOST_RANK);
    hsize_t size[MOST_RANK] = {0};
    size_t item = H5Tget_size(memory_type), count = 1;
    WW_TRY(check_disk(file));
    for (int i = 0; i < rank; i++) {
        assert(dim[i] >= 0);
        size[i] = (hsize_t)dim[i];
        if (dim[i] != 0 && count > (size_t)INT64_MAX / item / (size_t)dim[i])
            return WW_FAIL(WW_EINVAL, "%s: %s: too large an array", file->path, name);
        count *= (size_t)dim[i];
    }
    WW_TRY(make_way(file, name));
    const char *leaf = strrchr(name, '/') + 1;
    WW_TRY(remove_old(file, name, leaf));
    hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, size, NULL);
    bool chunks = in_chunks(rank, count * item, compress);
    hid_t how = chunks ? chunked(rank, size, item) : file->plain;
    hid_t set = H5Dcreate2(file->parent, leaf, file_type, space, file->links, how, H5P_DEFAULT);
    ww_status status = WW_OK;
    if (set < 0 ||
        (count > 0 && H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0))
        status = ww_h5_fail(file, WW_EIO, name, "cannot be written");
    ww_h5_drop(set);
    if (chunks)
        ww_h5_drop(how);
    ww_h5_drop(space);
    return status != WW_OK ? status : check_disk(file);
}

ww_status ww_h5_write_floats(ww_h5 *file, const char *name, const float *data, int rank,
                             const int64_t *dim, bool compress)
{
    return ww_h5_write(file, name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, data, rank, dim, compress);
}

ww_status ww_h5_write_doubles(ww_h5 *file, const char *name, const double *data, int rank,
                              const int64_t *dim)
{
    return ww_h5_write(file, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, data, rank, dim, false);
}

ww_status ww_h5_write_ints(ww_h5 *file, const char *name, const int64_t *data, int rank,
                           const int64_t *dim)
{
    return ww_h5_write(file, name, H5T_STD_I64LE, H5T_NATIVE_INT64, data, rank, dim, false);
}

ww_status ww_h5_write_bytes(ww_h5 *file, const char *name, const unsigned char *data, int rank,
                            const int64_t *dim, bool compress)
{
    return ww_h5_write(file, name, H5T_STD_U8LE, H5T_NATIVE_UCHAR, data, rank, dim, compress);
}

/* Texts of datasets have one length, the longest: those of variable length stand in a heap whose
 * sizes HDF5 1.10 does not check when it reads, so that one damaged byte can end the process. */
ww_status ww_h5_write_texts(ww_h5 *file, const char *name, const char *const *texts, int64_t n)
{
    size_t count = n < 0 ? 1 : (size_t)n, width = 1;
    for (size_t i = 0; i < count; i++)
        if (texts[i] != NULL && strlen(texts[i]) > width)
            width = strlen(texts[i]);
    char *padded = calloc(count + 1, width);
    if (padded == NULL)
        return WW_FAIL(WW_ENOMEM, "%s: %s: out of memory", file->path, name);
    for (size_t i = 0; i < count; i++)
        if (texts[i] != NULL)
            memcpy(padded + i * width, texts[i], strlen(texts[i]));
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    ww_status status = ww_h5_write(file, name, type, type, padded, n < 0 ? 0 : 1, &n, true);
    ww_h5_drop(type);
    free(padded);
    return status;
}

static ww_status attach(ww_h5 *file, const char *name, const char *key, hid_t file_type,
                        hid_t memory_type, const void *value)
{
    assert(file->writable);
    WW_TRY(check_disk(file));
    if (!ww_h5_has(file, name))
        return WW_FAIL(WW_ENOTFOUND, "%s: %s: not there", file->path, name);
    hid_t object = H5Oopen(file->id, name, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    if (H5Aexists(object, key) > 0)
        H5Adelete(object, key);
    hid_t attribute = H5Acreate2(object, key, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    ww_status status = WW_OK;
    if (attribute < 0 || H5Awrite(attribute, memory_type, value) < 0)
        status = ww_h5_fail(file, WW_EIO, name, "the attribute cannot be written");
    ww_h5_drop(attribute);
    ww_h5_drop(space);
    ww_h5_drop(object);
    return status != WW_OK ? status : check_disk(file);
}

ww_status ww_h5_attribute(ww_h5 *file, const char *name, const char *key, const char *text)
{
    return attach(file, name, key, file->text_type, file->text_type, &text);
}

ww_status ww_h5_attribute_real(ww_h5 *file, const char *name, const char *key, double value)
{
    return attach(file, name, key, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}
