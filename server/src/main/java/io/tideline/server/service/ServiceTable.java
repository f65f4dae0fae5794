package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_IMPLEMENTED;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.tideline.server.service.Marshallers.Reply;
import java.util.HashMap;
import java.util.Map;

/**
 * Binds the methods of one service of the contract to handlers. Methods without a handler answer
 * UNIMPLEMENTED with the contract's detail, so that none is forgotten and none pretends.
 */
final class ServiceTable {

  private final ServiceDescriptor contract;
  private final CallRunner runner;
  private final Map<String, ServerCallHandler<byte[], Reply>> handlers = new HashMap<>();

  ServiceTable(ServiceDescriptor contract, CallRunner runner) {
    this.contract = contract;
    this.runner = runner;
  }

  <Q extends Message> ServiceTable on(
      MethodDescriptor<Q, ?> method, CallRunner.Handler<Q> handler) {
    requireInContract(method);
    handlers.put(
        method.getFullMethodName(), runner.unary(shortName(method), prototype(method), handler));
    return this;
  }

  <Q extends Message> ServiceTable onStream(
      MethodDescriptor<Q, ?> method, CallRunner.StreamHandler<Q> handler) {
    requireInContract(method);
    handlers.put(
        method.getFullMethodName(),
        runner.streaming(shortName(method), prototype(method), handler));
    return this;
  }

  private void requireInContract(MethodDescriptor<?, ?> method) {
    if (!contract.getMethods().contains(method)) {
      throw new IllegalArgumentException(
          method.getFullMethodName() + " is not a method of " + contract.getName());
    }
  }

  ServerServiceDefinition build() {
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(contract.getName())
            .setSchemaDescriptor(contract.getSchemaDescriptor());
    Map<MethodDescriptor<byte[], Reply>, ServerCallHandler<byte[], Reply>> bound = new HashMap<>();
    for (MethodDescriptor<?, ?> method : contract.getMethods()) {
      MethodDescriptor<byte[], Reply> raw =
          method.toBuilder(Marshallers.REQUEST, Marshallers.REPLY).build();
      descriptor.addMethod(raw);
      bound.put(raw, handlers.getOrDefault(raw.getFullMethodName(), unimplemented(method)));
    }
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
    bound.forEach(service::addMethod);
    return service.build();
  }

  private ServerCallHandler<byte[], Reply> unimplemented(MethodDescriptor<?, ?> method) {
    return runner.unary(
        shortName(method),
        prototype(method),
        (request, context) -> {
          throw Failure.of(
                  ERROR_REASON_NOT_IMPLEMENTED,
                  shortName(method)
                      + " is part of the contract, but this version does not implement it yet;"
                      + " nothing was done. The README lists what works")
              .withValue(method.getFullMethodName())
              .toException();
        });
  }

  private static String shortName(MethodDescriptor<?, ?> method) {
    String service = method.getServiceName();
    String simple = service == null ? "" : service.substring(service.lastIndexOf('.') + 1);
    return simple + "/" + method.getBareMethodName();
  }

  @SuppressWarnings("unchecked")
  private static <Q extends Message> Q prototype(MethodDescriptor<?, ?> method) {
    var marshaller = (MethodDescriptor.PrototypeMarshaller<?>) method.getRequestMarshaller();
    Object prototype = marshaller.getMessagePrototype();
    if (prototype == null) {
      throw new IllegalArgumentException(method.getFullMethodName() + " has no request type");
    }
    return (Q) prototype;
  }
}
