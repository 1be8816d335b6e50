// Int4Matrix: a matrix in four bits, two numbers in a byte, with a scale for each 128 of a row, in BF16.

#define UNPACK_THREADS 256

// A thread makes eight numbers, of "count" eights.
extern "C" __global__ void __launch_bounds__(UNPACK_THREADS) unpack(const u32* packed, const bf16* scales, uint4* matrix, int count) {
    int i = blockIdx.x * UNPACK_THREADS + threadIdx.x;
    if (i >= count) {
        return;
    }
    u32 eight = packed[i];
    u32 scale = scales[i / 16] * 0x10001u;  // for both of a pair
    u32 pairs[4];
#pragma unroll
    for (int place = 0; place < 4; place++) {
        pairs[place] = products(fourBits(eight, place), scale);
    }
    matrix[i] = make_uint4(__byte_perm(pairs[0], pairs[1], 0x5410), __byte_perm(pairs[2], pairs[3], 0x5410),
            __byte_perm(pairs[0], pairs[1], 0x7632), __byte_perm(pairs[2], pairs[3], 0x7632));
}
