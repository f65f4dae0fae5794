package io.tideline.it.imday;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.tools.im.Im;
import io.tideline.tools.im.ImMessage;
import java.util.List;
import java.util.concurrent.Callable;

/** Does the steps of some users, one after the other, each until it is acknowledged. */
final class Sender implements Callable<Void> {

  private final Im im;
  private final List<Step> steps;
  private final DayRecord record;
  private final Persistence persistence;

  Sender(Im im, List<Step> steps, DayRecord record, Persistence persistence) {
    this.im = im;
    this.steps = steps;
    this.record = record;
    this.persistence = persistence;
  }

  @Override
  public Void call() {
    for (Step step : steps) {
      record.begin(step);
      perform(step);
      record.end(step);
    }
    return null;
  }

  private void perform(Step step) {
    String conversation = step.conversation().id();
    switch (step) {
      case Step.Open open -> open(open);
      case Step.Join join ->
          persistence.run(join.toString(), () -> im.join(conversation, join.user()));
      case Step.Leave leave ->
          persistence.run(leave.toString(), () -> im.leave(conversation, leave.user()));
      case Step.Post post -> record.posted(post, send(post));
      case Step.Repeat repeat ->
          assertThat(send(repeat.post())).as(repeat.toString()).isEqualTo(record.id(repeat.post()));
      case Step.Edit edit -> edit(edit);
      case Step.Recall recall ->
          persistence.run(
              recall.toString(), () -> im.recall(conversation, record.id(recall.post())));
    }
  }

  private void open(Step.Open open) {
    List<String> both = open.conversation().founders();
    String other = both.getFirst().equals(open.user()) ? both.getLast() : both.getFirst();
    assertThat(persistence.until(open.toString(), () -> im.single(open.user(), other)))
        .isEqualTo(open.conversation().id());
  }

  private long send(Step.Post post) {
    return persistence.until(
        post.toString(),
        () -> im.send(post.conversation().id(), post.user(), post.text(), post.messageKey()));
  }

  /** An edit has no key: after a failure the message says whether it was done. */
  private void edit(Step.Edit edit) {
    boolean[] failed = {false};
    persistence.run(
        edit.toString(),
        () -> {
          if (failed[0] && textOf(edit.post()).equals(edit.text())) {
            record.perhapsUntold(edit.conversation());
            return;
          }
          failed[0] = true;
          record.editAttempted(edit);
          im.edit(edit.conversation().id(), record.id(edit.post()), edit.text());
        });
  }

  private String textOf(Step.Post post) {
    long id = record.id(post);
    List<ImMessage> newest = im.history(post.conversation().id(), post.user(), id + 1, 1);
    assertThat(newest).as("history to %s", post).hasSize(1);
    assertThat(newest.getFirst().id()).isEqualTo(id);
    return newest.getFirst().text();
  }
}
