package io.tideline.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.tools.cli.TestSurroundings;
import io.tideline.tools.cli.ToolException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkDirectoryTest {

  @TempDir private Path temporary;
  private final TestSurroundings surroundings = new TestSurroundings();

  @Test
  void aDirectoryThatWasGivenIsMadeAndStays() throws Exception {
    Path given = temporary.resolve("a").resolve("b");
    try (WorkDirectory directory = new WorkDirectory(surroundings.context(), given)) {
      Files.writeString(directory.path().resolve("log"), "text");
    }
    assertThat(given.resolve("log")).exists();
  }

  @Test
  void aTemporaryOneIsRemovedWithWhatIsInIt() throws Exception {
    Path made;
    try (WorkDirectory directory = new WorkDirectory(surroundings.context(), null)) {
      made = directory.path();
      Files.writeString(made.resolve("log"), "text");
    }
    assertThat(made).doesNotExist();
  }

  @Test
  void whatWouldNotFitIsRefusedWithWhatIsThere() throws Exception {
    try (WorkDirectory directory = new WorkDirectory(surroundings.context(), temporary)) {
      assertThatCode(() -> directory.requireRoom(1)).doesNotThrowAnyException();
      assertThatThrownBy(() -> directory.requireRoom(Long.MAX_VALUE))
          .isInstanceOf(ToolException.class)
          .hasMessageContaining("of disk")
          .hasMessageContaining(temporary.toString());
    }
  }
}
