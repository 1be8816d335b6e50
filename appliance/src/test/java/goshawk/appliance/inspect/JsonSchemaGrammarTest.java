package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import goshawk.trtbuild.Tokenizer;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonSchemaGrammarTest {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Schema; texts that are in it; texts that are not. Quotes are written as '. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'type':'integer'} | 0 ; -1 ; 999999999999999999 | 00 ; -0 ; 1.0 ; 1e3 ; 1000000000000000000 ; - ; +1
            {'type':'integer','minimum':-12,'maximum':105} | -12 ; -9 ; 0 ; 99 ; 105 | -13 ; 106 ; -120 ; 1050
            {'type':'integer','exclusiveMinimum':2.5,'exclusiveMaximum':10} | 3 ; 9 | 2 ; 10
            {'type':'integer','exclusiveMinimum':3} | 4 ; 10 ; 300 | 3 ; 0 ; -4
            {'type':'number'} | 0 ; -0.5 ; 1e10 ; 1.5E-07 | .5 ; 1. ; 01 ; 1e ; 1e123 ; NaN
            {'type':'number','minimum':-1.25,'maximum':3.5} | -1.25 ; -1.2499 ; -0 ; 3.50 ; 3.4999 ; 2 | -1.251 ; -1.26 ; 3.51 ; 4 ; 1e0
            {'type':'number','exclusiveMinimum':0.1} | 0.2 ; 0.1001 ; 7 | 0.1 ; 0.10 ; 0 ; 0.09 ; 0.10000000000000000
            {'type':'string','minLength':2,'maxLength':3} | 'ab' ; '螺栓🦅' ; '\\n\\u00e9' ; '\\ud83e\\udd85é' | 'a' ; 'abcd' ; '\\ud83e\\udd85' ; '\\ud83ea'
            {'type':'string'} | '' ; '\\/' ; '\\u0000' ; 'ก' | '\\x' ; '\\ud800' ; '\\udc00a' ; '\\ud83e\\u0041'
            {'type':'string','pattern':'^[A-Z]{2}-\\\\d+$'} | 'AB-1' ; '\\u0041B-22' | 'AB-' ; 'xAB-1' ; 'AB-1x'
            {'type':'string','pattern':'b+'} | 'b' ; 'abbc' ; '\\u0062' | '' ; 'ac'
            {'type':'string','pattern':'^a*$','minLength':2,'maxLength':4} | 'aa' ; 'aaaa' | 'a' ; 'aaaaa' ; 'aab'
            {'enum':['a','b c',1,null,[true]]} | 'a' ; 'b c' ; 1 ; null ; [true] | 'b' ; true ; '\\u0061'
            {'type':'string','enum':['a',1]} | 'a' | 1
            {'const':{'b':1,'a':[]}} | {'b':1,'a':[]} | {'a':[],'b':1}
            {'type':['integer','null']} | 5 ; null | 'x'
            {'type':'boolean','nullable':true} | true ; null | 0
            {'type':'array','items':{'type':'boolean'},'minItems':1,'maxItems':2} | [true] ; [true,false] | [] ; [true,true,true] ; [true,] ; [1]
            {'type':'array','prefixItems':[{'type':'null'},{'type':'boolean'}]} | [] ; [null] ; [null,true] | [true] ; [null,true,1]
            {'type':'array','prefixItems':[{'type':'null'}],'items':{'type':'boolean'},'minItems':2} | [null,true] ; [null,true,false] | [null] ; []
            {'type':'object','properties':{'a':{'type':'null'},'b':{'type':'null'}},'required':['b']} | {'b':null} ; {'a':null,'b':null} | {} ; {'a':null} ; {'b':null,'a':null} ; {'b':null,} ; {'b':null,'c':null}
            {'properties':{'a':{'type':'null'}},'additionalProperties':{'type':'boolean'}} | {} ; {'a':null} ; {'aa':true} ; {'a':null,'':true,'b':false} | {'a':true} ; {'\\u0061':true} ; {'b':null}
            {'anyOf':[{'type':'integer'},{'type':'string','maxLength':1}]} | 12 ; 'a' | 'ab'
            {'oneOf':[{'type':'integer','maximum':3},{'type':'integer','minimum':4}]} | 3 ; 4 | 3.5
            {'$ref':'#/$defs/t','$defs':{'t':{'type':'array','items':{'$ref':'#/$defs/t'}}}} | [] ; [[],[[]]] | [1] ; [[]
            {} | null ; {'a':[1,{'b':'c'}]} ; -1.5e3 | {'a'} ; nul ; [,]
            true | 1 ; 'x' | x
            """)
    void textsAreInTheGrammarOrNot(String schema, String in, String out) {
        var grammar = compile(schema);
        for (String text : in.split(" ; ", -1)) {
            assertThat(accepts(grammar, text)).as("%s: %s", schema, text).isTrue();
        }
        for (String text : out.split(" ; ", -1)) {
            assertThat(accepts(grammar, text)).as("%s: %s", schema, text).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'type':'integer','multipleOf':3} | 'multipleOf'
            {'type':'string','format':'date'} | 'format'
            {'allOf':[{'type':'string'}]} | 'allOf'
            {'not':{}} | 'not'
            {'type':'array','uniqueItems':true} | 'uniqueItems'
            {'type':'object','patternProperties':{}} | 'patternProperties'
            {'type':'object','properties':{'a':{'type':'strin'}}} | #/properties/a: 'type'
            {'type':'string','minimum':3} | 'minimum' is not supported for type string
            {'anyOf':[{'type':'null'}],'type':'string'} | 'type' is not supported beside 'anyOf'
            {'oneOf':[{'type':'integer'},{'type':'number'}]} | use anyOf
            {'oneOf':[{'properties':{'a':{}}},{'properties':{'b':{}}}]} | use anyOf
            {'$ref':'#/$defs/a'} | leads nowhere
            {'$ref':'http://example.com/a'} | leads nowhere
            {'$ref':'#/$defs/a','$defs':{'a':{'anyOf':[{'$ref':'#/$defs/a'},{'type':'null'}]}}} | leads back to itself
            {'$ref':'#/$defs/a','$defs':{'a':{'type':'object','properties':{'a':{'$ref':'#/$defs/a'}},'required':['a']}}} | without end
            {'type':'array','items':[{}]} | prefixItems
            {'type':'array','minItems':2,'maxItems':1} | so many items
            {'type':'object','properties':{},'required':['x']} | 'required' names 'x'
            {'type':'string','pattern':'(?=a)'} | looks ahead
            {'type':'string','pattern':'a\\\\b'} | \\b, which is not supported
            {'type':'string','pattern':'(a'} | without its )
            {'type':'string','pattern':'^ab$','minLength':3} | no string has this pattern and this length
            {'type':'integer','minimum':4,'maximum':3} | within the bounds
            {'enum':[]} | 'enum'
            {'type':'string','maxLength':-1} | 'maxLength'
            {'minLength':1,'minimum':2} | add 'type'
            false | no value satisfies
            7 | a schema is an object
            """)
    void whatIsNotSupportedIsRefusedByName(String schema, String message) {
        assertThatThrownBy(() -> compile(schema))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining(message.replace('\u2019', '\''));
    }

    @Test
    void aSpaceStandsWhereItIsAskedFor() {
        var grammar = JsonSchemaGrammar.compile(
                read("{'type':'object','properties':{'a':{'type':'array','items':{'enum':[[1,2]]}}}}"),
                JsonSchemaGrammar.Spacing.ONE_SPACE);
        assertThat(accepts(grammar, "{'a': [[1, 2], [1, 2]]}")).isTrue();
        assertThat(accepts(grammar, "{'a':[[1,2]]}")).isFalse();
        assertThat(accepts(grammar, "{'a':  []}")).isFalse();
    }

    @Test
    void aRootThatMayGoOnMayAlsoEnd() {
        var grammar = compile("{'type':'integer','maximum':120,'minimum':0}");
        long one = grammar.next(grammar.start(), Tokenizer.utf8("1"));
        assertThat(grammar.mayEnd(one)).isTrue();
        assertThat(grammar.isEnd(one)).isFalse();
        assertThat(grammar.isEnd(grammar.next(one, Tokenizer.utf8("20")))).isTrue();
    }

    /** Tokens that cut characters, in scripts beyond Latin, composed and not. */
    @ParameterizedTest
    @ValueSource(strings = {"thinking", "byte-fallback"})
    void textInAnyScriptComesThroughTokenByToken(String checkpoint) {
        try (var tokenizer = Tokenizer.open(TestInput.goldens(checkpoint))) {
            var masks = new TokenMasks(tokenizer);
            var grammar = compile("{'type':'object','properties':{'code':{'type':'string','maxLength':40},"
                    + "'缺陷':{'enum':['螺栓缺失','螺丝','ชิ้นส่วน','خدش']}},'required':['code','缺陷']}");
            int cut = 0;
            for (String code : List.of("序列号：螺栓甲七", "رقم القطعة ١٢٣", "ชิ้นส่วนที่ ๑๒", "e\u0301 é", "👩\u200d🏭")) {
                for (var form : Normalizer.Form.values()) {
                    String value = Normalizer.normalize(code, form);
                    String text = "{\"code\":\"" + value + "\",\"缺陷\":\"ชิ้นส่วน\"}";
                    long state = grammar.start();
                    for (int token : tokenizer.encode(text)) {
                        assertThat(masks.of(grammar, state).has(token))
                                .as("%s, token %d of %s", checkpoint, token, text)
                                .isTrue();
                        state = grammar.next(state, tokenizer.bytes(token));
                        cut += tokenizer.decode(token).contains("\ufffd") ? 1 : 0;
                    }
                    boolean isKept = tokenizer.decode(tokenizer.encode(text)).equals(text);
                    assertThat(grammar.isEnd(state)).as(text).isTrue();
                    assertThat(isKept || form != Normalizer.Form.NFC)
                            .as("composed text is kept: %s", text)
                            .isTrue();
                }
            }
            assertThat(cut).as("tokens that cut a character").isPositive();
        }
    }

    /** The fast way to a mask against the slow one, within strings as well. */
    @ParameterizedTest
    @ValueSource(strings = {"thinking", "byte-fallback"})
    void theMaskIsWhatTheGrammarAllows(String checkpoint) {
        try (var tokenizer = Tokenizer.open(TestInput.goldens(checkpoint))) {
            var masks = new TokenMasks(tokenizer);
            var grammar = compile("{'type':'object','properties':{'a':{'type':'string','minLength':1,'maxLength':4},"
                    + "'b':{'type':'string','pattern':'^[^x]{3}$'},'c':{}},'required':['a','b','c']}");
            for (String before : List.of(
                    "",
                    "{'a':'",
                    "{'a':'b",
                    "{'a':'abc",
                    "{'a':'abcd",
                    "{'a':'螺\\",
                    "{'a':'\\ud83e",
                    "{'a':'b','b':'",
                    "{'a':'b','b':'12",
                    "{'a':'b','b':'123','c':",
                    "{'a':'b','b':'123','c':[1,{'x")) {
                long state = grammar.next(grammar.start(), Tokenizer.utf8(before.replace('\'', '"')));
                List<Integer> slow = new ArrayList<>();
                for (int token = 0; token < tokenizer.size(); token++) {
                    byte[] bytes = tokenizer.bytes(token);
                    if (bytes.length > 0 && grammar.next(state, bytes) != Grammar.REFUSED) {
                        slow.add(token);
                    }
                }
                assertThat(masks.of(grammar, state).ids())
                        .as("after %s", before)
                        .isEqualTo(slow.stream().mapToInt(Integer::intValue).toArray());
                assertThat(slow).isNotEmpty();
            }
        }
    }

    /** Requests come and go, each with a schema of its own. */
    @Test
    void whatIsKeptIsBounded() {
        byte[][] vocabulary = new byte[60_000][];
        for (int token = 0; token < vocabulary.length; token++) {
            vocabulary[token] = Tokenizer.utf8(Integer.toString(token, 36));
        }
        var masks = new TokenMasks(vocabulary);
        var grammar = compile("{'type':'string','maxLength':5000}");
        long state = grammar.next(grammar.start(), '"');
        for (int i = 0; i < 5_000; i++) {
            masks.of(grammar, state);
            state = grammar.next(state, 'a');
        }
        assertThat(masks.keptBytes()).isBetween(30L << 20, 32L << 20);
        for (int i = 0; i < 100; i++) {
            var other = compile("{'type':'integer'}");
            assertThat(masks.of(other, other.start()).count()).isPositive();
        }
        assertThat(masks.keptGrammars()).isLessThanOrEqualTo(64);
        assertThat(masks.keptBytes()).isLessThan(1 << 20);
    }

    @Test
    void manyThreadsWalkOneGrammar() throws Exception {
        var grammar = compile("{}");
        Callable<Integer> walk = () -> {
            int accepted = 0;
            for (int i = 0; i < 300; i++) {
                accepted += accepts(grammar, "{'k%d':[%d.5e-1,{'é':'\\u00%02x'},[[%s]]]}".formatted(i, i, i % 90, i))
                        ? 1
                        : 0;
            }
            return accepted;
        };
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (var result : threads.invokeAll(List.of(walk, walk, walk, walk))) {
                assertThat(result.get()).isEqualTo(300);
            }
        }
    }

    private static JsonSchemaGrammar compile(String schema) {
        return JsonSchemaGrammar.compile(read(schema));
    }

    private static JsonNode read(String schema) {
        try {
            return MAPPER.readTree(schema.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new AssertionError(schema, e);
        }
    }

    private static boolean accepts(Grammar grammar, String text) {
        long state = grammar.next(grammar.start(), Tokenizer.utf8(text.strip().replace('\'', '"')));
        return state != Grammar.REFUSED && grammar.mayEnd(state);
    }
}
