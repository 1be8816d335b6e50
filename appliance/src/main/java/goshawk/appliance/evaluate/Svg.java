package goshawk.appliance.evaluate;

import java.util.Locale;

/** A drawing in the making. Lengths in pixels, from the top left. */
public final class Svg {

    public static final String INK = "#15191d";
    public static final String SOFT = "#6b7681";
    public static final String LINE = "#c8ced4";
    public static final String BLUE = "#0b5cab";
    public static final String RED = "#c01f17";

    private final StringBuilder body = new StringBuilder();
    private final double width;
    private final double height;

    public Svg(double width, double height) {
        this.width = width;
        this.height = height;
    }

    public Svg rect(double x, double y, double w, double h, String fill) {
        return add(String.format(
                Locale.ROOT, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>", x, y, w, h, fill));
    }

    public Svg frame(double x, double y, double w, double h) {
        return add(String.format(
                Locale.ROOT,
                "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='none' stroke='%s'/>",
                x,
                y,
                w,
                h,
                LINE));
    }

    public Svg line(double x0, double y0, double x1, double y1, String colour, double thick) {
        return add(String.format(
                Locale.ROOT,
                "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-width='%.1f'/>",
                x0,
                y0,
                x1,
                y1,
                colour,
                thick));
    }

    public Svg dashed(double x0, double y0, double x1, double y1, String colour) {
        return add(String.format(
                Locale.ROOT,
                "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-dasharray='4 4'/>",
                x0,
                y0,
                x1,
                y1,
                colour));
    }

    public Svg dot(double x, double y, double radius, String colour) {
        return add(
                String.format(Locale.ROOT, "<circle cx='%.1f' cy='%.1f' r='%.1f' fill='%s'/>", x, y, radius, colour));
    }

    public Svg ring(double x, double y, double radius, String colour) {
        return add(String.format(
                Locale.ROOT,
                "<circle cx='%.1f' cy='%.1f' r='%.1f' fill='#fff' stroke='%s' stroke-width='1.5'/>",
                x,
                y,
                radius,
                colour));
    }

    /** @param anchor {@code start}, {@code middle} or {@code end} */
    public Svg text(double x, double y, String anchor, int size, String colour, String words) {
        return add(String.format(
                Locale.ROOT,
                "<text x='%.1f' y='%.1f' text-anchor='%s' font-size='%d' fill='%s'>%s</text>",
                x,
                y,
                anchor,
                size,
                colour,
                escaped(words)));
    }

    public Svg bold(double x, double y, int size, String words) {
        return add(String.format(
                Locale.ROOT,
                "<text x='%.1f' y='%.1f' font-size='%d' font-weight='600' fill='%s'>%s</text>",
                x,
                y,
                size,
                INK,
                escaped(words)));
    }

    static String escaped(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private Svg add(String element) {
        body.append(element).append('\n');
        return this;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, """
                <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' height='%.0f' font-family='system-ui, "Segoe UI", "DejaVu Sans", sans-serif'>
                <rect width='100%%' height='100%%' fill='#fff'/>
                %s</svg>
                """, width, height, width, height, body);
    }
}
