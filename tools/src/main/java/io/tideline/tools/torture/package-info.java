/**
 * {@code tideline torture}: a real cluster of real processes under a chat workload while faults are
 * injected, and a checker that judges the history afterwards.
 *
 * <p>{@link io.tideline.tools.torture.Torture} runs the parts: {@link
 * io.tideline.tools.torture.TortureCluster} the processes, {@link
 * io.tideline.tools.torture.Nemesis} the faults, {@link io.tideline.tools.torture.Workload} the
 * clients, {@link io.tideline.tools.torture.History} what they saw, {@link
 * io.tideline.tools.torture.HistoryChecker} the verdict. The checks follow Jepsen's analysis of
 * logs (jepsen.tests.kafka): a timeline is its key, a sequence id its offset, values are unique.
 */
@NullMarked
package io.tideline.tools.torture;

import org.jspecify.annotations.NullMarked;
