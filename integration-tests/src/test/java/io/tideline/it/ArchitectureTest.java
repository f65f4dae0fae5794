package io.tideline.it;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaConstructor.CONSTRUCTOR_NAME;
import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.time.Clock;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Who may know whom, and which calls are kept to one room. The rules read main code only. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.tideline");

  private static final String LSM = "io.tideline.lsm..";
  private static final String MANAGER = "io.tideline.manager..";
  private static final String MANAGER_EDGE = "io.tideline.manager.edge..";
  private static final String SERVER = "io.tideline.server..";
  private static final String COMMAND = "io.tideline.server.command..";
  private static final String RAFT = "io.tideline.server.raft..";
  private static final String CLIENT = "io.tideline.client..";
  private static final String TOOLS = "io.tideline.tools..";
  private static final String PROTO = "io.tideline.proto..";

  private static final Set<String> POOLS =
      Set.of(
          "newCachedThreadPool",
          "newFixedThreadPool",
          "newScheduledThreadPool",
          "newSingleThreadExecutor",
          "newSingleThreadScheduledExecutor",
          "newWorkStealingPool");

  // --- Modules and libraries ---

  @Test
  void engineKnowsTheJdkItsCodecsAndNothingOfOurs() {
    classes()
        .that()
        .resideInAPackage(LSM)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            LSM,
            "net.jpountz..", // LZ4
            "com.github.luben.zstd..",
            "com.github.benmanes.caffeine..",
            "org.slf4j..",
            "org.jspecify..")
        .check(MAIN);
  }

  @Test
  void partitionManagerKnowsNeitherRaftNorEngineNorNetwork() {
    noClasses()
        .that()
        .resideInAPackage(MANAGER)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "com.alipay..", LSM, SERVER, CLIENT, TOOLS, "io.grpc..", "io.netty..", "java.net..")
        .check(MAIN);
  }

  @Test
  void clientKnowsOnlyTheContract() {
    noClasses()
        .that()
        .resideInAPackage(CLIENT)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(LSM, MANAGER, SERVER, TOOLS, "io.tideline.proto.internal..")
        .check(MAIN);
  }

  @Test
  void serverKnowsNeitherClientNorTools() {
    noClasses()
        .that()
        .resideInAPackage(SERVER)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(CLIENT, TOOLS)
        .check(MAIN);
  }

  @Test
  void raftTypesStayInOnePackageTree() {
    noClasses()
        .that()
        .resideOutsideOfPackage(RAFT)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.alipay.sofa..")
        .check(MAIN);
  }

  @Test
  void luceneStaysInTheServer() {
    noClasses()
        .that()
        .resideOutsideOfPackage(SERVER)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.lucene..")
        .check(MAIN);
  }

  @Test
  void wireTypesStayOutOfEngineCommandsAndSchedulers() {
    noClasses()
        .that(
            resideInAPackage(LSM)
                .or(resideInAPackage(COMMAND))
                .or(resideInAPackage(MANAGER).and(not(resideInAPackage(MANAGER_EDGE)))))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PROTO, "com.google.protobuf..")
        .check(MAIN);
  }

  @Test
  void everyPackageIsNullMarked() {
    classes()
        .that()
        .resideOutsideOfPackages("io.tideline.proto.v1..", "io.tideline.proto.internal..")
        .should(be(areNullMarked()))
        .because("NullAway checks marked packages only")
        .check(MAIN);
  }

  // --- Calls kept to one room ---

  @Test
  void timeIsReadFromClocksOnly() {
    noClasses()
        .that(resideInAPackage(LSM).or(resideInAPackage(SERVER)).or(resideInAPackage(MANAGER)))
        .and(not(areClocks()))
        .should()
        .accessTargetWhere(readTheMachinesClock())
        .because("tests and the state machines own the time; take a clock as a parameter")
        .check(MAIN);
  }

  @Test
  void partitionManagerHasNoClockAtAll() {
    noClasses()
        .that()
        .resideInAPackage(MANAGER)
        .should()
        .accessTargetWhere(readTheMachinesClock())
        .because("time arrives as a value, so that the simulator can run a year in a minute")
        .check(MAIN);
  }

  @Test
  void randomnessHasASeed() {
    noClasses()
        .that(resideInAPackage(LSM).or(resideInAPackage(SERVER)).or(resideInAPackage(MANAGER)))
        .should()
        .accessTargetWhere(areSeedless())
        .because("a failing run must be repeatable from its seed")
        .check(MAIN);
  }

  @Test
  void engineTouchesTheDiskInItsFileSystemRoomOnly() {
    noClasses()
        .that()
        .resideInAPackage(LSM)
        .and()
        .resideOutsideOfPackage("io.tideline.lsm.fs..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(
            Files.class,
            File.class,
            FileChannel.class,
            FileInputStream.class,
            FileOutputStream.class,
            RandomAccessFile.class)
        .because("the faulty and the crashable file system must see every access")
        .check(MAIN);
  }

  @Test
  void platformThreadsAreNamed() {
    noClasses()
        .should()
        .accessTargetWhere(areNamelessThreads())
        .orShould()
        .accessTargetWhere(areNamelessPools())
        .because("a thread dump should say who is who")
        .check(MAIN);
  }

  // --- What the rules above mean by their words ---

  private static DescribedPredicate<JavaClass> areClocks() {
    return describe(
        "are clocks",
        type -> {
          JavaClass top = type;
          while (top.getEnclosingClass().isPresent()) {
            top = top.getEnclosingClass().get();
          }
          return top.getSimpleName().endsWith("Clock");
        });
  }

  // Accesses, not calls: `System::nanoTime` counts as much as `System.nanoTime()`.

  private static DescribedPredicate<JavaAccess<?>> readTheMachinesClock() {
    return describe(
        "the machine's clock is read",
        access -> {
          JavaClass type = access.getTargetOwner();
          return switch (access.getName()) {
            case "currentTimeMillis", "nanoTime" -> type.isEquivalentTo(System.class);
            // With a clock as its argument, now() is a pure function.
            case "now" -> type.getPackageName().equals("java.time") && takesNo(Clock.class, access);
            default -> type.isEquivalentTo(Clock.class) && access.getName().startsWith("system");
          };
        });
  }

  private static DescribedPredicate<JavaAccess<?>> areSeedless() {
    return describe(
        "randomness comes without a seed",
        access -> {
          JavaClass type = access.getTargetOwner();
          return switch (access.getName()) {
            case CONSTRUCTOR_NAME ->
                (type.isEquivalentTo(Random.class) || type.isEquivalentTo(SplittableRandom.class))
                    && takesNo(long.class, access);
            case "random" -> type.isEquivalentTo(Math.class);
            default -> false;
          };
        });
  }

  private static DescribedPredicate<JavaAccess<?>> areNamelessThreads() {
    return describe(
        "the Thread gets no name",
        access ->
            access.getTargetOwner().isEquivalentTo(Thread.class)
                && access.getName().equals(CONSTRUCTOR_NAME)
                && takesNo(String.class, access));
  }

  private static DescribedPredicate<JavaAccess<?>> areNamelessPools() {
    return describe(
        "the pool gets no ThreadFactory",
        access ->
            access.getTargetOwner().isEquivalentTo(Executors.class)
                && POOLS.contains(access.getName())
                && takesNo(ThreadFactory.class, access));
  }

  private static DescribedPredicate<JavaClass> areNullMarked() {
    return describe(
        "in a package whose package-info.java says @NullMarked",
        type -> type.getPackage().isAnnotatedWith(NullMarked.class));
  }

  private static boolean takesNo(Class<?> parameter, JavaAccess<?> access) {
    return access.getTarget() instanceof CodeUnitAccessTarget target
        && target.getRawParameterTypes().stream().noneMatch(t -> t.isEquivalentTo(parameter));
  }
}
