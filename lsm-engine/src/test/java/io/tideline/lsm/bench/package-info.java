/**
 * Micro benchmarks of the engine (JMH), one question a class; the question is in its javadoc. No
 * test runs them: {@code docs/benchmarks.md} says how to. Whole workloads are measured by {@code
 * tideline bench engine}.
 */
@NullMarked
package io.tideline.lsm.bench;

import org.jspecify.annotations.NullMarked;
