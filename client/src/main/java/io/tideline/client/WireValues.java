package io.tideline.client;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.FilterList;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.StringList;
import io.tideline.proto.v1.TimelineId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Values, messages, identifiers and filters to and from the wire. */
final class WireValues {

  private WireValues() {}

  static io.tideline.proto.v1.Value toWire(Value value) {
    io.tideline.proto.v1.Value.Builder out = io.tideline.proto.v1.Value.newBuilder();
    if (value instanceof Value.Text v) {
      out.setStringValue(v.value());
    } else if (value instanceof Value.Int64 v) {
      out.setInt64Value(v.value());
    } else if (value instanceof Value.Float64 v) {
      out.setDoubleValue(v.value());
    } else if (value instanceof Value.Bool v) {
      out.setBoolValue(v.value());
    } else if (value instanceof Value.Bytes v) {
      out.setBytesValue(ByteString.copyFrom(v.value()));
    } else if (value instanceof Value.TextList v) {
      out.setStringListValue(StringList.newBuilder().addAllValues(v.values()));
    } else if (value instanceof Value.Geo v) {
      out.setGeoPointValue(
          io.tideline.proto.v1.GeoPoint.newBuilder()
              .setLatitude(v.value().latitude())
              .setLongitude(v.value().longitude()));
    } else {
      throw new AssertionError("unknown kind of value " + value.getClass());
    }
    return out.build();
  }

  static io.tideline.proto.v1.Message toWire(Message message) {
    io.tideline.proto.v1.Message.Builder out = io.tideline.proto.v1.Message.newBuilder();
    message.fields().forEach((name, value) -> out.putFields(name, toWire(value)));
    return out.build();
  }

  /** Fields sorted by name, for the wire has no order; kinds of a newer server are left out. */
  static Message fromWire(io.tideline.proto.v1.Message message) {
    Map<String, Value> sorted = new TreeMap<>();
    message
        .getFieldsMap()
        .forEach(
            (name, wire) -> {
              Value value = fromWire(wire);
              if (value != null) {
                sorted.put(name, value);
              }
            });
    return Message.of(sorted);
  }

  private static @Nullable Value fromWire(io.tideline.proto.v1.Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> Value.of(value.getStringValue());
      case INT64_VALUE -> Value.of(value.getInt64Value());
      case DOUBLE_VALUE -> Value.of(value.getDoubleValue());
      case BOOL_VALUE -> Value.of(value.getBoolValue());
      case BYTES_VALUE -> Value.of(value.getBytesValue().toByteArray());
      case STRING_LIST_VALUE -> Value.of(List.copyOf(value.getStringListValue().getValuesList()));
      case GEO_POINT_VALUE ->
          Value.of(
              new GeoPoint(
                  value.getGeoPointValue().getLatitude(), value.getGeoPointValue().getLongitude()));
      case KIND_NOT_SET -> null;
    };
  }

  static TimelineId toWire(Identifier identifier) {
    TimelineId.Builder out = TimelineId.newBuilder();
    identifier.values().forEach(value -> out.addFields(toIdentifierValue(value)));
    return out.build();
  }

  static IdentifierValue toIdentifierValue(Value value) {
    IdentifierValue.Builder out = IdentifierValue.newBuilder();
    if (value instanceof Value.Text v) {
      out.setStringValue(v.value());
    } else if (value instanceof Value.Int64 v) {
      out.setInt64Value(v.value());
    } else if (value instanceof Value.Bytes v) {
      out.setBytesValue(ByteString.copyFrom(v.value()));
    } else {
      throw new AssertionError("an identifier never holds " + value);
    }
    return out.build();
  }

  static Identifier fromWire(TimelineId timeline) {
    List<Value> values = new ArrayList<>(timeline.getFieldsCount());
    for (IdentifierValue field : timeline.getFieldsList()) {
      values.add(
          switch (field.getKindCase()) {
            case STRING_VALUE -> Value.of(field.getStringValue());
            case INT64_VALUE -> Value.of(field.getInt64Value());
            case BYTES_VALUE -> Value.of(field.getBytesValue().toByteArray());
            case KIND_NOT_SET ->
                throw new IllegalArgumentException("an identifier field without a value");
          });
    }
    return Identifier.ofValues(values);
  }

  /** For error details, which may quote an identifier that is not one. */
  static @Nullable TimelineKey timelineOrNull(String store, TimelineId timeline) {
    try {
      return new TimelineKey(store, fromWire(timeline));
    } catch (IllegalArgumentException notAnIdentifier) {
      return null;
    }
  }

  static io.tideline.proto.v1.Projection toWire(Projection projection) {
    return io.tideline.proto.v1.Projection.newBuilder()
        .addAllFieldNames(projection.fieldNames())
        .setIdsOnly(projection.idsOnly())
        .build();
  }

  static io.tideline.proto.v1.Filter toWire(Filter filter) {
    io.tideline.proto.v1.Filter.Builder out = io.tideline.proto.v1.Filter.newBuilder();
    if (filter instanceof Filter.Comparison f) {
      out.setComparison(
          io.tideline.proto.v1.Comparison.newBuilder()
              .setFieldName(f.field())
              .setOperator(toWire(f.operator()))
              .setValue(toWire(f.value())));
    } else if (filter instanceof Filter.Exists f) {
      out.setExists(f.field());
    } else if (filter instanceof Filter.And f) {
      out.setAnd(toWire(f.filters()));
    } else if (filter instanceof Filter.Or f) {
      out.setOr(toWire(f.filters()));
    } else if (filter instanceof Filter.Not f) {
      out.setNot(toWire(f.filter()));
    } else {
      throw new AssertionError("unknown kind of filter " + filter.getClass());
    }
    return out.build();
  }

  private static FilterList toWire(List<Filter> filters) {
    FilterList.Builder out = FilterList.newBuilder();
    filters.forEach(filter -> out.addFilters(toWire(filter)));
    return out.build();
  }

  private static io.tideline.proto.v1.ComparisonOperator toWire(Filter.Operator operator) {
    return switch (operator) {
      case EQUAL -> io.tideline.proto.v1.ComparisonOperator.COMPARISON_OPERATOR_EQUAL;
      case NOT_EQUAL -> io.tideline.proto.v1.ComparisonOperator.COMPARISON_OPERATOR_NOT_EQUAL;
      case LESS -> io.tideline.proto.v1.ComparisonOperator.COMPARISON_OPERATOR_LESS;
      case LESS_OR_EQUAL ->
          io.tideline.proto.v1.ComparisonOperator.COMPARISON_OPERATOR_LESS_OR_EQUAL;
      case GREATER -> io.tideline.proto.v1.ComparisonOperator.COMPARISON_OPERATOR_GREATER;
      case GREATER_OR_EQUAL ->
          io.tideline.proto.v1.ComparisonOperator.COMPARISON_OPERATOR_GREATER_OR_EQUAL;
      case PREFIX -> io.tideline.proto.v1.ComparisonOperator.COMPARISON_OPERATOR_PREFIX;
      case CONTAINS -> io.tideline.proto.v1.ComparisonOperator.COMPARISON_OPERATOR_CONTAINS;
    };
  }
}
