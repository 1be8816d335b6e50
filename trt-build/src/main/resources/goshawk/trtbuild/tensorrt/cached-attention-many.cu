// CachedAttention of many rows on a Hopper GPU (SM 9.0), for heads of 128 numbers and groups that 16 is a multiple of; behind
// cached-attention.cu, whose attend does as much for others.
//
// Products are of matrices in shared memory (wgmma). A block has two groups of four warps, each with 64 rows, and while one multiplies, the
// other computes its softmax (FlashAttention-3, arXiv 2407.08608). A tile of 128 rows lies in two halves of 64 numbers of a head: a row's
// 128 bytes behind another's, its eight pieces of 16 bytes in the order that row % 8 gives by exclusive or.

#if defined(__CUDA_ARCH_FEAT_SM90_ALL) && HEAD_SIZE == 128 && 16 % GROUP == 0

#define MANY_THREADS 256
#define MANY 128  // rows, and keys, of one tile
#define MANY_BYTES (MANY * HEAD_SIZE * 2)
#define NO_HALVES 16  // of a product along a row's numbers, which has no use for the distance

// Such a tile from an address on, as the instruction takes it: rows of eight a KiB behind another, halves "half" bytes.
static __device__ __forceinline__ u64 described(u32 address, u32 half) {
    return 1ull << 62 | (u64)(1024 >> 4) << 32 | (u64)(half >> 4) << 16 | (address & 0x3ffff) >> 4;
}

#define FOUR(as, x, i) as(x[i][0]), as(x[i][1]), as(x[i][2]), as(x[i][3])
#define SIXTY_FOUR(as, x) FOUR(as, x, 0), FOUR(as, x, 1), FOUR(as, x, 2), FOUR(as, x, 3), FOUR(as, x, 4), FOUR(as, x, 5), FOUR(as, x, 6), \
        FOUR(as, x, 7), FOUR(as, x, 8), FOUR(as, x, 9), FOUR(as, x, 10), FOUR(as, x, 11), FOUR(as, x, 12), FOUR(as, x, 13), \
        FOUR(as, x, 14), FOUR(as, x, 15)
#define SUMS "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31," \
        "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63}"

// scores of 64 rows and 128 keys, by 16 numbers of a head; the first such product begins
static __device__ __forceinline__ void askFirst(float (&scores)[16][4], u64 asked, u64 keys) {
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, 0, 0;\n"
                 "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 " SUMS ", %64, %65, p, 1, 1, 0, 0;\n}"
                 : SIXTY_FOUR("=f", scores)
                 : "l"(asked), "l"(keys));
}

static __device__ __forceinline__ void askMore(float (&scores)[16][4], u64 asked, u64 keys) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 " SUMS ", %64, %65, 1, 1, 1, 0, 0;"
                 : SIXTY_FOUR("+f", scores)
                 : "l"(asked), "l"(keys));
}

// mixture for 64 rows, of 16 keys' values
static __device__ __forceinline__ void mixMany(float (&mixed)[16][4], const u32 (&weights)[4], u64 values) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 " SUMS ", {%64,%65,%66,%67}, %68, 1, 1, 1, 1;"
                 : SIXTY_FOUR("+f", mixed)
                 : "r"(weights[0]), "r"(weights[1]), "r"(weights[2]), "r"(weights[3]), "l"(values));
}

// What products add to is in its registers from here on.
static __device__ __forceinline__ void beginMany(float (&mixed)[16][4]) {
    asm volatile("wgmma.fence.sync.aligned;" : SIXTY_FOUR("+f", mixed)::"memory");
}

// What was queued is computed then.
static __device__ __forceinline__ void awaitMany(float (&scores)[16][4], float (&mixed)[16][4]) {
    asm volatile("wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;" : SIXTY_FOUR("+f", scores)::"memory");
    asm volatile("" : SIXTY_FOUR("+f", mixed)::"memory");
}

// Fetches a tile of "count" rows, and zeros behind the last: a thread takes a piece of a row, whose row lies at an address, and of those
// 16 rows later each, which lie so many bytes further.
static __device__ __forceinline__ void fetchMany(u32 to, const char* at, i64 further, int count, int row, int piece) {
    u32 place = to + piece / 8 * (MANY_BYTES / 2) + row * 128 + (piece % 8 ^ row % 8) * 16;
#pragma unroll
    for (int turn = 0; turn < MANY / 16; turn++) {
        fetch(place + turn * 16 * 128, at + piece * 16 + turn * further, row + turn * 16 < count);
    }
}

// Grid (KV_HEADS, tiles of 128 rows), 256 threads.
extern "C" __global__ void __launch_bounds__(MANY_THREADS, 1)
attendMany(const bf16* rotated, const u32* sees, int words, const Places* places, const int* layer, void* attended, const bf16* scale,
           int rows) {
    extern __shared__ __align__(16) bf16 memory[];  // queries; two tiles of keys; two of values; from a multiple of 1,024 on
    __shared__ unsigned char marks[2 * MOST_TOKENS / MANY];
    letNextBegin();
    if (places->magic != MAGIC) {
        return;
    }
    int kv = blockIdx.x;
    int firstRow = (gridDim.y - 1 - blockIdx.y) * MANY;  // the last tokens look at most: they begin first
    int group = threadIdx.x / 128;
    int packed = rows * GROUP;
    Tiles<MANY> tiles(places, *layer, kv, sees, words, marks);
    int firstToken = firstRow / GROUP;
    int behind = firstToken < tiles.tokens ? tiles.count : 0;
    const Own own(kv, firstRow + threadIdx.x / 32 * 16);
    u32 asked = (shared(memory) + 1023) / 1024 * 1024;
    auto keys = [&](int stage) { return asked + (1 + stage) * MANY_BYTES; };
    auto values = [&](int stage) { return asked + (3 + stage) * MANY_BYTES; };

    awaitPrevious();
    static_assert(MANY_THREADS == 256);
    int row = threadIdx.x / 16;
    int piece = threadIdx.x % 16;
    // 16 rows are whole tokens.
    fetchMany(asked, (const char*)(rotated + own.head(firstRow + row) * HEAD_SIZE), 16 / GROUP * HEADS * HEAD_SIZE * 2,
              packed - firstRow, row, piece);
    auto fetchTile = [&](u32 to, int tile, bool isValue) {
        if (tile < behind) {
            fetchMany(to, (const char*)tiles.at(tile, isValue) + row * HEAD_SIZE * 2, 16 * HEAD_SIZE * 2, tiles.keys(tile), row, piece);
        }
    };
    tiles.mark(firstToken, (min(firstRow + MANY, packed) - 1) / GROUP + 1);
    int tile = tiles.next(0, behind);
    int following = tiles.next(tile + 1, behind);
    fetchTile(keys(0), tile, false);
    fetched();
    fetchTile(values(0), tile, true);
    fetchTile(keys(1), following, false);
    fetched();

    float mixed[HEAD_SIZE / 8][4] = {};
    float scores[MANY / 8][4];
    u32 weights[MANY / 16][4];
    float factors[2];
    Softmax softmax;
    // What was fetched by copies is there for products then, and for all warps.
    auto arrived = [&]() {
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
        __syncthreads();
    };
    auto ask = [&](int stage) {
#pragma unroll
        for (int step = 0; step < STEPS; step++) {
            u32 at = step / 4 * (MANY_BYTES / 2) + step % 4 * 32;
            u64 rows = described(asked + group * 64 * 128 + at, NO_HALVES);
            u64 columns = described(keys(stage) + at, NO_HALVES);
            if (step == 0) {
                askFirst(scores, rows, columns);
            } else {
                askMore(scores, rows, columns);
            }
        }
    };
    auto mix = [&](int stage) {
#pragma unroll
        for (int step = 0; step < MANY / 16; step++) {
            mixMany(mixed, weights[step], described(values(stage) + step * 16 * 128, MANY_BYTES / 2));
        }
    };
    auto soften = [&](int which) {
        tiles.hide(scores, own, which, packed);
        softmax.add<MANY>(scores, factors);
        packInto<MANY>(weights, scores);
        if (__any_sync(0xffffffffu, factors[0] != 1 || factors[1] != 1)) {
            fade(mixed, factors);
        }
    };
    if (tile < behind) {
        await<1>();
        arrived();
        beginMany(mixed);
        ask(0);
        awaitMany(scores, mixed);
        if (group == 0) {
            soften(tile);
        }
        await<0>();
        int stage = 0;
        while (following < behind) {
            arrived();
            int after = tiles.next(following + 1, behind);
            fetchTile(keys(stage), after, false);
            fetchTile(values(stage ^ 1), following, true);
            fetched();
#pragma unroll 1
            for (int turn = 0; turn < 2; turn++) {
                if (turn == group) {
                    beginMany(mixed);
                    ask(stage ^ 1);
                    mix(stage);
                    awaitMany(scores, mixed);
                } else {
                    soften(group == 0 ? following : tile);
                }
                if (turn == 0) {
                    __syncthreads();
                }
            }
            await<0>();
            tile = following;
            following = after;
            stage ^= 1;
        }
        if (group == 1) {
            soften(tile);
        }
        arrived();
        beginMany(mixed);
        mix(stage);
        awaitMany(scores, mixed);
    }
    await<0>();

    const Attended result(attended, scale);
#pragma unroll
    for (int half = 0; half < 2; half++) {
        float total = softmax.total(half);
        int at = own.at + half * 8;
        if (at < packed) {
            finish(mixed, half, at / GROUP < tiles.tokens && total > 0 ? 1 / total : 0, own.head(at), own, result);
        }
    }
}

#endif
