package goshawk.trtbuild.jinja;

import goshawk.trtbuild.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Cuts a template into tokens; decides here which white space around tags is output. */
final class Lexer {

    private static final String[] OPERATORS = {
        "//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}",
        ",", ":", ".", "|"
    };

    private final String name;
    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;

    private Lexer(String name, String source) {
        this.name = name;
        this.source = source;
    }

    static List<Token> tokens(String name, String source) {
        String text = source.replace("\r\n", "\n").replace('\r', '\n');
        // As Jinja does: one newline at the end of a file is the editor's, not the author's.
        var lexer = new Lexer(name, text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        boolean trimLeft = false;
        while (at < source.length()) {
            int tag = nextTag();
            String text = source.substring(at, tag);
            if (trimLeft) {
                text = text.stripLeading();
            }
            if (tag == source.length()) {
                text(text);
                advanceTo(tag);
                break;
            }
            char kind = source.charAt(tag + 1);
            char control = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
            if (control == '-') {
                text = text.stripTrailing();
            } else if (kind != '{' && control != '+') {
                text = withoutIndent(text, tag);
            }
            text(text);
            advanceTo(tag);
            at = tag + (control == '-' || control == '+' ? 3 : 2);
            trimLeft = kind == '#' ? comment() : tag(kind == '{');
        }
        tokens.add(new Token(Kind.END, "", line));
    }

    private int nextTag() {
        for (int i = at; i + 1 < source.length(); i++) {
            if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return source.length();
    }

    /** Drops blanks between the start of a line and a block: they indent the template, not its output. */
    private String withoutIndent(String text, int tag) {
        int start = tag;
        while (start > 0 && (source.charAt(start - 1) == ' ' || source.charAt(start - 1) == '\t')) {
            start--;
        }
        boolean startsLine = start == 0 || source.charAt(start - 1) == '\n';
        int blanks = Math.min(tag - start, text.length());
        return startsLine ? text.substring(0, text.length() - blanks) : text;
    }

    private void text(String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Kind.TEXT, text, line));
        }
    }

    private void advanceTo(int position) {
        for (int i = at; i < position; i++) {
            line += source.charAt(i) == '\n' ? 1 : 0;
        }
        at = position;
    }

    /** True when what follows loses its leading white space. */
    private boolean comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw fault("a comment is not closed");
        }
        boolean trim = source.charAt(end - 1) == '-';
        advanceTo(end + 2);
        if (!trim) {
            newlineAfterBlock();
        }
        return trim;
    }

    /** True when what follows loses its leading white space. */
    private boolean tag(boolean output) {
        tokens.add(new Token(output ? Kind.OUTPUT_BEGIN : Kind.BLOCK_BEGIN, "", line));
        String close = output ? "}}" : "%}";
        int braces = 0;
        while (true) {
            while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
                advanceTo(at + 1);
            }
            if (at >= source.length()) {
                throw fault("a tag is not closed by " + close);
            }
            boolean trims = source.startsWith("-" + close, at);
            boolean keeps = source.startsWith("+" + close, at);
            if (braces == 0 && (trims || keeps || source.startsWith(close, at))) {
                tokens.add(new Token(output ? Kind.OUTPUT_END : Kind.BLOCK_END, "", line));
                at += trims || keeps ? 3 : 2;
                if (!output && !trims && !keeps) {
                    newlineAfterBlock();
                }
                return trims;
            }
            Token token = token();
            braces += token.is(Kind.OPERATOR, "{") ? 1 : token.is(Kind.OPERATOR, "}") ? -1 : 0;
            tokens.add(token);
        }
    }

    private void newlineAfterBlock() {
        if (source.startsWith("\n", at)) {
            advanceTo(at + 1);
        }
    }

    private Token token() {
        char c = source.charAt(at);
        if (c == '\'' || c == '"') {
            return string(c);
        }
        int start = at;
        if (Character.isDigit(c)) {
            while (at < source.length() && Character.isDigit(source.charAt(at))) {
                at++;
            }
            boolean fraction =
                    at + 1 < source.length() && source.charAt(at) == '.' && Character.isDigit(source.charAt(at + 1));
            if (fraction) {
                at++;
                while (at < source.length() && Character.isDigit(source.charAt(at))) {
                    at++;
                }
            }
            return new Token(fraction ? Kind.FLOAT : Kind.INTEGER, source.substring(start, at), line);
        }
        if (Character.isLetter(c) || c == '_') {
            while (at < source.length() && (Character.isLetterOrDigit(source.charAt(at)) || source.charAt(at) == '_')) {
                at++;
            }
            return new Token(Kind.NAME, source.substring(start, at), line);
        }
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                at += operator.length();
                return new Token(Kind.OPERATOR, operator, line);
            }
        }
        throw fault("'" + c + "' means nothing here");
    }

    private Token string(char quote) {
        var value = new StringBuilder();
        int started = line;
        for (at++; at < source.length(); at++) {
            char c = source.charAt(at);
            if (c == quote) {
                at++;
                return new Token(Kind.STRING, value.toString(), started);
            }
            line += c == '\n' ? 1 : 0;
            if (c == '\\' && at + 1 < source.length()) {
                at++;
                escaped(value, source.charAt(at));
            } else {
                value.append(c);
            }
        }
        throw fault("a string is not closed");
    }

    private void escaped(StringBuilder value, char c) {
        switch (c) {
            case 'n' -> value.append('\n');
            case 't' -> value.append('\t');
            case 'r' -> value.append('\r');
            case '\\', '\'', '"' -> value.append(c);
            case 'u' -> {
                if (at + 4 >= source.length()) {
                    throw fault("an escape is cut off");
                }
                value.append((char) Integer.parseInt(source, at + 1, at + 5, 16));
                at += 4;
            }
            default -> value.append('\\').append(c); // Python keeps what it does not know
        }
    }

    private JinjaException fault(String what) {
        return new JinjaException("%s, line %d: %s".formatted(name, line, what));
    }
}
