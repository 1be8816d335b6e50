// The first half of a SwiGLU MLP of many tokens on a Hopper GPU (SM 9.0): both products in E4M3, and
// silu(gate) * up in E4M3 of their sums, which stay in registers. Compiled for one model: LAYER_SIZE and MLP_SIZE, multiples of 128.
//
// A block makes 64 columns of "high" tokens: one thread fetches (TMA) what two groups of four warps, each with 32 columns of both
// matrices, multiply (wgmma), in a ring of stages of 128 numbers of each row. Weights are the first operand, so that tokens, the second,
// can be as many as it takes for all multiprocessors to be busy until the end. Two blocks are a cluster: they have the same tokens, of
// which each fetches half for both. The groups drift apart by as much as the ring holds, so that one finishes a tile while the other
// multiplies.
//
// The map of weights lays rows down so that a thread has a column's gate and up: see gatedMany.

#if defined(__CUDA_ARCH_FEAT_SM90_ALL) && LAYER_SIZE % 128 == 0 && MLP_SIZE % 128 == 0

typedef unsigned char e4m3;  // its bits

#define GATED_THREADS 384  // those that fetch, and two groups
#define COLUMNS 64         // of one tile
#define MOST_HIGH 272      // tokens of one tile
#define DEPTH 128          // numbers of each row in a stage
#define MOST_STAGES 8
#define BAND 2048                 // tokens that stay in L2 while weights pass
#define MIXED_ROW (COLUMNS + 16)  // bytes from a token's result to the next one's in shared memory, without conflicts
#define MOST_BYTES (225 * 1024)   // of shared memory, for stages and results: with barriers and alignment all that there is
#define DEPTHS (LAYER_SIZE / DEPTH)
#define COLUMN_PAIRS (MLP_SIZE / (2 * COLUMNS))

struct __align__(64) TensorMap {
    char opaque[128];
};

static __device__ __forceinline__ u32 rankInCluster() {
    u32 rank;
    asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}

// All of both blocks get here before one goes on.
static __device__ __forceinline__ void awaitCluster() {
    asm volatile("barrier.cluster.arrive.release;\nbarrier.cluster.wait.acquire;" ::: "memory");
}

static __device__ __forceinline__ void awaitPhase(u32 barrier, u32 parity) {
    u32 isOver;
    do {
        asm volatile("{\n.reg .pred p;\nmbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\nselp.u32 %0, 1, 0, p;\n}"
                     : "=r"(isOver)
                     : "r"(barrier), "r"(parity)
                     : "memory");
    } while (!isOver);
}

// Weights, then tokens
static __device__ __forceinline__ constexpr int stageBytes(int high) { return (2 * COLUMNS + high) * DEPTH; }

static __device__ __forceinline__ constexpr int stages(int high) {
    int fit = (MOST_BYTES - high * MIXED_ROW) / stageBytes(high);
    return fit < MOST_STAGES ? fit : MOST_STAGES;
}

struct Turn {
    int stage = 0;
    u32 parity = 0;

    __device__ __forceinline__ void next(int stages) {
        if (++stage == stages) {
            stage = 0;
            parity ^= 1;
        }
    }
};

#define FETCH(dimensions) "cp.async.bulk.tensor." dimensions ".shared::cluster.global.mbarrier::complete_tx::bytes"

// A box of tokens for both blocks
static __device__ __forceinline__ void fetchTokens(u32 to, const TensorMap* map, int depth, int row, u32 barrier) {
    asm volatile(FETCH("2d") ".multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(to), "l"(map), "r"(depth), "r"(row), "r"(barrier),
                 "h"((short)3)
                 : "memory");
}

// Both matrices' weights of 64 columns from "column" on
static __device__ __forceinline__ void fetchWeights(u32 to, const TensorMap* map, int depth, int column, u32 barrier) {
    asm volatile(FETCH("4d") " [%0], [%1, {%2, %3, %3, %4}], [%5];" ::"r"(to), "l"(map), "r"(depth), "r"(0), "r"(column / 8), "r"(barrier)
                 : "memory");
}

// Rows of 128 bytes from an address on, as the instruction takes them, eight a KiB behind another.
static __device__ __forceinline__ u64 described(u32 address) {
    return 1ull << 62 | (u64)(1024 >> 4) << 32 | 1ull << 16 | (address & 0x3ffff) >> 4;
}

// By eight tokens: a thread has one column, the (lane / 4)-th of its warp's eight, of tokens 2 * (lane % 4) and the next: gate, and up.
typedef float Sums[MOST_HIGH / 8][4];

#define SUMS_4(x, i) "+f"(x[i][0]), "+f"(x[i][1]), "+f"(x[i][2]), "+f"(x[i][3])
#define SUMS_16(x, i) SUMS_4(x, i), SUMS_4(x, i + 1), SUMS_4(x, i + 2), SUMS_4(x, i + 3)
#define SUMS_64(x, i) SUMS_16(x, i), SUMS_16(x, i + 4), SUMS_16(x, i + 8), SUMS_16(x, i + 12)
#define LEAST(x) SUMS_64(x, 0)
#define MOST(x) SUMS_64(x, 0), SUMS_64(x, 16)
#define ALL(x) MOST(x), SUMS_4(x, 32), SUMS_4(x, 33)
// registers of so many tokens
#define TO_64 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define TO_96 TO_64 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47"
#define TO_128 TO_96 ",%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define TO_144 TO_128 ",%64,%65,%66,%67,%68,%69,%70,%71"
#define TO_160 TO_144 ",%72,%73,%74,%75,%76,%77,%78,%79"
#define TO_176 TO_160 ",%80,%81,%82,%83,%84,%85,%86,%87"
#define TO_192 TO_176 ",%88,%89,%90,%91,%92,%93,%94,%95"
#define TO_208 TO_192 ",%96,%97,%98,%99,%100,%101,%102,%103"
#define TO_224 TO_208 ",%104,%105,%106,%107,%108,%109,%110,%111"
#define TO_240 TO_224 ",%112,%113,%114,%115,%116,%117,%118,%119"
#define TO_256 TO_240 ",%120,%121,%122,%123,%124,%125,%126,%127"

// Adds products of 32 columns of both matrices and HIGH tokens, by 32 numbers of each; an instruction has at most 256 tokens.
template <int HIGH>
static __device__ __forceinline__ void multiply(float (*sums)[4], u64 weights, u64 tokens) {
#define MULTIPLY(high, all, a, b)                                                                                              \
    if constexpr (HIGH == high) {                                                                                              \
        asm volatile("wgmma.mma_async.sync.aligned.m64n" #high "k32.f32.e4m3.e4m3 {" TO_##high "}, %" #a ", %" #b ", 1, 1, 1;" \
                     : all(sums)                                                                                               \
                     : "l"(weights), "l"(tokens));                                                                             \
    }
    MULTIPLY(64, LEAST, 64, 65)
    MULTIPLY(96, LEAST, 64, 65)
    MULTIPLY(128, LEAST, 64, 65)
    MULTIPLY(144, MOST, 128, 129)
    MULTIPLY(160, MOST, 128, 129)
    MULTIPLY(176, MOST, 128, 129)
    MULTIPLY(192, MOST, 128, 129)
    MULTIPLY(208, MOST, 128, 129)
    MULTIPLY(224, MOST, 128, 129)
    MULTIPLY(240, MOST, 128, 129)
    MULTIPLY(256, MOST, 128, 129)
    if constexpr (HIGH > 256) {
        constexpr int FIRST = HIGH - 128;
        multiply<FIRST>(sums, weights, tokens);
        multiply<128>(sums + FIRST / 8, weights, tokens + (FIRST * DEPTH >> 4));
    }
}

// All but the last LEFT groups of products are computed then.
template <int LEFT>
static __device__ __forceinline__ void awaitProducts(Sums& sums) {
    asm volatile("wgmma.wait_group.sync.aligned %136;" : ALL(sums) : "n"(LEFT) : "memory");
}

// Products of a tile by one group; "release" is what is done with a stage that it needs no longer.
template <int HIGH, class Release>
static __device__ __forceinline__ void multiplyAll(Sums& sums, Turn& turn, u32 ring, u32 full, int group, Release release) {
    int before = 0;
#pragma unroll 1
    for (int depth = 0; depth < DEPTHS; depth++) {
        awaitPhase(full + turn.stage * 8, turn.parity);
        u32 stage = ring + turn.stage * stageBytes(HIGH);
        u64 weights = described(stage + group * COLUMNS * DEPTH);
        u64 tokens = described(stage + 2 * COLUMNS * DEPTH);
        asm volatile("wgmma.fence.sync.aligned;" : ALL(sums)::"memory");
#pragma unroll
        for (int step = 0; step < DEPTH / 32; step++) {
            multiply<HIGH>(sums, weights + step * (32 >> 4), tokens + step * (32 >> 4));
        }
        asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
        awaitProducts<1>(sums);
        if (depth > 0) {
            release(before);
        }
        before = turn.stage;
        turn.next(stages(HIGH));
    }
    awaitProducts<0>(sums);
    release(before);
}

// What the blocks of a cluster make of an item: their first token and column. Tiles of tokens lie in bands; in a band weights are read
// once, and all tokens pass for each.
struct Items {
    int high;
    int tiles;
    int count;

    __device__ __forceinline__ Items(int rows, int high) : high(high), tiles((rows + high - 1) / high), count(tiles * COLUMN_PAIRS) {}

    __device__ __forceinline__ void place(int item, int rank, int& row, int& column) const {
        int most = BAND / high;
        int band = item / (most * COLUMN_PAIRS);
        int left = item % (most * COLUMN_PAIRS);
        int inBand = min(tiles - band * most, most);
        row = (band * most + left % inBand) * high;
        column = (left / inBand * 2 + rank) * COLUMNS;
    }
};

static __device__ __forceinline__ float gated(float gate, float up) {
    float power, factor;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(gate * -1.4426950408889634f));
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(factor) : "f"(1 + power));
    return gate * up * factor;
}

// The first in the low byte
static __device__ __forceinline__ u32 rounded(float a, float b) {
    unsigned short pair;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(b), "f"(a));
    return pair;
}

// The threads of a group have got here.
static __device__ __forceinline__ void awaitGroup(int group) { asm volatile("bar.sync %0, 128;" ::"r"(group + 1) : "memory"); }

// Writes a group's 32 columns of "count" tokens, by way of memory that has room for the tile. Scales are of the thread's column.
static __device__ __forceinline__ void finish(const Sums& sums, float gateScale, float upScale, char* memory, e4m3* to, int high, int count,
        int group) {
    int thread = threadIdx.x % 128;
    int lane = thread % 32;
    char* own = memory + lane / 4 * MIXED_ROW + group * 32 + thread / 32 * 8 + lane % 4 * 2;
    awaitGroup(group);  // the tile before has left the memory
#pragma unroll
    for (int eight = 0; eight < MOST_HIGH / 8; eight += 2) {
        if (eight * 8 >= high) {
            break;
        }
        auto mixed = [&](int i, int token) { return gated(sums[i][token] * gateScale, sums[i][2 + token] * upScale); };
        // A token and the one eight behind it are moved together: a thread gets two of each, of columns that lie side by side.
        u32 four = rounded(mixed(eight, 0), mixed(eight + 1, 0)) | rounded(mixed(eight, 1), mixed(eight + 1, 1)) << 16;
        asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %0;" : "+r"(four));
        four = __byte_perm(four, 0, 0x3120);
        *(unsigned short*)(own + eight * 8 * MIXED_ROW) = (unsigned short)four;
        *(unsigned short*)(own + (eight + 1) * 8 * MIXED_ROW) = (unsigned short)(four >> 16);
    }
    awaitGroup(group);
    int half = group * 32 + thread % 2 * 16;
    for (int token = thread / 2; token < count; token += 64) {
        *(uint4*)(to + (i64)token * MLP_SIZE + half) = *(const uint4*)(memory + token * MIXED_ROW + half);
    }
}

// Grid: two blocks for each item, but at most as many as there are multiprocessors; 384 threads. Shared memory: stages(high) of
// stageBytes(high), MIXED_ROW for each token of a tile, and 1,024. high: tokens of a tile, one of the cases below.
//
// tokens: [rows, LAYER_SIZE], in boxes of [high / 2, 128]
// weights: gate and up, [2, MLP_SIZE / 8, 8, LAYER_SIZE], as [MLP_SIZE / 8, 2, 8, LAYER_SIZE], in boxes of [8, 2, 8, 128]: a warp's
//     16 rows are eight columns' gate, and their up
extern "C" __global__ void __cluster_dims__(2, 1, 1) __launch_bounds__(GATED_THREADS, 1)
gatedMany(const __grid_constant__ TensorMap tokens, const __grid_constant__ TensorMap weights, const bf16* scales, const bf16* scale,
          const bf16* mixedScale, e4m3* mixed, int rows, int high) {
    extern __shared__ __align__(1024) char stageMemory[];
    __shared__ u64 barriers[2][MOST_STAGES];
    letNextBegin();
    u32 padding = -shared(stageMemory) % 1024;
    u32 ring = shared(stageMemory) + padding;
    u32 full = shared(barriers[0]);
    u32 empty = shared(barriers[1]);
    const Items items(rows, high);
    int group = (int)threadIdx.x / 128 - 1;
    if (threadIdx.x == 0) {
        for (int stage = 0; stage < MOST_STAGES; stage++) {
            asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(full + stage * 8) : "memory");
            asm volatile("mbarrier.init.shared::cta.b64 [%0], 16;" ::"r"(empty + stage * 8) : "memory");  // warps of both blocks
        }
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    awaitCluster();
    awaitPrevious();

    Turn turn;
    int row, column;
    if (group < 0) {
        asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
        if (threadIdx.x == 0) {
            for (int item = blockIdx.x / 2; item < items.count; item += gridDim.x / 2) {
                int rank = rankInCluster();
                items.place(item, rank, row, column);
                int own = rank * (high / 2);
                for (int depth = 0; depth < LAYER_SIZE; depth += DEPTH) {
                    awaitPhase(empty + turn.stage * 8, turn.parity ^ 1);
                    u32 barrier = full + turn.stage * 8;
                    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(stageBytes(high)) : "memory");
                    u32 to = ring + turn.stage * stageBytes(high);
                    fetchWeights(to, &weights, depth, column, barrier);
                    fetchTokens(to + (2 * COLUMNS + own) * DEPTH, &tokens, depth, row + own, barrier);
                    turn.next(stages(high));
                }
            }
        }
    } else {
        asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
        // This warp has no more use for a stage, which both blocks fetch to.
        auto release = [&](int stage) {
            u32 lane = threadIdx.x % 32;
            if (lane < 2) {
                asm volatile("{\n.reg .b32 there;\nmapa.shared::cluster.u32 there, %0, %1;\n"
                             "mbarrier.arrive.shared::cluster.b64 _, [there];\n}" ::"r"(empty + stage * 8), "r"(lane)
                             : "memory");
            }
        };
        for (int item = blockIdx.x / 2; item < items.count; item += gridDim.x / 2) {
            items.place(item, rankInCluster(), row, column);
            auto finishTile = [&](const Sums& sums) {
                const bf16* own = scales + column + (threadIdx.x - 128) / 4;
                float gateScale = low(*scale);
                float upScale = gateScale / low(*mixedScale);
                finish(sums, low(own[0]) * gateScale, low(own[MLP_SIZE]) * upScale, stageMemory + padding + stages(high) * stageBytes(high),
                       mixed + (i64)row * MLP_SIZE + column, high, min(high, rows - row), group);
            };
            if (high == MOST_HIGH) {  // apart: the compiler finds no common registers for its sums
                Sums sums = {};
                multiplyAll<MOST_HIGH>(sums, turn, ring, full, group, release);
                finishTile(sums);
                continue;
            }
            Sums sums = {};
            switch (high) {
#define CASE(high)                                                 \
    case high:                                                     \
        multiplyAll<high>(sums, turn, ring, full, group, release); \
        break;
                CASE(64)
                CASE(96)
                CASE(128)
                CASE(160)
                CASE(176)
                CASE(192)
                CASE(208)
                CASE(224)
                CASE(240)
                CASE(256)
                default: __trap();
            }
            finishTile(sums);
        }
    }
    awaitCluster();  // the other block may still write to this one's memory
}

#endif
