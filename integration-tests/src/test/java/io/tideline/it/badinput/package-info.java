/**
 * Wrong input of every kind against a real node: what is refused, with which words, and that
 * nothing of it is kept. The tables name each wrong request together with everything its error must
 * say; {@link io.tideline.it.badinput.BadInputIT} sends them.
 *
 * <p>Start reading at {@link io.tideline.it.badinput.BadRequest}.
 */
@NullMarked
package io.tideline.it.badinput;

import org.jspecify.annotations.NullMarked;
