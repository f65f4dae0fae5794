/**
 * Chat: one message as logs carry it, JSON Lines files of them, and a generator of chat that looks
 * like real chat.
 *
 * <p>Knows nothing of servers and clients. Start reading at {@link
 * io.tideline.tools.chat.ChatMessage}; generation starts at {@link
 * io.tideline.tools.chat.ChatGenerator}.
 */
@NullMarked
package io.tideline.tools.chat;

import org.jspecify.annotations.NullMarked;
