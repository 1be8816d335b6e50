package goshawk.appliance.evaluate;

import java.util.Arrays;
import java.util.List;

/** The log-odds of something as a weighted sum of features. Immutable. */
final class LogisticRegression {

    /** Pull of the weights towards 0, so that features which say the same share their weight. */
    private static final double RIDGE = 3;

    private static final int ROUNDS = 40;
    private static final double LARGEST_STEP = 2;

    private final double[] weights;

    private LogisticRegression(double[] weights) {
        this.weights = weights;
    }

    /**
     * Fits by Newton's method.
     *
     * @param rows features of like scale around 0, all of one length
     * @param isTrue for each row
     */
    static LogisticRegression fit(List<double[]> rows, boolean[] isTrue) {
        int size = rows.getFirst().length + 1;
        double[] weights = new double[size];
        for (int round = 0; round < ROUNDS; round++) {
            double[][] equations = new double[size][size + 1];
            for (int i = 0; i < size - 1; i++) {
                equations[i][i] = RIDGE;
                equations[i][size] = -RIDGE * weights[i];
            }
            equations[size - 1][size - 1] = 1e-6;
            for (int n = 0; n < isTrue.length; n++) {
                double[] row = Arrays.copyOf(rows.get(n), size);
                row[size - 1] = 1;
                double share = share(dot(weights, row));
                double curve = share * (1 - share);
                double off = (isTrue[n] ? 1 : 0) - share;
                for (int i = 0; i < size; i++) {
                    for (int j = 0; j < size; j++) {
                        equations[i][j] += curve * row[i] * row[j];
                    }
                    equations[i][size] += off * row[i];
                }
            }
            double largest = 0;
            double[] step = solved(equations);
            for (int i = 0; i < size; i++) {
                weights[i] += Math.clamp(step[i], -LARGEST_STEP, LARGEST_STEP);
                largest = Math.max(largest, Math.abs(step[i]));
            }
            if (largest < 1e-6) {
                break;
            }
        }
        return new LogisticRegression(weights);
    }

    /** The share of true ones among rows like this, in [0, 1]. */
    double share(double[] row) {
        double[] extended = Arrays.copyOf(row, weights.length);
        extended[weights.length - 1] = 1;
        return share(dot(weights, extended));
    }

    private static double share(double logOdds) {
        return 1 / (1 + Math.exp(-Math.clamp(logOdds, -30, 30)));
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** Solves symmetric, positive equations (the last column is the right-hand side) by elimination. */
    private static double[] solved(double[][] equations) {
        int size = equations.length;
        for (int column = 0; column < size; column++) {
            for (int row = column + 1; row < size; row++) {
                double factor = equations[row][column] / equations[column][column];
                for (int k = column; k <= size; k++) {
                    equations[row][k] -= factor * equations[column][k];
                }
            }
        }
        double[] solution = new double[size];
        for (int row = size - 1; row >= 0; row--) {
            double rest = equations[row][size];
            for (int k = row + 1; k < size; k++) {
                rest -= equations[row][k] * solution[k];
            }
            solution[row] = rest / equations[row][row];
        }
        return solution;
    }
}
