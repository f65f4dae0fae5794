/**
 * A day of an instant messenger: what its users do (planned from chat logs and a seed), the threads
 * that do it, the devices that show it, and the comparison of all there is in the end with what was
 * done.
 *
 * <p>Uses the messenger and the client as any application would, and of the messenger's stores what
 * {@code docs/im.md} says.
 *
 * <p>Start reading at {@link io.tideline.it.imday.DayPlan}, then {@link
 * io.tideline.it.imday.DayRecord} and {@link io.tideline.it.imday.DayCheck}.
 */
@NullMarked
package io.tideline.it.imday;

import org.jspecify.annotations.NullMarked;
