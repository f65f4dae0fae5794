package io.tideline.server.service;

import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.Projection;
import io.tideline.proto.v1.Value;
import java.util.Map;

/** Reduces entries and meta to the fields a read asked for. */
final class Projector {

  private Projector() {}

  /** Whether the projection leaves everything in. */
  static boolean isAll(Projection projection) {
    return !projection.getIdsOnly() && projection.getFieldNamesCount() == 0;
  }

  static Entry apply(Projection projection, Entry entry) {
    if (isAll(projection) || !entry.hasMessage()) {
      return entry;
    }
    if (projection.getIdsOnly()) {
      return entry.toBuilder().clearMessage().build();
    }
    return entry.toBuilder().setMessage(apply(projection, entry.getMessage())).build();
  }

  static Message apply(Projection projection, Message message) {
    if (isAll(projection)) {
      return message;
    }
    Message.Builder kept = Message.newBuilder();
    if (!projection.getIdsOnly()) {
      Map<String, Value> fields = message.getFieldsMap();
      for (String name : projection.getFieldNamesList()) {
        Value value = fields.get(name);
        if (value != null) {
          kept.putFields(name, value);
        }
      }
    }
    return kept.build();
  }
}
