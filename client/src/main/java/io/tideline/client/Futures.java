package io.tideline.client;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Futures derived from a call's future. Unlike those of {@code thenApply} they fail with the {@link
 * TidelineException} itself, and cancelling one cancels the call.
 */
final class Futures {

  private Futures() {}

  static <T, U> CompletableFuture<U> map(CompletableFuture<T> source, Function<T, U> function) {
    return derive(
        source,
        (target, value) -> target.complete(function.apply(value)),
        CompletableFuture::completeExceptionally);
  }

  /** As {@link #map}, but a failure with this code is an absent value. */
  static <T, U> CompletableFuture<Optional<U>> absentIf(
      ErrorCode code, CompletableFuture<T> source, Function<T, U> function) {
    return derive(
        source,
        (target, value) -> target.complete(Optional.of(function.apply(value))),
        (target, failure) -> {
          if (failure instanceof TidelineException e && e.code() == code) {
            target.complete(Optional.empty());
          } else {
            target.completeExceptionally(failure);
          }
        });
  }

  private interface Completion<U, X> {
    void complete(CompletableFuture<U> target, X outcome);
  }

  static <T> CompletableFuture<T> mapFailure(
      CompletableFuture<T> source, Function<TidelineException, TidelineException> function) {
    return derive(
        source,
        CompletableFuture::complete,
        (target, failure) ->
            target.completeExceptionally(
                failure instanceof TidelineException e ? function.apply(e) : failure));
  }

  /** A future that never fails: a failure too becomes a value. */
  static <T, U> CompletableFuture<U> handle(
      CompletableFuture<T> source, Function<T, U> onValue, Function<Throwable, U> onFailure) {
    return derive(
        source,
        (target, value) -> target.complete(onValue.apply(value)),
        (target, failure) -> target.complete(onFailure.apply(failure)));
  }

  private static <T, U> CompletableFuture<U> derive(
      CompletableFuture<T> source, Completion<U, T> onValue, Completion<U, Throwable> onFailure) {
    CompletableFuture<U> target = new CompletableFuture<>();
    CompletableFuture<T> unusedStage =
        source.whenComplete(
            (value, failure) -> {
              try {
                if (failure == null) {
                  onValue.complete(target, value);
                } else {
                  onFailure.complete(target, failure);
                }
              } catch (RuntimeException e) {
                target.completeExceptionally(e);
              }
            });
    CompletableFuture<U> unusedCancelStage =
        target.whenComplete(
            (value, failure) -> {
              if (target.isCancelled()) {
                source.cancel(true);
              }
            });
    return target;
  }
}
