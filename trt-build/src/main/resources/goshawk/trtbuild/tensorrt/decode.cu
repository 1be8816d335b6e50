// The layers of up to eight tokens, without attention: linear layers, and what lies between them. Each weight is read once, and
// reading it is nearly all of the time. Weights are those of the text's plan, E4M3 in rows with a scale each; tokens stay BF16.
// Compiled for one model: LAYER_SIZE (of the residual stream), MLP_SIZE, HEADS, KV_HEADS, HEAD_SIZE, VOCABULARY, EPSILON; and for one
// GPU, from SM 8.0 on.
//
// A block makes TILE numbers of each token. Its warps share the columns of the weights out; a warp multiplies 16 rows by 64 columns
// at a time on tensor cores, whose second operand has room for eight tokens. The order of columns among the 64 is the same on both
// sides and otherwise free: so a lane takes 16 bytes of a row that lie side by side, and what it fetches is for itself.
//
// What follows another of these kernels (programmatic dependent launch, from SM 9.0 on) has its weights fetched before it waits for
// what the other one writes.

typedef unsigned char e4m3;  // its bits

#define TILE 16     // rows of weights
#define COLUMNS 64  // of weights, of one stage
#define QUERIES (HEADS * HEAD_SIZE)
#define KEYS (KV_HEADS * HEAD_SIZE)

// E4M3's bits, moved to where BF16 has sign, exponent and mantissa, are the number times 2^-120. Tokens are multiplied by 2^100, which
// leaves room on both sides, and sums by 2^20.
#define TOKEN_FACTOR 0x71807180u  // 2^100, twice
#define SUM_FACTOR 1048576.0f

static __device__ __forceinline__ bf16 rounded(float x) {
    u32 pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(0.0f), "f"(x));
    return (bf16)pair;
}

static __device__ __forceinline__ u32 products(u32 a, u32 b) {
    u32 both;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(both) : "r"(a), "r"(b), "r"(0x80008000u));  // plus minus zero
    return both;
}

// 16 bytes to shared memory, zeros if they are not there
static __device__ __forceinline__ void fetch(void* to, const void* from, bool isThere) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"((u32)__cvta_generic_to_shared(to)), "l"(from),
                 "r"(isThere ? 16 : 0));
}

// The first and the third of four numbers in E4M3, the second and the fourth, as said above.
static __device__ __forceinline__ u32 even(u32 four) { return ((four << 4) & 0x07f007f0u) | ((four << 8) & 0x80008000u); }

static __device__ __forceinline__ u32 odd(u32 four) { return ((four >> 4) & 0x07f007f0u) | (four & 0x80008000u); }

// What the warps of a block have made: row · token, and the token's sum of squares.
template <int WARPS, int TOKENS>
struct Sums {
    float products[WARPS][TILE][TOKENS];
    float squares[WARPS][TOKENS];

    __device__ __forceinline__ float product(int row, int token) const {
        float sum = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; warp++) {
            sum += products[warp][row][token];
        }
        return sum * SUM_FACTOR;
    }

    // What a token of so many numbers is multiplied by when it is normalised.
    __device__ __forceinline__ float norm(int token, int size) const {
        float sum = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; warp++) {
            sum += squares[warp][token];
        }
        return rsqrtf(sum / size + EPSILON);
    }
};

// Multiplies a block's rows by all tokens. Each lane passes its own: upper, its row of weights; lower, the row that stands 8 below;
// token, of which the first "tokens" eighths of the lanes have one. The gain is the norm's, and multiplies tokens.
template <int SIZE, bool IS_NORMED, int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ const Sums<WARPS, TOKENS>& multiplied(const e4m3* upper, const e4m3* lower, const bf16* token,
        const bf16* gain, int tokens) {
    extern __shared__ __align__(128) char memory[];
    constexpr int PIECES = (SIZE + COLUMNS - 1) / COLUMNS;
    constexpr int MOST = (PIECES + WARPS - 1) / WARPS;  // of a warp
    constexpr int LOWER = 512;                          // in a stage, behind the upper rows
    constexpr int GAIN = 1024;
    constexpr int TOKEN = GAIN + (IS_NORMED ? COLUMNS * 2 : 0);
    constexpr int STAGE = TOKEN + TOKENS * COLUMNS * 2;
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    int quad = lane % 4;
    bool isToken = lane / 4 < tokens;
    char* ring = memory + warp * STAGES * STAGE;

    auto first = [&](int piece) { return (piece * WARPS + warp) * COLUMNS; };
    auto fetchWeights = [&](int piece) {
        char* stage = ring + piece % STAGES * STAGE;
        int at = first(piece) + quad * 16;
        bool isThere = at < SIZE;
        fetch(stage + lane * 16, upper + (isThere ? at : 0), isThere);
        fetch(stage + LOWER + lane * 16, lower + (isThere ? at : 0), isThere);
        if (IS_NORMED && lane < 8) {
            int own = first(piece) + lane * 8;
            fetch(stage + GAIN + lane * 16, gain + (own < SIZE ? own : 0), own < SIZE);
        }
    };
    auto fetchToken = [&](int piece) {
        char* own = ring + piece % STAGES * STAGE + TOKEN + lane * 32;
        int at = first(piece) + quad * 16;
        bool isThere = at < SIZE;
        if (isToken) {
            fetch(own, token + (isThere ? at : 0), isThere);
            fetch(own + 16, token + (isThere ? at + 8 : 0), isThere);
        }
    };
#pragma unroll
    for (int i = 0; i < STAGES; i++) {
        if (i < MOST) {
            fetchWeights(i);
        }
    }
    letNextBegin();
    awaitPrevious();
#pragma unroll
    for (int i = 0; i < STAGES; i++) {
        if (i < MOST) {
            fetchToken(i);
        }
        fetched();
    }

    float sums[2][4] = {};
    float squares = 0;
    for (int i = 0; i < MOST; i++) {
        await<STAGES - 1>();
        __syncwarp();
        char* stage = ring + i % STAGES * STAGE;
        uint4 above = *(uint4*)(stage + lane * 16);
        uint4 below = *(uint4*)(stage + LOWER + lane * 16);
        u32 x[8] = {};
        if (isToken) {
            *(uint4*)x = *(uint4*)(stage + TOKEN + lane * 32);
            *(uint4*)(x + 4) = *(uint4*)(stage + TOKEN + lane * 32 + 16);
        }
        if (IS_NORMED) {
            u32 gains[8];
            *(uint4*)gains = *(uint4*)(stage + GAIN + quad * 32);
            *(uint4*)(gains + 4) = *(uint4*)(stage + GAIN + quad * 32 + 16);
#pragma unroll
            for (int j = 0; j < 8; j++) {
                squares += low(x[j]) * low(x[j]) + high(x[j]) * high(x[j]);
                x[j] = products(x[j], gains[j]);
            }
        }
        __syncwarp();
        if (i + STAGES < MOST) {
            fetchWeights(i + STAGES);
            fetchToken(i + STAGES);
        }
        fetched();
        u32 rows[8] = {above.x, above.y, above.z, above.w, below.x, below.y, below.z, below.w};
#pragma unroll
        for (int step = 0; step < 4; step++) {
            u32 a = products(x[2 * step], TOKEN_FACTOR);
            u32 b = products(x[2 * step + 1], TOKEN_FACTOR);
            u32 weights[4] = {even(rows[step]), even(rows[step + 4]), odd(rows[step]), odd(rows[step + 4])};
            multiply(sums[step % 2], weights, __byte_perm(a, b, 0x5410), __byte_perm(a, b, 0x7632));
        }
    }
    await<0>();
    __syncthreads();

    auto& all = *(Sums<WARPS, TOKENS>*)memory;
    int row = lane / 4;
#pragma unroll
    for (int i = 0; i < 2; i++) {
        if (2 * quad + i < TOKENS) {
            all.products[warp][row][2 * quad + i] = sums[0][i] + sums[1][i];
            all.products[warp][row + 8][2 * quad + i] = sums[0][2 + i] + sums[1][2 + i];
        }
    }
    if (IS_NORMED) {
        squares += __shfl_xor_sync(0xffffffffu, squares, 1);
        squares += __shfl_xor_sync(0xffffffffu, squares, 2);
        if (quad == 0 && row < TOKENS) {
            all.squares[warp][row] = squares;
        }
    }
    __syncthreads();
    return all;
}

// Queries, and keys with values behind them, of normed tokens; weights and scales lie one behind the other: grid ((QUERIES + 2 · KEYS) / 16).
template <int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ void heads(const bf16* x, const bf16* gain, const e4m3* weights, const bf16* scales, bf16* query,
        bf16* keysAndValues, int tokens) {
    int own = threadIdx.x % 32 / 4;
    const e4m3* upper = weights + (i64)(blockIdx.x * TILE + own) * LAYER_SIZE;
    const auto& sums = multiplied<LAYER_SIZE, true, WARPS, STAGES, TOKENS>(
            upper, upper + 8 * LAYER_SIZE, x + (i64)own * LAYER_SIZE, gain, tokens);
    int row = threadIdx.x % TILE;
    int token = threadIdx.x / TILE;
    if (token >= tokens) {
        return;
    }
    int at = blockIdx.x * TILE + row;
    bf16 y = rounded(sums.product(row, token) * sums.norm(token, LAYER_SIZE) * low(scales[at]));
    if (at < QUERIES) {
        query[(i64)token * QUERIES + at] = y;
    } else {
        keysAndValues[(i64)token * 2 * KEYS + at - QUERIES] = y;
    }
}

// after = before + weights · x, which has SIZE numbers: grid (LAYER_SIZE / 16).
template <int SIZE, int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ void added(const bf16* x, const e4m3* weights, const bf16* scales, const bf16* before, bf16* after,
        int tokens) {
    int own = threadIdx.x % 32 / 4;
    const e4m3* upper = weights + (i64)(blockIdx.x * TILE + own) * SIZE;
    const auto& sums = multiplied<SIZE, false, WARPS, STAGES, TOKENS>(upper, upper + 8 * SIZE, x + (i64)own * SIZE, 0, tokens);
    int row = threadIdx.x % TILE;
    int token = threadIdx.x / TILE;
    if (token < tokens) {
        int at = blockIdx.x * TILE + row;
        i64 place = (i64)token * LAYER_SIZE + at;
        after[place] = rounded(low(before[place]) + sums.product(row, token) * low(scales[at]));
    }
}

// silu(gate) · up of normed tokens; up's weights and scales lie behind gate's, and a block has 8 rows of each: grid (MLP_SIZE / 8).
template <int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ void gated(const bf16* x, const bf16* gain, const e4m3* weights, const bf16* scales, bf16* mixed,
        int tokens) {
    constexpr int ROWS = TILE / 2;
    int own = threadIdx.x % 32 / 4;
    const e4m3* upper = weights + (i64)(blockIdx.x * ROWS + own) * LAYER_SIZE;
    const auto& sums = multiplied<LAYER_SIZE, true, WARPS, STAGES, TOKENS>(
            upper, upper + (i64)MLP_SIZE * LAYER_SIZE, x + (i64)own * LAYER_SIZE, gain, tokens);
    int row = threadIdx.x % ROWS;
    int token = threadIdx.x / ROWS;
    if (token < tokens) {
        int at = blockIdx.x * ROWS + row;
        float norm = sums.norm(token, LAYER_SIZE);
        float gate = sums.product(row, token) * norm * low(scales[at]);
        float up = sums.product(row + ROWS, token) * norm * low(scales[MLP_SIZE + at]);
        mixed[(i64)token * MLP_SIZE + at] = rounded(gate / (1 + __expf(-gate)) * up);
    }
}

// Logits of those tokens that are asked, which are told by their places; here "tokens" is how many: grid (VOCABULARY / 16, one more if
// that leaves some).
template <int WARPS, int STAGES, int TOKENS>
static __device__ __forceinline__ void head(const bf16* x, const bf16* gain, const e4m3* weights, const bf16* scales, const i64* asked,
        float* logits, int tokens) {
    int own = threadIdx.x % 32 / 4;
    int first = blockIdx.x * TILE + own;
    i64 place = own < tokens ? asked[own] : 0;
    const auto& sums = multiplied<LAYER_SIZE, true, WARPS, STAGES, TOKENS>(
            weights + (i64)min(first, VOCABULARY - 1) * LAYER_SIZE, weights + (i64)min(first + 8, VOCABULARY - 1) * LAYER_SIZE,
            x + place * LAYER_SIZE, gain, tokens);
    int row = threadIdx.x % TILE;
    int token = threadIdx.x / TILE;
    int at = blockIdx.x * TILE + row;
    if (token < tokens && at < VOCABULARY) {
        logits[(i64)token * VOCABULARY + at] = sums.product(row, token) * sums.norm(token, LAYER_SIZE) * low(scales[at]);
    }
}

// Each kernel for one token and for up to eight, with so many warps and stages; DecodeLaunch has the same numbers.
#define KERNELS(TOKENS, H_WARPS, H_STAGES, A_WARPS, A_STAGES, G_WARPS, G_STAGES, D_WARPS, D_STAGES, L_WARPS, L_STAGES)                   \
    extern "C" __global__ void __launch_bounds__(32 * H_WARPS) heads##TOKENS(const bf16* x, const bf16* gain, const e4m3* weights,       \
            const bf16* scales, bf16* query, bf16* keysAndValues, int tokens) {                                                          \
        heads<H_WARPS, H_STAGES, TOKENS>(x, gain, weights, scales, query, keysAndValues, tokens);                                        \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32 * A_WARPS) attended##TOKENS(const bf16* x, const e4m3* weights, const bf16* scales,  \
            const bf16* before, bf16* after, int tokens) {                                                                               \
        added<QUERIES, A_WARPS, A_STAGES, TOKENS>(x, weights, scales, before, after, tokens);                                            \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32 * G_WARPS) gated##TOKENS(const bf16* x, const bf16* gain, const e4m3* weights,       \
            const bf16* scales, bf16* mixed, int tokens) {                                                                               \
        gated<G_WARPS, G_STAGES, TOKENS>(x, gain, weights, scales, mixed, tokens);                                                       \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32 * D_WARPS) down##TOKENS(const bf16* x, const e4m3* weights, const bf16* scales,      \
            const bf16* before, bf16* after, int tokens) {                                                                               \
        added<MLP_SIZE, D_WARPS, D_STAGES, TOKENS>(x, weights, scales, before, after, tokens);                                           \
    }                                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32 * L_WARPS) head##TOKENS(const bf16* x, const bf16* gain, const e4m3* weights,        \
            const bf16* scales, const i64* asked, float* logits, int tokens) {                                                           \
        head<L_WARPS, L_STAGES, TOKENS>(x, gain, weights, scales, asked, logits, tokens);                                                \
    }

KERNELS(1, 16, 2, 16, 2, 4, 8, 16, 4, 8, 6)
KERNELS(8, 8, 4, 8, 4, 8, 4, 8, 4, 8, 4)
