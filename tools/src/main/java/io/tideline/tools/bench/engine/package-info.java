/**
 * {@code tideline bench engine}: our storage engine, and RocksDB beside it, on the same generated
 * rows.
 *
 * <p>The command ({@link io.tideline.tools.bench.engine.EngineBenchCommand}) starts one JVM per
 * system under test, so that compiled code, heap and resident memory do not mix, and lets them take
 * turns: A B A B. What one turn does is in {@code Round}; what a system must be able to do is in
 * {@code Subject}; what is equal for all of them is in {@code RoundSpec}. Start reading there.
 * Definitions of the figures: {@code docs/benchmarks.md}.
 */
@NullMarked
package io.tideline.tools.bench.engine;

import org.jspecify.annotations.NullMarked;
