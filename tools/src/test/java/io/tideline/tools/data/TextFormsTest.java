package io.tideline.tools.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.client.GeoPoint;
import io.tideline.client.Identifier;
import io.tideline.client.IdentifierField;
import io.tideline.client.IdentifierType;
import io.tideline.client.Message;
import io.tideline.tools.cli.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextFormsTest {
  private static final List<IdentifierField> SCHEMA =
      List.of(
          new IdentifierField("group", IdentifierType.STRING),
          new IdentifierField("thread", IdentifierType.INT64),
          new IdentifierField("device", IdentifierType.BYTES));

  @Test
  void schemasAreReadAndWritten() {
    String text = "group:string,thread:int64,device:bytes";

    assertThat(IdentifierText.parseSchema(text)).isEqualTo(SCHEMA);
    assertThat(IdentifierText.writeSchema(SCHEMA)).isEqualTo(text);
    assertThat(IdentifierText.parseSchema("user"))
        .containsExactly(new IdentifierField("user", IdentifierType.STRING));
  }

  @ParameterizedTest
  @CsvSource({
    "'user:text', 'user'",
    "'a:string,,b:int64', 'without a name'",
    "'a:', 'string, int64 or bytes'"
  })
  void wrongSchemasAreRefused(String text, String reason) {
    assertThatThrownBy(() -> IdentifierText.parseSchema(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"group:1,42,0xa1b2", "with\\,comma,-7,0x00", "back\\\\slash,0,0xff"})
  void identifiersAreWrittenAsTyped(String text) {
    assertThat(IdentifierText.write(IdentifierText.parse(text, SCHEMA))).isEqualTo(text);
  }

  @Test
  void identifiersTakeTheirTypesFromTheSchema() {
    assertThat(IdentifierText.parse("7,7,07", SCHEMA))
        .isEqualTo(Identifier.of("7", 7L, new byte[] {7}));
    assertThat(IdentifierText.parsePrefix("7,7", SCHEMA)).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a,1 | has 2 fields, the store's schema 3",
        "a,b,00 | 'thread' must be a 64-bit integer, got 'b'",
        "a,1,xyz | 'device' must be hexadecimal bytes",
        ",1,00 | 'group' is empty",
        "a,1,00,9 | has 4 fields",
      })
  void wrongIdentifiersNameTheField(String text, String reason) {
    assertThatThrownBy(() -> IdentifierText.parse(text, SCHEMA))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void fieldsCarryTheirTypes() {
    Message message =
        FieldText.parse(
            List.of(
                "text=a=b:c",
                "n:int64=-3",
                "x:double=2.5",
                "ok:bool=true",
                "raw:bytes=0x0a0b",
                "tags:list=a,b",
                "at:geo=48.2, 16.37"));

    assertThat(message.getString("text")).contains("a=b:c");
    assertThat(message.getLong("n")).hasValue(-3);
    assertThat(message.getDouble("x")).hasValue(2.5);
    assertThat(message.getBoolean("ok")).contains(true);
    assertThat(message.getBytes("raw")).hasValue(new byte[] {10, 11});
    assertThat(message.getStringList("tags")).contains(List.of("a", "b"));
    assertThat(message.getGeoPoint("at")).contains(new GeoPoint(48.2, 16.37));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "text | must be name=text",
        "=x | must be name=text",
        "n:int64=x | 'n:int64=x'",
        "n:float=1 | there is no type 'float'",
        "ok:bool=yes | must be true or false",
        "x:double=NaN | not finite",
        "at:geo=1 | latitude,longitude",
      })
  void wrongFieldsAreRefused(String field, String reason) {
    assertThatThrownBy(() -> FieldText.parse(List.of(field)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void aFieldGivenTwiceIsRefused() {
    assertThatThrownBy(() -> FieldText.parse(List.of("a=1", "a=2")))
        .hasMessage("field 'a' is given twice");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"t\":\"你好\",\"n\":-3,\"x\":2.5,\"b\":true,\"l\":[\"a\",\"b\"],\"e\":[]}",
        "{\"raw\":{\"base64\":\"AAECAw==\"},\"at\":{\"latitude\":48.2,\"longitude\":16.37}}",
        "{\"big\":9223372036854775807,\"exp\":1.0E10}"
      })
  void jsonMessagesComeBackEqual(String json) {
    Message message = ValueJson.readMessage(Json.parseObject(json));

    assertThat(Json.write(ValueJson.write(message))).isEqualTo(json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":null}",
        "{\"a\":[1]}",
        "{\"a\":{\"b\":1}}",
        "{\"a\":9223372036854775808}",
        "{\"a\":{\"base64\":\"?\"}}"
      })
  void jsonWithoutAFormAmongValuesIsRefusedNamingTheField(String json) {
    assertThatThrownBy(() -> ValueJson.readMessage(Json.parseObject(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("field 'a'");
  }
}
