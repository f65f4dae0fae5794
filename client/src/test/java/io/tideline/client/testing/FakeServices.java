package io.tideline.client.testing;

import com.google.protobuf.Message;
import io.grpc.BindableService;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The services of a fake server: what they were asked, what they answer and what goes wrong.
 * Timelines are kept for real; the other services answer what a test scripted. Thread-safe.
 */
public final class FakeServices {

  private final Faults faults = new Faults();
  private final Map<String, FakeTimelines> stores = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Received> received = new ConcurrentLinkedQueue<>();
  private final Map<String, Function<Message, Message>> scripts = new ConcurrentHashMap<>();

  public Faults faults() {
    return faults;
  }

  /** A store's timelines; a store comes to be when first named. */
  public FakeTimelines store(String name) {
    return stores.computeIfAbsent(name, n -> new FakeTimelines());
  }

  /** Answers every call of the method so, instead of what the fake would. */
  public void script(String method, Function<Message, Message> answer) {
    scripts.put(method, answer);
  }

  /** The calls of a method so far, in order of arrival. */
  public <Q extends Message> List<Q> received(String method, Class<Q> type) {
    return received.stream()
        .filter(call -> call.method().equals(method))
        .map(call -> type.cast(call.request()))
        .toList();
  }

  BindableService timelines() {
    return new FakeTimelineService(this);
  }

  BindableService metas() {
    return new ScriptedServices.Metas(this);
  }

  BindableService stores() {
    return new ScriptedServices.Stores(this);
  }

  BindableService admin() {
    return new ScriptedServices.Admin(this);
  }

  /** Answers one call: with its script if it has one, and unless it is to go wrong. */
  <R extends Message> void serve(
      String method, Message request, Class<R> type, StreamObserver<R> out, Supplier<R> work) {
    received.add(new Received(method, request));
    Fault fault = faults.take(method);
    try {
      if (fault == null) {
        R response = type.cast(answer(method, request, work));
        out.onNext(response);
        out.onCompleted();
      } else {
        fail(fault, out, () -> answer(method, request, work));
      }
    } catch (FakeTimelines.ItemRefused e) {
      out.onError(e.fault.toException());
    } catch (StatusRuntimeException e) {
      out.onError(e);
    }
  }

  /** Answers by a stream: what {@code work} sends, then the call's fault, or nothing more. */
  void stream(String method, Message request, StreamObserver<?> out, Runnable work) {
    received.add(new Received(method, request));
    Fault fault = faults.take(method);
    if (fault == null) {
      work.run();
      return;
    }
    if (fault.kind() == Fault.Kind.LOSE_ANSWER) {
      work.run();
    }
    if (fault.kind() != Fault.Kind.HANG) {
      out.onError(fault.toException());
    }
  }

  private Message answer(
      String method, Message request, Supplier<? extends @Nullable Message> work) {
    Function<Message, Message> script = scripts.get(method);
    Message response = script == null ? work.get() : script.apply(request);
    if (response == null) {
      throw new IllegalStateException("no script for " + method);
    }
    return response;
  }

  private static void fail(Fault fault, StreamObserver<?> out, Supplier<Message> work) {
    switch (fault.kind()) {
      case REFUSE -> out.onError(fault.toException());
      case LOSE_ANSWER -> {
        work.get();
        out.onError(fault.toException());
      }
      case HANG -> {
        // The call ends when the client gives up or the server is killed.
      }
    }
  }
}
