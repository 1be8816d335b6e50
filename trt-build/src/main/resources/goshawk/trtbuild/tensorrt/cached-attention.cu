// CachedAttention: new tokens look at what was read before and at each other; their keys and values are written where later
// tokens find them. Compiled for one model: HEADS, KV_HEADS, HEAD_SIZE, EPSILON; and for one GPU, from SM 8.0 on.
//
// prepare: queries and keys are normalised head by head and rotated, keys and values written to their place.
// attend:  scores, softmax and mixture tile by tile (FlashAttention-2, arXiv 2307.08691), on tensor cores, sums in FP32. Query heads
//          that share a key head are rows of the same tile, so that each key is read once for all of them: row r of a key head is
//          token r / GROUP, query head r % GROUP. Tiles of keys that none of a tile's rows looks at are not read. Of many rows,
//          cached-attention-many.cu does it on Hopper.
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
#define MOST_TOKENS 32768         // of new ones
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

// What is attended, in BF16; or in E4M3, divided by a scale (SM 8.9 and newer).
struct Attended {
    void* numbers;
    float factor;  // 0 in BF16

    __device__ __forceinline__ Attended(void* numbers, const bf16* scale)
        : numbers(numbers), factor(scale ? 1 / __int_as_float(*scale << 16) : 0) {}

    // Two, to where "at" and the next lie.
    __device__ __forceinline__ void store(i64 at, float low, float high) const {
#if __CUDA_ARCH__ >= 890
        if (factor != 0) {
            unsigned short pair;
            asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(high * factor), "f"(low * factor));
            *(unsigned short*)((char*)numbers + at) = pair;
            return;
        }
#endif
        *(u32*)((bf16*)numbers + at) = pack(low, high);
    }
};

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

constexpr int HALF = HEAD_SIZE / 2;

// Lanes that a head is shared out among: each has eight neighbours of each half, the last may have none.
constexpr int LANES = HALF <= 8 ? 1 : HALF <= 16 ? 2 : HALF <= 32 ? 4 : HALF <= 64 ? 8 : 16;

// What a lane has of one head of one token, and the bits of the angles of these.
struct Part {
    u32 a[4], b[4], cosine[8], sine[8];
};

template <int COUNT>
static __device__ __forceinline__ void copyWords(u32 (&to)[COUNT], const void* from) {
#pragma unroll
    for (int i = 0; i < COUNT; i += 4) {
        uint4 four = *((const uint4*)from + i / 4);
        to[i] = four.x, to[i + 1] = four.y, to[i + 2] = four.z, to[i + 3] = four.w;
    }
}

static __device__ __forceinline__ void load(Part& part, const bf16* head, const float* cosine, const float* sine, int token) {
    int first = threadIdx.x % LANES * 8;
    if (first < HALF) {
        copyWords(part.a, head + first);
        copyWords(part.b, head + HALF + first);
        copyWords(part.cosine, cosine + (i64)token * HALF + first);
        copyWords(part.sine, sine + (i64)token * HALF + first);
    }
}

// Normalises and rotates a head; without a gain it stays as it is. All lanes of a warp call it.
static __device__ __forceinline__ void turn(const Part& part, const bf16* gain, bf16* to) {
    int first = threadIdx.x % LANES * 8;
    bool isThere = first < HALF;
    float squares = 0;
    if (isThere) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            squares += low(part.a[i]) * low(part.a[i]) + high(part.a[i]) * high(part.a[i]) + low(part.b[i]) * low(part.b[i])
                    + high(part.b[i]) * high(part.b[i]);
        }
    }
#pragma unroll
    for (int other = LANES / 2; other > 0; other /= 2) {
        squares += __shfl_xor_sync(0xffffffffu, squares, other);
    }
    if (!isThere) {
        return;
    }
    float factor = rsqrtf(squares / HEAD_SIZE + EPSILON);
    u32 upper[4], lower[4];
    if (gain) {
        copyWords(upper, gain + first);
        copyWords(lower, gain + HALF + first);
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        u32 a = part.a[i], b = part.b[i];
        if (gain) {
            float a0 = low(a) * factor * low(upper[i]), a1 = high(a) * factor * high(upper[i]);
            float b0 = low(b) * factor * low(lower[i]), b1 = high(b) * factor * high(lower[i]);
            float c0 = __int_as_float(part.cosine[2 * i]), c1 = __int_as_float(part.cosine[2 * i + 1]);
            float s0 = __int_as_float(part.sine[2 * i]), s1 = __int_as_float(part.sine[2 * i + 1]);
            a = pack(a0 * c0 - b0 * s0, a1 * c1 - b1 * s1);
            b = pack(b0 * c0 + a0 * s0, b1 * c1 + a1 * s1);
        }
        upper[i] = a;
        lower[i] = b;
    }
    *(uint4*)(to + first) = make_uint4(upper[0], upper[1], upper[2], upper[3]);
    *(uint4*)(to + HALF + first) = make_uint4(lower[0], lower[1], lower[2], lower[3]);
}

// A block for each token: grid (rows), 384 threads. Where attend combines, what it counts in begins with zero: "done", one for each key
// head, else none.
extern "C" __global__ void __launch_bounds__(384)
prepare(const bf16* query, const bf16* keysAndValues, const bf16* queryGain, const bf16* keyGain,
        const float* cosine, const float* sine, const Places* places, const int* layer, bf16* rotated, u32* done) {
    constexpr int ALL = HEADS + 2 * KV_HEADS;
    int row = blockIdx.x;
    letNextBegin();
    awaitPrevious();
    if (done && row == 0) {
        for (int i = threadIdx.x; i < KV_HEADS; i += blockDim.x) {
            done[i] = 0;
        }
    }
    if (places->magic != MAGIC || row >= places->tokens) {
        return;
    }
    for (int first = threadIdx.x / 32 * (32 / LANES); first < ALL; first += blockDim.x / LANES) {
        int head = min(first + (int)threadIdx.x % 32 / LANES, ALL - 1);  // whoever has none does the last one's again
        const bf16* from = query + ((i64)row * HEADS + head) * HEAD_SIZE;
        bf16* to = rotated + ((i64)row * HEADS + head) * HEAD_SIZE;
        const bf16* gain = queryGain;
        if (head >= HEADS) {
            int kv = (head - HEADS) % KV_HEADS;
            bool isValue = head >= HEADS + KV_HEADS;
            from = keysAndValues + ((i64)row * 2 * KV_HEADS + head - HEADS) * HEAD_SIZE;
            to = (bf16*)(places->fresh + *layer * places->freshLayer + kv * places->freshHead
                    + (isValue ? KV_HEADS * places->freshHead : 0) + (places->freshFirst + row) * HEAD_SIZE * 2);
            gain = isValue ? 0 : keyGain;
        }
        Part part;
        load(part, from, cosine, sine, row);
        turn(part, gain, to);
    }
}

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
    for (int turn = 0; turn < KEYS * CHUNKS / THREADS; turn++) {
        int i = threadIdx.x + turn * THREADS;
        int row = i / CHUNKS;
        int chunk = i % CHUNKS;
        bool isThere = row < count;
        fetch(to + (row * PITCH + chunk * 8) * 2, (const char*)from + (isThere ? row * HEAD_SIZE * 2 + chunk * 16 : 0), isThere);
    }
}

// Makes one result of what the splits made of one head of a token; a warp does, of at most 32 splits.
static __device__ __forceinline__ void combined(const float* partial, i64 own, i64 all, int splits, const Attended& attended) {
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
            attended.store(own * HEAD_SIZE + 2 * (lane + 32 * turn), sum[turn].x, sum[turn].y);
        }
    }
}

// Rows at and at + 8 of packed queries, and columns "column" and the next of each eight: what a lane has of a product of 16 rows.
struct Own {
    int kv, at, column;

    __device__ __forceinline__ Own(int kv, int firstRow) : kv(kv), at(firstRow + threadIdx.x % 32 / 4), column(threadIdx.x % 4 * 2) {}

    __device__ __forceinline__ i64 head(int row) const { return (i64)(row / GROUP) * HEADS + kv * GROUP + row % GROUP; }
};

// What the rows of a key head look at, in tiles of WIDTH keys: what is past, then new tokens.
template <int WIDTH>
struct Tiles {
    i64 past, pastValues, fresh, freshValues;  // where keys are, and how much further values
    int pastTokens, tokens, pastCount, count;
    unsigned char* isSeen;       // by tile of new tokens: by one of the rows
    unsigned char* isSeenByAll;  // by all
    const u32* sees;
    int words;

    __device__ __forceinline__ Tiles(const Places* places, int layer, int kv, const u32* sees, int words, unsigned char* marks)
        : sees(sees), words(words) {
        past = places->past + layer * places->pastLayer + kv * places->pastHead;
        pastValues = KV_HEADS * places->pastHead;
        fresh = places->fresh + layer * places->freshLayer + kv * places->freshHead + places->freshFirst * HEAD_SIZE * 2;
        freshValues = KV_HEADS * places->freshHead;
        pastTokens = (int)places->pastTokens;
        tokens = (int)places->tokens;
        pastCount = (pastTokens + WIDTH - 1) / WIDTH;
        count = pastCount + (tokens + WIDTH - 1) / WIDTH;
        isSeen = marks;
        isSeenByAll = marks + MOST_TOKENS / WIDTH;
    }

    __device__ __forceinline__ bool isPast(int tile) const { return tile < pastCount; }

    __device__ __forceinline__ int first(int tile) const { return (isPast(tile) ? tile : tile - pastCount) * WIDTH; }

    // How many there are from a tile's first key on.
    __device__ __forceinline__ int keys(int tile) const { return (isPast(tile) ? pastTokens : tokens) - first(tile); }

    __device__ __forceinline__ i64 at(int tile, bool isValue) const {
        return (isPast(tile) ? past + (isValue ? pastValues : 0) : fresh + (isValue ? freshValues : 0)) + (i64)first(tile) * HEAD_SIZE * 2;
    }

    // Marks what tokens look at. All threads of the block call it, and know then.
    __device__ __forceinline__ void mark(int firstToken, int behindToken) {
        for (int i = threadIdx.x; i < count - pastCount; i += blockDim.x) {
            isSeen[i] = 0;
            isSeenByAll[i] = (i + 1) * (WIDTH / 32) <= words;
        }
        __syncthreads();
        for (int i = threadIdx.x; i < (behindToken - firstToken) * words; i += blockDim.x) {
            int tile = i % words / (WIDTH / 32);
            if (tile < count - pastCount) {
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
    }

    // The first tile from this one on that is looked at.
    __device__ __forceinline__ int next(int tile, int behind) const {
        while (tile < behind && !isPast(tile) && !isSeen[tile - pastCount]) {
            tile++;
        }
        return tile;
    }

    // Scores of what is not there, and of new tokens that a row does not look at.
    __device__ __forceinline__ void hide(float (&scores)[WIDTH / 8][4], const Own& own, int tile, int packed) const {
        if (isPast(tile)) {
            if (keys(tile) < WIDTH) {
                hideBehind(scores, own, keys(tile));
            }
        } else if (!isSeenByAll[tile - pastCount]) {
            hideUnseen(scores, own, first(tile) / 32, packed);
        }
    }

private:
    __device__ __forceinline__ void hideBehind(float (&scores)[WIDTH / 8][4], const Own& own, int keys) const {
#pragma unroll
        for (int i = 0; i < WIDTH / 8; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (i * 8 + own.column + j % 2 >= keys) {
                    scores[i][j] = HIDDEN;
                }
            }
        }
    }

    __device__ __forceinline__ void hideUnseen(float (&scores)[WIDTH / 8][4], const Own& own, int word, int packed) const {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = own.at + half * 8;
            const u32* bits = sees + (i64)(row / GROUP) * words;
#pragma unroll
            for (int part = 0; part < WIDTH / 32; part++) {
                u32 seen = (row < packed && word + part < words ? bits[word + part] : 0) >> own.column;
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    if (!(seen >> (i * 8) & 1)) {
                        scores[part * 4 + i][2 * half] = HIDDEN;
                    }
                    if (!(seen >> (i * 8) & 2)) {
                        scores[part * 4 + i][2 * half + 1] = HIDDEN;
                    }
                }
            }
        }
    }
};

// Of the scores so far, of both rows of a lane: the largest, and the sum of their powers.
struct Softmax {
    float largest[2] = {HIDDEN, HIDDEN};
    float sum[2] = {0, 0};

    static __device__ __forceinline__ float sharpness() { return rsqrtf((float)HEAD_SIZE) * LOG2_E; }

    // Goes on with more scores, which become weights. What was mixed before counts "fade" as much, less than once if a score is larger
    // than all before.
    template <int WIDTH>
    __device__ __forceinline__ void add(float (&scores)[WIDTH / 8][4], float (&fade)[2]) {
        float bias[2];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float most = largest[half];
#pragma unroll
            for (int i = 0; i < WIDTH / 8; i++) {
                most = fmaxf(most, fmaxf(scores[i][2 * half], scores[i][2 * half + 1]));
            }
            most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));
            most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));
            bias[half] = most == HIDDEN ? 0 : most * sharpness();
            fade[half] = power(largest[half] * sharpness() - bias[half]);
            largest[half] = most;
            sum[half] *= fade[half];
        }
#pragma unroll
        for (int i = 0; i < WIDTH / 8; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                scores[i][j] = power(scores[i][j] * sharpness() - bias[j / 2]);
                sum[j / 2] += scores[i][j];
            }
        }
    }

    // Of all lanes that have a row's.
    __device__ __forceinline__ float total(int half) const {
        float total = sum[half];
        total += __shfl_xor_sync(0xffffffffu, total, 1);
        return total + __shfl_xor_sync(0xffffffffu, total, 2);
    }
};

// Weights as a product takes them.
template <int WIDTH>
static __device__ __forceinline__ void packInto(u32 (&to)[WIDTH / 16][4], const float (&weights)[WIDTH / 8][4]) {
#pragma unroll
    for (int i = 0; i < WIDTH / 8; i++) {
        to[i / 2][i % 2 * 2] = pack(weights[i][0], weights[i][1]);
        to[i / 2][i % 2 * 2 + 1] = pack(weights[i][2], weights[i][3]);
    }
}

static __device__ __forceinline__ void fade(float (&mixed)[HEAD_SIZE / 8][4], const float (&factors)[2]) {
#pragma unroll
    for (int i = 0; i < HEAD_SIZE / 8; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            mixed[i][j] *= factors[j / 2];
        }
    }
}

// A row's result, where nobody else has a part of it.
static __device__ __forceinline__ void finish(
        const float (&mixed)[HEAD_SIZE / 8][4], int half, float share, i64 head, const Own& own, const Attended& attended) {
#pragma unroll
    for (int i = 0; i < HEAD_SIZE / 8; i++) {
        attended.store(head * HEAD_SIZE + i * 8 + own.column, share > 0 ? mixed[i][2 * half] * share : 0,
                       share > 0 ? mixed[i][2 * half + 1] * share : 0);
    }
}

// A warp for each 16 rows; grid (KV_HEADS, tiles of 64 rows, splits), 128 threads. With "done" there is one tile.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
attend(const bf16* rotated, const u32* sees, int words, const Places* places, const int* layer, void* attended, const bf16* scale,
        int rows, int splits, float* partial, u32* done) {
    extern __shared__ __align__(16) bf16 memory[];  // keys and values of two tiles
    __shared__ unsigned char marks[2 * MOST_TOKENS / KEYS];
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
    Tiles<KEYS> tiles(places, *layer, kv, sees, words, marks);
    int firstToken = firstRow / GROUP;
    int first = (int)((i64)tiles.count * split / splits);
    int behind = firstToken < tiles.tokens ? (int)((i64)tiles.count * (split + 1) / splits) : 0;

    auto load = [&](int tile, int stage) {
        u32 keys = shared(memory + stage * 2 * KEYS * PITCH);
        fetchRows(keys, tiles.at(tile, false), tiles.keys(tile));
        fetchRows(keys + KEYS * PITCH * 2, tiles.at(tile, true), tiles.keys(tile));
    };

    // What is past was there before whatever this follows.
    bool isEarly = first < behind && tiles.isPast(first);
    if (isEarly) {
        load(first, 0);
    }
    tiles.mark(firstToken, (min(firstRow + ROWS, packed) - 1) / GROUP + 1);
    awaitPrevious();
    int tile = tiles.next(first, behind);
    if (tile < behind && !isEarly) {
        load(tile, 0);
    }
    fetched();

    const Own own(kv, firstRow + warp * 16);
    u32 asked[STEPS][4];
    const bf16* upper = rotated + (own.at < packed ? own.head(own.at) * HEAD_SIZE : 0) + own.column;
    const bf16* lower = rotated + (own.at + 8 < packed ? own.head(own.at + 8) * HEAD_SIZE : 0) + own.column;
#pragma unroll
    for (int step = 0; step < STEPS; step++) {
        asked[step][0] = *(const u32*)(upper + step * 16);
        asked[step][1] = *(const u32*)(lower + step * 16);
        asked[step][2] = *(const u32*)(upper + step * 16 + 8);
        asked[step][3] = *(const u32*)(lower + step * 16 + 8);
    }

    float mixed[HEAD_SIZE / 8][4] = {};
    Softmax softmax;
    int matrix = lane / 8;
    u32 keyLane = ((matrix / 2 * 8 + lane % 8) * PITCH + matrix % 2 * 8) * 2;
    u32 valueLane = ((matrix % 2 * 8 + lane % 8) * PITCH + matrix / 2 * 8) * 2;

    for (int stage = 0; tile < behind; stage ^= 1) {
        int following = tiles.next(tile + 1, behind);
        if (following < behind) {
            load(following, stage ^ 1);
        }
        fetched();
        await<1>();
        __syncthreads();
        u32 keys = shared(memory + stage * 2 * KEYS * PITCH);
        u32 values = keys + KEYS * PITCH * 2;

        // What is multiplied next is read while this is.
        float scores[KEYS / 8][4] = {};
        u32 b[2][4];
        auto keysOf = [&](int product) {
            fragments(b[product % 2], keys + keyLane + (product % (KEYS / 16) * 16 * PITCH + product / (KEYS / 16) * 16) * 2);
        };
        keysOf(0);
#pragma unroll
        for (int product = 0; product < STEPS * KEYS / 16; product++) {
            if (product + 1 < STEPS * KEYS / 16) {
                keysOf(product + 1);
            }
            const u32(&now)[4] = b[product % 2];
            int pair = product % (KEYS / 16);
            multiply(scores[2 * pair], asked[product / (KEYS / 16)], now[0], now[1]);
            multiply(scores[2 * pair + 1], asked[product / (KEYS / 16)], now[2], now[3]);
        }
        tiles.hide(scores, own, tile, packed);
        u32 weights[KEYS / 16][4];
        float factors[2];
        softmax.add<KEYS>(scores, factors);
        packInto<KEYS>(weights, scores);
        fade(mixed, factors);
        auto valuesOf = [&](int product) {
            turnedFragments(b[product % 2], values + valueLane + (product / STEPS * 16 * PITCH + product % STEPS * 16) * 2);
        };
        valuesOf(0);
#pragma unroll
        for (int product = 0; product < KEYS / 16 * STEPS; product++) {
            if (product + 1 < KEYS / 16 * STEPS) {
                valuesOf(product + 1);
            }
            const u32(&now)[4] = b[product % 2];
            int pair = product % STEPS;
            multiply(mixed[2 * pair], weights[product / STEPS], now[0], now[1]);
            multiply(mixed[2 * pair + 1], weights[product / STEPS], now[2], now[3]);
        }
        __syncthreads();
        tile = following;
    }
    await<0>();

    i64 all = (i64)rows * HEADS;
    float2* tops = (float2*)(partial + splits * all * HEAD_SIZE);  // largest score and sum of each
    const Attended result(attended, scale);

#pragma unroll
    for (int half = 0; half < 2; half++) {
        float total = softmax.total(half);
        int row = own.at + half * 8;
        if (row >= packed) {
            continue;
        }
        i64 to = own.head(row);
        bool isToken = row / GROUP < tiles.tokens;
        if (splits == 1) {
            finish(mixed, half, isToken && total > 0 ? 1 / total : 0, to, own, result);
            continue;
        }
        float* kept = partial + (split * all + to) * HEAD_SIZE;
#pragma unroll
        for (int i = 0; i < HEAD_SIZE / 8; i++) {
            *(float2*)(kept + i * 8 + own.column) =
                    isToken ? make_float2(mixed[i][2 * half], mixed[i][2 * half + 1]) : make_float2(0, 0);
        }
        if (lane % 4 == 0) {
            tops[split * all + to] = isToken ? make_float2(softmax.largest[half] * Softmax::sharpness(), total) : make_float2(HIDDEN, 0);
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
            combined(partial, own.head(row), all, splits, result);
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
        combined(partial, own, all, splits, Attended(attended, scale));
    }
}
