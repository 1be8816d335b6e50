package goshawk.trtbuild.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What was expected was rendered by Jinja 3.1 with Hugging Face's settings. */
class JinjaTemplateTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`{{ 'a\\nb' }}` | `a\nb`",
                "`{{ 1 + 2 * 3 - 7 // 2 }}` | `4`",
                "`{{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }}` | `3.5 -4 2`",
                "`{{ 'a' ~ 1 ~ none ~ true }}` | `a1NoneTrue`",
                "`{{ [1, 'x', {'k': 2.5}] }}` | `[1, 'x', {'k': 2.5}]`",
                "`{{ 'yes' if 1 < 2 <= 2 else 'no' }}` | `yes`",
                "`{{ 'no' if missing }}` | ``",
                "`{{ 'b' in 'abc' and 3 not in [1, 2] and not missing }}` | `True`",
                "`{{ names[1:] }}{{ names[::-1] }}{{ names[-2:-1] }}{{ names[5:0:-2] }}` | `['b', 'c']['c', 'b', 'a']['b']['c']`",
                "`{{ 'hello'[1:3] }}{{ 'hello'[-1] }}{{ 'hello'[::-2] }}` | `eloolh`",
                "`{{ names | join('-') }} {{ names | length }} {{ names | last | upper }}` | `a-b-c 3 C`",
                "`{{ dict | tojson }}` | `{\"k\": [1, \"é<\"], \"n\": null}`",
                "`{{ ' x ' | trim }}{{ '\\n\\nab\\n'.strip('\\n') }}{{ 'xxay'.lstrip('x') }}` | `xabay`",
                "`{{ 'a,b,,c'.split(',') }}{{ 'a,b,,c'.split(',', 1)[-1] }}` | `['a', 'b', '', 'c']b,,c`",
                "`{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith('b') }}` | `TrueFalse`",
                "`{{ none is none }}{{ x is defined }}{{ 'a' is string }}{{ dict is mapping }}{{ names is not string }}`"
                        + " | `TrueFalseTrueTrueTrue`",
                "`{% for k, v in dict.items() %}{{ k }}={{ v }};{% endfor %}` | `k=[1, 'é<'];n=None;`",
                "`{% for n in names if n != 'b' %}{{ loop.index }}{{ n }}{{ ',' if not loop.last }}{% endfor %}` | `1a,2c`",
                "`{% for n in [] %}x{% else %}none{% endfor %}` | `none`",
                "`{% for n in names %}{% if n == 'b' %}{% continue %}{% endif %}{{ n }}{% endfor %}` | `ac`",
                "`{% for n in names %}{% if n == 'b' %}{% break %}{% endif %}{{ n }}{% endfor %}` | `a`",
                "`{% set x = 1 %}{% for n in names %}{% set x = x + 1 %}{% endfor %}{{ x }}` | `1`",
                "`{% set ns = namespace(x=1) %}{% for n in names %}{% set ns.x = ns.x + 1 %}{% endfor %}{{ ns.x }}` | `4`",
                "`{% macro m(a, b='z') %}<{{ a }}{{ b }}>{% endmacro %}{{ m(1) }}{{ m(1, b=2) }}{{ m(1, 2) | length }}`"
                        + " | `<1z><12>4`",
                "`{% set t %}block {{ 1 }}{% endset %}{{ t }}` | `block 1`",
                "`{% generation %}said{% endgeneration %}` | `said`",
                "`{{ missing | default('d') }}{{ '' | default('e', true) }}` | `de`",
                "`{{ range(3) | list }}{{ range(5, 1, -2) | list }}` | `[0, 1, 2][5, 3]`",
                "`a{# c #}b` | `ab`",
                "`{{ {'a': {'b': [10]}}.a['b'][0] }}` | `10`",
                "`{{ 'x' 'y' }}{{ (1, 2)[1] }}` | `xy2`",
            })
    void expressionsAndStatementsAreThoseOfJinja(String template, String wanted) {
        assertThat(render(template)).isEqualTo(wanted == null ? "" : wanted);
    }

    @Test
    void whiteSpaceAroundTagsIsThatOfHuggingFace() {
        assertThat(render("a\n    {% if true %}\n  b\n    {% endif %}\nc\n")).isEqualTo("a\n  b\nc");
        assertThat(render("a  \n  {%- if true -%}  \n  b  {% endif %}\n\nc")).isEqualTo("ab  \nc");
        assertThat(render("a\n  {{ 1 }}\n  {{- 2 -}}\n  b")).isEqualTo("a\n  12b");
        assertThat(render("a\n  {%+ if true +%}\nb{% endif %}")).isEqualTo("a\n  \nb");
        assertThat(render("a\n  {# note #}\nb{#- -#}\n c")).isEqualTo("a\nbc");
        assertThat(render("x {% if true %} y{% endif %}")).isEqualTo("x  y");
    }

    @Test
    void whatIsNotTakenIsNamedWhenTheTemplateIsRead() {
        assertFault("\n{% include 'x' %}", "t, line 2: statement 'include' is not among those that are taken");
        assertFault("{{ x is prime }}", "test 'prime' is not among");
        assertFault("{{ x | shuffle }}", "filter 'shuffle' is not among");
    }

    @Test
    void wrongTemplatesAreRefusedWithTheLine() {
        assertFault("{% if x %}\n\na", "line 3: the end where");
        assertFault("{{ 'open }}", "a string is not closed");
        assertFault("{{ 1 + }}", "a value is missing");
        assertFault("{% endfor %}", "'endfor' has no beginning");
        assertFault("{% for x in y %}{% endif %}", "'endif' where 'endfor' should be");
        assertFault("{{ a", "a tag is not closed");
        assertFault("{# a", "a comment is not closed");
        assertFault("{{ " + "(".repeat(500) + "1" + ")".repeat(500) + " }}", "more than 100 deep");
    }

    @Test
    void aTemplateThatFailsWhileItRendersSaysWhere() {
        assertThatThrownBy(() -> render("a\n{{ missing.field }}"))
                .isInstanceOf(JinjaException.class)
                .hasMessage("t, line 2: 'missing' is undefined, so it has no 'field'");
        assertThatThrownBy(() -> render("{{ raise_exception('no pictures') }}")).hasMessageContaining("no pictures");
        assertThatThrownBy(() -> render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"))
                .hasMessageContaining("calls itself without end");
        assertThatThrownBy(() -> render("{{ 'a' + 1 }}")).hasMessageContaining("'a' + 1 is nothing");
        assertThatThrownBy(() -> render("{{ range(10000000) }}")).hasMessageContaining("longer than");
    }

    private static void assertFault(String template, String message) {
        assertThatThrownBy(() -> JinjaTemplate.parse("t", template))
                .as(template)
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining(message);
    }

    private static String render(String template) {
        var dict = new java.util.LinkedHashMap<String, Object>();
        dict.put("k", List.of(1, "é<"));
        dict.put("n", null);
        return JinjaTemplate.parse("t", template).render(Map.of("names", List.of("a", "b", "c"), "dict", dict));
    }
}
