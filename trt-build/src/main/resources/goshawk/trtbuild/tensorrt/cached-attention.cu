// CachedAttention: new tokens look at what was read before and at each other; their keys and values are written where later
// tokens find them. Compiled for one model: HEADS, KV_HEADS, HEAD_SIZE, EPSILON; and for one GPU, from SM 8.0 on.
//
// prepare: queries and keys are normalised head by head and rotated, keys and values written to their place.
// attend:  scores, softmax and mixture tile by tile (FlashAttention-2, arXiv 2307.08691), on tensor cores, sums in FP32. Query heads
//          that share a key head are rows of the same tile, so that each key is read once for all of them: row r of a key head is
//          token r / GROUP, query head r % GROUP. Tiles of keys that none of a tile's rows looks at are not read.
// combine: where there are few rows, their keys are shared out among several blocks ("splits"); this makes one result of all. Where
//          there are very few, the block that is done last does so itself.
//
// What is attended is BF16, or E4M3 where a scale comes with it.
//
// Launched so that one begins while the one before still runs (programmatic dependent launch, from SM 9.0 on), each waits for what the
// other one writes; launched otherwise it need not.

#define GROUP (HEADS / KV_HEADS)
#define KEYS 64                   // of one tile
#define ROWS 64                   // of one tile
#define THREADS 128               // of attend
#define PITCH (HEAD_SIZE + 8)     // of a row in shared memory: rows begin in different banks
#define STEPS (HEAD_SIZE / 16)    // of a product over a head's numbers
#define MOST_TILES 512            // of new tokens
#define MAGIC 0x676F736861776B31LL
#define LOG2_E 1.4426950408889634f
#define HIDDEN __int_as_float(0xff800000)  // minus infinity

// Where keys and values lie: those of layer l, head h, token t at address + l * layer + h * head + t * HEAD_SIZE * 2; values
// KV_HEADS * head further. TensorRT may call with arbitrary numbers while it builds: only with the magic is anything done.
struct Places {
    i64 magic, past, pastLayer, pastHead, pastTokens, fresh, freshLayer, freshHead, freshFirst, tokens;
};

static __device__ __forceinline__ u32 pack(float low, float high) {
    u32 pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

// Two numbers of what is attended, to where the numbers "at" and the next lie: in BF16, or divided by the scale in E4M3 (SM 8.9 and newer).
static __device__ __forceinline__ void store(void* attended, i64 at, float low, float high, const bf16* scale) {
#if __CUDA_ARCH__ >= 890
    if (scale) {
        float factor = 1 / __int_as_float(*scale << 16);
        unsigned short pair;
        asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(high * factor), "f"(low * factor));
        *(unsigned short*)((char*)attended + at) = pair;
        return;
    }
#endif
    *(u32*)((bf16*)attended + at) = pack(low, high);
}

static __device__ __forceinline__ float power(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

static __device__ __forceinline__ float sumOfWarp(float x) {
    for (int other = 16; other > 0; other /= 2) {
        x += __shfl_xor_sync(0xffffffffu, x, other);
    }
    return x;
}

static __device__ __forceinline__ float largestOfWarp(float x) {
    for (int other = 16; other > 0; other /= 2) {
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, other));
    }
    return x;
}

// One warp for each head of each token: grid (rows, heads of all three / 8), 256 threads. Where attend combines, what it counts in
// begins with zero: "done", one for each key head, else none.
extern "C" __global__ void __launch_bounds__(256)
prepare(const bf16* query, const bf16* key, const bf16* value, const bf16* queryGain, const bf16* keyGain,
        const float* cosine, const float* sine, const Places* places, const int* layer, bf16* rotated, u32* done) {
    constexpr int HALF = HEAD_SIZE / 2;
    constexpr int DUOS = HEAD_SIZE / 4;               // a lane takes two neighbours of each half
    constexpr int TURNS = (DUOS + 31) / 32;
    int row = blockIdx.x;
    int head = blockIdx.y * 8 + threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    letNextBegin();
    awaitPrevious();
    if (done && row == 0 && blockIdx.y == 0) {
        for (int i = threadIdx.x; i < KV_HEADS; i += blockDim.x) {
            done[i] = 0;
        }
    }
    if (head >= HEADS + 2 * KV_HEADS || places->magic != MAGIC || row >= places->tokens) {
        return;
    }
    const bf16* from;
    const bf16* gain = queryGain;
    bf16* to;
    if (head < HEADS) {
        from = query + ((i64)row * HEADS + head) * HEAD_SIZE;
        to = rotated + ((i64)row * HEADS + head) * HEAD_SIZE;
    } else {
        int kv = (head - HEADS) % KV_HEADS;
        bool isValue = head >= HEADS + KV_HEADS;
        from = (isValue ? value : key) + ((i64)row * KV_HEADS + kv) * HEAD_SIZE;
        i64 place = places->fresh + *layer * places->freshLayer + kv * places->freshHead
                + (isValue ? KV_HEADS * places->freshHead : 0) + (places->freshFirst + row) * HEAD_SIZE * 2;
        to = (bf16*)place;
        gain = isValue ? 0 : keyGain;
    }
    u32 a[TURNS], b[TURNS];
    float squares = 0;
#pragma unroll
    for (int turn = 0; turn < TURNS; turn++) {
        int duo = lane + 32 * turn;
        a[turn] = duo < DUOS ? ((const u32*)from)[duo] : 0;
        b[turn] = duo < DUOS ? ((const u32*)(from + HALF))[duo] : 0;
        squares += low(a[turn]) * low(a[turn]) + high(a[turn]) * high(a[turn]) + low(b[turn]) * low(b[turn])
                + high(b[turn]) * high(b[turn]);
    }
    float factor = rsqrtf(sumOfWarp(squares) / HEAD_SIZE + EPSILON);
#pragma unroll
    for (int turn = 0; turn < TURNS; turn++) {
        int duo = lane + 32 * turn;
        if (duo >= DUOS) {
            continue;
        }
        u32 first = a[turn];
        u32 second = b[turn];
        if (gain) {
            u32 gainA = ((const u32*)gain)[duo];
            u32 gainB = ((const u32*)(gain + HALF))[duo];
            float2 c = ((const float2*)(cosine + (i64)row * HALF))[duo];
            float2 s = ((const float2*)(sine + (i64)row * HALF))[duo];
            float a0 = low(first) * factor * low(gainA), a1 = high(first) * factor * high(gainA);
            float b0 = low(second) * factor * low(gainB), b1 = high(second) * factor * high(gainB);
            first = pack(a0 * c.x - b0 * s.x, a1 * c.y - b1 * s.y);
            second = pack(b0 * c.x + a0 * s.x, b1 * c.y + a1 * s.y);
        }
        ((u32*)to)[duo] = first;
        ((u32*)(to + HALF))[duo] = second;
    }
}

static __device__ __forceinline__ u32 shared(const void* pointer) { return (u32)__cvta_generic_to_shared(pointer); }

static __device__ __forceinline__ void fragments(u32 (&to)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(address));
}

static __device__ __forceinline__ void turnedFragments(u32 (&to)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(address));
}

// 16 bytes to shared memory, zeros if they are not there
static __device__ __forceinline__ void fetch(u32 to, const void* from, bool isThere) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(isThere ? 16 : 0));
}

static __device__ __forceinline__ void fetchRows(u32 to, i64 from, int count) {
    constexpr int CHUNKS = HEAD_SIZE / 8;
#pragma unroll
    for (int i = threadIdx.x; i < KEYS * CHUNKS; i += THREADS) {
        int row = i / CHUNKS;
        int chunk = i % CHUNKS;
        bool isThere = row < count;
        fetch(to + (row * PITCH + chunk * 8) * 2, (const char*)from + (isThere ? row * HEAD_SIZE * 2 + chunk * 16 : 0), isThere);
    }
}

// Makes one result of what the splits made of one head of a token; a warp does, of at most 32 splits.
static __device__ __forceinline__ void combined(const float* partial, i64 own, i64 all, int splits, void* attended, const bf16* scale) {
    constexpr int PAIRS = HEAD_SIZE / 2;
    constexpr int TURNS = (PAIRS + 31) / 32;
    int lane = threadIdx.x % 32;
    const float2* tops = (const float2*)(partial + splits * all * HEAD_SIZE);
    float2 top = lane < splits ? __ldcg(tops + lane * all + own) : make_float2(HIDDEN, 0);
    float most = largestOfWarp(top.x);
    float share = top.y > 0 ? power(top.x - most) : 0;
    float total = sumOfWarp(share * top.y);
    share = total > 0 ? share / total : 0;
    const float2* mixed = (const float2*)partial + own * PAIRS;
    float2 sum[TURNS] = {};
#pragma unroll 8
    for (int split = 0; split < splits; split++) {
        float part = __shfl_sync(0xffffffffu, share, split);
#pragma unroll
        for (int turn = 0; turn < TURNS; turn++) {
            float2 more = __ldcg(mixed + split * all * PAIRS + min(lane + 32 * turn, PAIRS - 1));
            sum[turn].x += part * more.x;
            sum[turn].y += part * more.y;
        }
    }
#pragma unroll
    for (int turn = 0; turn < TURNS; turn++) {
        if (lane + 32 * turn < PAIRS) {
            store(attended, own * HEAD_SIZE + 2 * (lane + 32 * turn), sum[turn].x, sum[turn].y, scale);
        }
    }
}

// A warp for each 16 rows; grid (KV_HEADS, tiles of 64 rows, splits), 128 threads. With "done" there is one tile.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
attend(const bf16* rotated, const u32* sees, int words, const Places* places, const int* layer, void* attended, const bf16* scale,
        float* partial, u32* done, int rows, int splits) {
    extern __shared__ __align__(16) bf16 memory[];  // keys and values of two tiles
    __shared__ unsigned char isSeen[MOST_TILES];    // by tile of new tokens: by one row of these; by all
    __shared__ unsigned char isSeenByAll[MOST_TILES];
    letNextBegin();
    if (places->magic != MAGIC) {
        return;
    }
    int kv = blockIdx.x;
    int firstRow = (gridDim.y - 1 - blockIdx.y) * ROWS;  // the last tokens look at most: they begin first
    int split = blockIdx.z;
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int packed = rows * GROUP;
    int tokens = (int)places->tokens;
    int pastTokens = (int)places->pastTokens;
    int pastTiles = (pastTokens + KEYS - 1) / KEYS;
    int freshTiles = (tokens + KEYS - 1) / KEYS;

    int firstToken = firstRow / GROUP;
    int behindToken = (min(firstRow + ROWS, packed) - 1) / GROUP + 1;
    i64 pastKeys = places->past + *layer * places->pastLayer + kv * places->pastHead;
    i64 pastValues = pastKeys + KV_HEADS * places->pastHead;
    i64 freshKeys = places->fresh + *layer * places->freshLayer + kv * places->freshHead
            + places->freshFirst * HEAD_SIZE * 2;
    i64 freshValues = freshKeys + KV_HEADS * places->freshHead;
    int tiles = pastTiles + freshTiles;
    int behind = (int)((i64)tiles * (split + 1) / splits);
    bool isAny = firstToken < tokens;

    auto next = [&](int tile) {
        if (!isAny) {
            return behind;
        }
        while (tile < behind && tile >= pastTiles && !isSeen[tile - pastTiles]) {
            tile++;
        }
        return tile;
    };
    auto load = [&](int tile, int stage) {
        u32 keys = shared(memory + stage * 2 * KEYS * PITCH);
        u32 values = keys + KEYS * PITCH * 2;
        bool isPast = tile < pastTiles;
        int first = (isPast ? tile : tile - pastTiles) * KEYS;
        int count = (isPast ? pastTokens : tokens) - first;
        fetchRows(keys, (isPast ? pastKeys : freshKeys) + (i64)first * HEAD_SIZE * 2, count);
        fetchRows(values, (isPast ? pastValues : freshValues) + (i64)first * HEAD_SIZE * 2, count);
    };

    // What is past was there before whatever this follows.
    int first = (int)((i64)tiles * split / splits);
    bool isEarly = isAny && first < min(pastTiles, behind);
    if (isEarly) {
        load(first, 0);
    }
    for (int i = threadIdx.x; i < freshTiles; i += THREADS) {
        isSeen[i] = 0;
        isSeenByAll[i] = 2 * i + 1 < words;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < (behindToken - firstToken) * words; i += THREADS) {
        int tile = i % words / 2;
        if (tile < freshTiles) {
            u32 word = sees[firstToken * words + i];
            if (word != 0) {
                isSeen[tile] = 1;
            }
            if (word != 0xffffffffu) {
                isSeenByAll[tile] = 0;
            }
        }
    }
    __syncthreads();
    awaitPrevious();
    int tile = next(first);
    if (tile < behind && !isEarly) {
        load(tile, 0);
    }
    fetched();

    // A lane has numbers of rows at and at + 8, columns 2 · (lane % 4) and the next of each eight.
    int at = firstRow + warp * 16 + lane / 4;
    int column = lane % 4 * 2;
    auto place = [&](int row) { return (i64)(row / GROUP) * HEADS + kv * GROUP + row % GROUP; };
    u32 asked[STEPS][4];
    const bf16* upper = rotated + (at < packed ? place(at) * HEAD_SIZE : 0) + column;
    const bf16* lower = rotated + (at + 8 < packed ? place(at + 8) * HEAD_SIZE : 0) + column;
#pragma unroll
    for (int step = 0; step < STEPS; step++) {
        asked[step][0] = *(const u32*)(upper + step * 16);
        asked[step][1] = *(const u32*)(lower + step * 16);
        asked[step][2] = *(const u32*)(upper + step * 16 + 8);
        asked[step][3] = *(const u32*)(lower + step * 16 + 8);
    }

    float mixed[HEAD_SIZE / 8][4] = {};
    float largest[2] = {HIDDEN, HIDDEN};
    float sum[2] = {0, 0};
    const float sharpness = rsqrtf((float)HEAD_SIZE) * LOG2_E;
    int matrix = lane / 8;
    u32 keyLane = ((matrix / 2 * 8 + lane % 8) * PITCH + matrix % 2 * 8) * 2;
    u32 valueLane = ((matrix % 2 * 8 + lane % 8) * PITCH + matrix / 2 * 8) * 2;

    for (int stage = 0; tile < behind; stage ^= 1) {
        int following = next(tile + 1);
        if (following < behind) {
            load(following, stage ^ 1);
        }
        fetched();
        await<1>();
        __syncthreads();
        u32 keys = shared(memory + stage * 2 * KEYS * PITCH);
        u32 values = keys + KEYS * PITCH * 2;

        float scores[KEYS / 8][4] = {};
#pragma unroll
        for (int step = 0; step < STEPS; step++) {
#pragma unroll
            for (int pair = 0; pair < KEYS / 16; pair++) {
                u32 b[4];
                fragments(b, keys + keyLane + (pair * 16 * PITCH + step * 16) * 2);
                multiply(scores[2 * pair], asked[step], b[0], b[1]);
                multiply(scores[2 * pair + 1], asked[step], b[2], b[3]);
            }
        }

        // What is hidden.
        if (tile < pastTiles) {
            int count = pastTokens - tile * KEYS;
            if (count < KEYS) {
#pragma unroll
                for (int i = 0; i < KEYS / 8; i++) {
#pragma unroll
                    for (int j = 0; j < 4; j++) {
                        if (i * 8 + column + j % 2 >= count) {
                            scores[i][j] = HIDDEN;
                        }
                    }
                }
            }
        } else if (!isSeenByAll[tile - pastTiles]) {
            int word = 2 * (tile - pastTiles);
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int row = at + half * 8;
                const u32* own = sees + (i64)(row / GROUP) * words;
                u32 seen[2] = {row < packed ? own[word] : 0, row < packed && word + 1 < words ? own[word + 1] : 0};
#pragma unroll
                for (int i = 0; i < KEYS / 8; i++) {
                    u32 bits = seen[i / 4] >> (i % 4 * 8 + column);
                    if (!(bits & 1)) {
                        scores[i][2 * half] = HIDDEN;
                    }
                    if (!(bits & 2)) {
                        scores[i][2 * half + 1] = HIDDEN;
                    }
                }
            }
        }

        // Softmax goes on; what was mixed before counts less if a score is larger than all before.
        float bias[2], fade[2];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float most = largest[half];
#pragma unroll
            for (int i = 0; i < KEYS / 8; i++) {
                most = fmaxf(most, fmaxf(scores[i][2 * half], scores[i][2 * half + 1]));
            }
            most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));
            most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));
            bias[half] = most == HIDDEN ? 0 : most * sharpness;
            fade[half] = power(largest[half] * sharpness - bias[half]);
            largest[half] = most;
            sum[half] *= fade[half];
        }
        u32 weights[KEYS / 16][4];
#pragma unroll
        for (int i = 0; i < KEYS / 8; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                scores[i][j] = power(scores[i][j] * sharpness - bias[j / 2]);
                sum[j / 2] += scores[i][j];
            }
            weights[i / 2][i % 2 * 2] = pack(scores[i][0], scores[i][1]);
            weights[i / 2][i % 2 * 2 + 1] = pack(scores[i][2], scores[i][3]);
        }
#pragma unroll
        for (int i = 0; i < HEAD_SIZE / 8; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                mixed[i][j] *= fade[j / 2];
            }
        }
#pragma unroll
        for (int step = 0; step < KEYS / 16; step++) {
#pragma unroll
            for (int pair = 0; pair < HEAD_SIZE / 16; pair++) {
                u32 b[4];
                turnedFragments(b, values + valueLane + (step * 16 * PITCH + pair * 16) * 2);
                multiply(mixed[2 * pair], weights[step], b[0], b[1]);
                multiply(mixed[2 * pair + 1], weights[step], b[2], b[3]);
            }
        }
        __syncthreads();
        tile = following;
    }
    await<0>();

    i64 all = (i64)rows * HEADS;
    float2* tops = (float2*)(partial + splits * all * HEAD_SIZE);  // largest score and sum of each

#pragma unroll
    for (int half = 0; half < 2; half++) {
        float total = sum[half];
        total += __shfl_xor_sync(0xffffffffu, total, 1);
        total += __shfl_xor_sync(0xffffffffu, total, 2);
        int row = at + half * 8;
        if (row >= packed) {
            continue;
        }
        i64 to = place(row);
        bool isToken = row / GROUP < tokens;
        if (splits == 1) {
            float share = total > 0 ? 1 / total : 0;
#pragma unroll
            for (int i = 0; i < HEAD_SIZE / 8; i++) {
                store(attended, to * HEAD_SIZE + i * 8 + column, isToken ? mixed[i][2 * half] * share : 0,
                      isToken ? mixed[i][2 * half + 1] * share : 0, scale);
            }
            continue;
        }
        float* own = partial + (split * all + to) * HEAD_SIZE;
#pragma unroll
        for (int i = 0; i < HEAD_SIZE / 8; i++) {
            *(float2*)(own + i * 8 + column) =
                    isToken ? make_float2(mixed[i][2 * half], mixed[i][2 * half + 1]) : make_float2(0, 0);
        }
        if (lane % 4 == 0) {
            tops[split * all + to] = isToken ? make_float2(largest[half] * sharpness, total) : make_float2(HIDDEN, 0);
        }
    }
    if (splits == 1 || !done) {
        return;
    }
    __shared__ bool isLast;
    __threadfence();  // whoever is last sees what this block wrote
    __syncthreads();
    if (threadIdx.x == 0) {
        isLast = atomicAdd(done + kv, 1) == splits - 1;
    }
    __syncthreads();
    if (isLast) {
        __threadfence();
        for (int row = warp; row < packed; row += THREADS / 32) {
            combined(partial, place(row), all, splits, attended, scale);
        }
    }
}

// One warp for each head of each token: grid (rows · HEADS / 4), 128 threads.
extern "C" __global__ void __launch_bounds__(128)
combine(const Places* places, const float* partial, void* attended, const bf16* scale, int rows, int splits) {
    i64 all = (i64)rows * HEADS;
    i64 own = (i64)blockIdx.x * 4 + threadIdx.x / 32;
    letNextBegin();
    awaitPrevious();
    if (own < all && places->magic == MAGIC) {
        combined(partial, own, all, splits, attended, scale);
    }
}
