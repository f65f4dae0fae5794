package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.JRaftUtils;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.util.NamedThreadFactory;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class JRaftThreadsTest {

  private static final Runnable NOTHING = () -> {};

  @Test
  void ourThreadFactoryIsTheOneThatJRaftUses() {
    assertThatCode(JRaftThreads::verify).doesNotThrowAnyException();
    Thread made = JRaftUtils.createThreadFactory("made-by-jraft-").newThread(NOTHING);
    assertThat(made.isVirtual()).isTrue();
    assertThat(made.getName()).isEqualTo("made-by-jraft-0");
  }

  @Test
  void aFactoryFromAnotherPlaceOrOfPlatformThreadsIsRefusedByName() {
    Thread virtual = Thread.ofVirtual().unstarted(NOTHING);
    Thread platform = Thread.ofPlatform().unstarted(NOTHING);
    assertThatCode(() -> JRaftThreads.verify("ours.jar", "ours.jar", virtual))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> JRaftThreads.verify("ours.jar", "jraft-core.jar", virtual))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("jraft-core.jar")
        .hasMessageContaining("class path");
    assertThatThrownBy(() -> JRaftThreads.verify("ours.jar", "ours.jar", platform))
        .isInstanceOf(IllegalStateException.class);
  }

  /** A new version of JRaft may change the class that ours replaces. */
  @Test
  void theReplacedClassIsThatOfTheVersionWeReplacedItFor() throws IOException {
    String jar = Node.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    assertThat(jar).endsWith("jraft-core-1.4.1.jar");
    assertThat(
            Objects.requireNonNull(NamedThreadFactory.class.getClassLoader())
                .getResources("com/alipay/sofa/jraft/util/NamedThreadFactory.class")
                .asIterator())
        .toIterable()
        .hasSize(2);
  }
}
