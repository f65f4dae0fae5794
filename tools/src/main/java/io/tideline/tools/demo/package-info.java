/**
 * {@code tideline demo}: shows on real work what a node promises, and checks it.
 *
 * <p>Starts a node as a process of its own, writes chat through the client as an application would,
 * kills the node in the middle and compares everything that was acknowledged. Start reading at
 * {@link io.tideline.tools.demo.DemoScript}.
 */
@NullMarked
package io.tideline.tools.demo;

import org.jspecify.annotations.NullMarked;
