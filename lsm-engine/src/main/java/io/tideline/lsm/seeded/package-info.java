/**
 * Deliberate bugs, planted one at a time to prove that the tests would notice them. Internal to the
 * engine; knows nothing of it. A bug's site asks {@link
 * io.tideline.lsm.seeded.SeededBug#isPlanted}; which test must fail is in {@code SeededBugTest} and
 * in {@code docs/engine.md}.
 */
@NullMarked
package io.tideline.lsm.seeded;

import org.jspecify.annotations.NullMarked;
